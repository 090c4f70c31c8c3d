// One of several event loops of a c10k worker: a program of its own on a thread of its own. The
// thread has a descriptor table of its own (unshare(CLONE_FILES)), so RLIMIT_NOFILE applies to each
// loop and not to the process. Leaves out who divides the connections: sharded.hpp.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>

#include "runtimes/inbox.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// ThreadSanitizer assumes one descriptor table per process and confuses descriptors of two tables
/// that have equal numbers. Under it all loops stay in the process's table; everything else is the
/// same.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool own_descriptor_tables = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool own_descriptor_tables = false;
#else
inline constexpr bool own_descriptor_tables = true;
#endif
#else
inline constexpr bool own_descriptor_tables = true;
#endif

/// Makes the program for a part of the connections; called on the loop's thread.
using program_maker = std::function<std::unique_ptr<workloads::program>(const parameters&)>;

/// One thread, the controller, owns a shard, asks it for counts and stops it.
///
/// 1. The shard's thread makes, runs and destroys the program, after it has left the process's
///    descriptor table. Descriptors made before that are in both tables, under the same number.
/// 2. The controller never touches the program. It leaves a command under the lock and writes to
///    the eventfd. The loop sees the eventfd as its inbox and answers on its own thread. So no
///    other thread reads what a single-threaded runtime counts.
/// 3. A loop that ends, in whatever way, leaves its last counts and writes to `ended_event`, an
///    eventfd of the controller that was made before the shard. From then on nobody waits for a
///    command.
class shard final : private inbox {
 public:
  struct counts {
    workloads::work_counts work;
    live_counts live;
    std::optional<std::size_t> frame_bytes;
  };

  /// Waits until the program is made. Throws what making it threw, limit_error where the machine
  /// has no room for the thread, or std::system_error where the event or the table cannot be made.
  shard(const parameters& asked, const program_maker& make, int ended_event);
  /// Stops the loop if need be and joins its thread.
  ~shard() override;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::optional<listener_options>& listener() const noexcept {
    return listener_;
  }
  [[nodiscard]] std::optional<guard_kind> stack_guard() const noexcept { return stack_guard_; }

  void start();
  void stop();
  [[nodiscard]] bool ended() const;
  /// The counts of now, or the last ones if the loop has ended.
  [[nodiscard]] counts ask_counts() const;
  /// What run() threw, once ended.
  [[nodiscard]] std::exception_ptr failure() const;

 private:
  /// A non-blocking eventfd, closed with its owner.
  class command_event {
   public:
    command_event();
    ~command_event() { ::close(descriptor_); }
    command_event(const command_event&) = delete;
    command_event& operator=(const command_event&) = delete;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

   private:
    int descriptor_;
  };

  enum class stage : std::uint8_t { making, made, running, ended };

  int descriptor() const noexcept override { return command_event_.descriptor(); }
  void on_readable() noexcept override;

  void start_thread(const parameters& asked, const program_maker& make, int ended_event);
  void live_on_own_table(const parameters& asked, const program_maker& make, int ended_event);
  void make_program(const parameters& asked, const program_maker& make);
  void run_program();
  void end(int ended_event);
  [[nodiscard]] counts count() const;

  mutable std::mutex mutex_;  // guards all below except what is written before `made`
  mutable std::condition_variable changed_;
  stage stage_ = stage::making;
  bool may_run_ = false;
  bool stopping_ = false;
  mutable bool counts_wanted_ = false;
  counts counts_;
  std::exception_ptr failure_;

  std::unique_ptr<workloads::program> program_;  // used by the shard's thread only
  std::uint16_t port_ = 0;
  std::optional<listener_options> listener_;
  std::optional<guard_kind> stack_guard_;
  command_event command_event_;
  std::thread thread_;
};

}  // namespace skein::c10k
