// c10k on several event loops in one process: each serves its part of the connections on its own
// port. For more connections than one descriptor table may hold, not for speed: all loops share the
// worker's CPUs, and nothing is handed from one to another.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "workloads/c10k/shard.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// The part of `total` that falls to one of `parts`: they differ by one at most, and no part
/// shrinks when the total grows. The load is divided by the same rule.
constexpr std::size_t part_of(std::size_t total, std::size_t parts, std::size_t which) noexcept {
  return total / parts + (which < total % parts ? 1 : 0);
}

/// The thread that calls run() serves the door and nothing else. Counts are sums over the loops,
/// each taken by the loop itself. Ends when stop() was called or any loop has ended; throws what
/// the first of them threw.
class sharded_program final : public workloads::program {
 public:
  /// asked.loops programs, each for its part of asked.connections. Throws as `make` does.
  sharded_program(const workloads::parameters& asked, const program_maker& make);
  ~sharded_program() override;

  std::optional<std::uint16_t> port() const override { return shards_.front()->port(); }
  std::vector<std::uint16_t> ports() const override;
  /// Of the first loop: all are made by the same function.
  std::optional<listener_options> listener_in_force() const override {
    return shards_.front()->listener();
  }
  std::optional<guard_kind> stack_guard() const override { return shards_.front()->stack_guard(); }
  void run(inbox& door) override;
  void stop() override;
  workloads::work_counts counts() const override;
  live_counts live() const override;
  std::optional<std::size_t> frame_bytes() const override;

 private:
  [[nodiscard]] bool all_ended() const;
  [[nodiscard]] bool any_ended() const;
  void wait_for_news(inbox& door);

  int ended_event_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<shard>> shards_;
};

}  // namespace skein::c10k
