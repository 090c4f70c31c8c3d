// The control channel as an inbox: the runtime's own loop serves commands while it runs.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "harness/protocol/line_channel.hpp"
#include "harness/worker/replies.hpp"
#include "runtimes/inbox.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

/// How the run ended, as far as the channel showed.
enum class ending { stopped, conductor_gone, limit, error };

/// Serves phase, stats and stop. Ends the program on stop, on end of file, and after any error,
/// which it has reported by then.
///
/// Threads: the thread that runs the program calls on_readable; another one (the last task of a
/// thread-per-task runtime) may call `finished`, hence the lock around writing. Each message is one
/// line, so messages never mix.
class control_inbox final : public inbox {
 public:
  /// @param first_due_after_ns  from the epoch to the first deadline, for fire_ns
  control_inbox(protocol::line_channel& channel, workloads::program& program,
                time_ns first_due_after_ns);

  int descriptor() const noexcept override { return channel_.read_fd(); }
  void on_readable() noexcept override;

  [[nodiscard]] ending how() const noexcept { return ending_; }
  [[nodiscard]] worker_times times() const;
  void say(const json& message);

 private:
  static void finished(void* self);
  void read_commands();
  void obey(const json& command);
  void spawn(const json& command);
  void end(ending how) noexcept;
  void report(ending how, const json& message) noexcept;

  protocol::line_channel& channel_;
  workloads::program& program_;
  ending ending_ = ending::stopped;
  time_ns first_due_after_ns_;
  time_ns first_due_ns_ = 0;
  mutable std::mutex writing_;  // guards writing to the channel, and times_.fire_ns
  worker_times times_;
};

}  // namespace skein::worker
