// The control channel as an inbox: commands served on the runtime's own loop while it runs.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "harness/protocol/line_channel.hpp"
#include "harness/worker/replies.hpp"
#include "runtimes/inbox.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

/// How the run ended, as far as the channel could tell.
enum class ending { stopped, conductor_gone, limit, error };

/// Serves phase, stats and stop. Ends the program on stop, on end of file, and after any error,
/// which it has then reported.
///
/// Threads: on_readable is called by the thread that runs the program; `finished` may be called by
/// another one (the last task of a thread-per-task runtime), hence the lock around writing. Each
/// message is one line, so messages never mix.
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
  mutable std::mutex writing_;  // guards the channel's writing side and times_.fire_ns
  worker_times times_;
};

}  // namespace skein::worker
