// c10k on several event loops in one process: each serves its part of the connections on its own
// port. This is for more connections than one descriptor table may hold, not for speed: all loops
// share the worker's CPUs, and no work moves between them.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "workloads/c10k/parameters.hpp"
#include "workloads/c10k/shard.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// The part of `total` that belongs to one of `parts`. Parts differ by one at most, and no part
/// shrinks when the total grows. The load is divided by the same rule.
constexpr std::size_t part_of(std::size_t total, std::size_t parts, std::size_t which) noexcept {
  return total / parts + (which < total % parts ? 1 : 0);
}

/// The thread that calls run() serves the inbox and nothing else. Counts are sums over the loops,
/// each counted by the loop itself. The program ends when stop() was called or any loop has ended,
/// and throws what the first of them threw.
class sharded_program final : public workloads::program {
 public:
  /// `loops` programs, each for its part of the connections. Throws as `make` does.
  sharded_program(const parameters& asked, const program_maker& make);
  ~sharded_program() override;

  std::optional<std::uint16_t> port() const override { return shards_.front()->port(); }
  std::vector<std::uint16_t> ports() const override;
  /// The options of the first loop; all loops are made by the same function.
  std::optional<listener_options> listener_in_force() const override {
    return shards_.front()->listener();
  }
  std::optional<guard_kind> stack_guard() const override { return shards_.front()->stack_guard(); }
  void run(inbox& messages) override;
  void stop() override;
  workloads::work_counts counts() const override;
  live_counts live() const override;
  std::optional<std::size_t> frame_bytes() const override;

 private:
  [[nodiscard]] bool all_ended() const;
  [[nodiscard]] bool any_ended() const;
  void wait_for_news(inbox& messages);

  int ended_event_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<shard>> shards_;
};

}  // namespace skein::c10k
