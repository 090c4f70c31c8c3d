// What the harness sees of a workload on a runtime: one type-erased object per run. Inside a
// program everything is templates. The virtual calls here are the only ones between the harness and
// the work, and none is made per operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "histogram/histogram.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/stack_arena.hpp"
#include "runtimes/socket.hpp"

namespace skein::workloads {

/// How evenly something was shared out: what the task had that got least of it, and most. The
/// workload says what it is.
struct shared_out {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// What a task did that computes while others wait (hog): how long it took from its first step to
/// its last, and how often it yielded.
struct hog_done {
  time_ns took_ns = 0;
  std::uint64_t yields = 0;
};

/// Work done so far, in the workload's own units: c10k counts read-and-written chunks of bytes,
/// timers counts timers that fired or, pattern churn, were cancelled.
struct work_counts {
  std::uint64_t units = 0;
  std::uint64_t bytes = 0;
  /// Order-independent sum over what was done; equals the workload's oracle when all was right.
  std::uint64_t checksum = 0;
  std::uint64_t errors = 0;
  std::string first_error;                ///< empty if none
  std::optional<shared_out> shares = {};  ///< once all is done, where a workload knows them
  std::optional<hog_done> hog = {};       ///< once all is done, where there is a hog
};

class program {
 public:
  program() = default;
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  virtual ~program() = default;

  // Comments that begin with `served` or `tasks` are of workloads with that `run` (cell.toml); the
  // others keep the default.

  /// served: the port the server listens on, from construction on.
  virtual std::optional<std::uint16_t> port() const { return std::nullopt; }

  /// All ports, where the connections are divided among several loops.
  virtual std::vector<std::uint16_t> ports() const;

  /// served: the descriptor it listens on, until run() ends.
  virtual std::optional<int> listening_descriptor() const { return std::nullopt; }

  /// served: the options in force on that descriptor. Throws std::system_error.
  virtual std::optional<listener_options> listener_in_force() const;

  /// Runs until stop() and serves the inbox on the calling thread. Called once. Throws what the
  /// scheduler throws (limit_error when a limit of the machine was reached).
  virtual void run(inbox& messages) = 0;

  /// Ends run(); called from the inbox.
  virtual void stop() = 0;

  /// tasks: spawns tasks until there have been `tasks` in all. Deadlines count from epoch_ns,
  /// which is the same in every call. Called from the inbox. May throw limit_error.
  virtual void spawn_up_to(std::size_t tasks, time_ns epoch_ns);

  /// True once every task of the whole workload has done its work. One that is served never
  /// finishes by itself.
  virtual bool finished() const { return false; }

  /// tasks: `notify` is called once, on the owner thread where there is one, when finished() turns
  /// true. Set before run().
  virtual void on_finished(void (*notify)(void*), void* argument);

  /// In a thread-per-task runtime a snapshot: only the counting itself is thread-safe.
  virtual work_counts counts() const = 0;
  virtual live_counts live() const = 0;

  /// Signed lateness, fired - due. Null for workloads without deadlines.
  virtual const histogram* lateness() const { return nullptr; }

  /// How the stacks of tasks are guarded; empty where tasks have no stacks, or system stacks.
  virtual std::optional<guard_kind> stack_guard() const { return std::nullopt; }

  /// Bytes of one task's coroutine frame; empty where there is none or its size is unknown.
  virtual std::optional<std::size_t> frame_bytes() const { return std::nullopt; }
};

inline std::vector<std::uint16_t> program::ports() const {
  const auto only = port();
  return only ? std::vector<std::uint16_t>{*only} : std::vector<std::uint16_t>{};
}
inline std::optional<listener_options> program::listener_in_force() const {
  const auto descriptor = listening_descriptor();
  return descriptor ? std::optional(read_listener(*descriptor)) : std::nullopt;
}
inline void program::spawn_up_to(std::size_t, time_ns) {}
inline void program::on_finished(void (*)(void*), void*) {}

}  // namespace skein::workloads
