// The uv_loop_t and what its handles share: the scratch buffer lent to reads, the inline budget,
// the queue for the next turn, and the counts that say when a run is over.
//
// A run is over when no task is left, nothing is queued for the next turn, every closed handle is
// gone (libuv lets go of it in a later phase of the turn) and, if there is an inbox, stop was
// called.
//
// Leaves out events_per_wait: libuv always takes up to 1,024 events at once and has no option for
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <uv.h>

#include "runtimes/inbox.hpp"
#include "runtimes/libuv/turn_queue.hpp"
#include "runtimes/options.hpp"

namespace skein::libuv {

class loop {
 public:
  /// Makes the process ignore SIGPIPE, as every program on libuv must: it writes with write(2).
  /// Throws std::system_error.
  explicit loop(const scheduler_options& options);
  /// Everything that uses the loop must have been closed.
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  uv_loop_t* uv() noexcept { return &uv_; }
  /// The loop that a handle belongs to.
  template <class Handle>
  static loop& of(const Handle& handle) noexcept {
    return *static_cast<loop*>(handle.loop->data);
  }

  /// Turns until the run is over. Throws std::logic_error if tasks remain that wait for nothing.
  void run(inbox* messages);

  /// Turns until nothing is queued and every closed handle is gone.
  void turn_until_closed();

  void later(turn_queue::step step) { turns_.push(step); }
  void withdraw(turn_queue::step queued) noexcept { turns_.withdraw(queued); }

  /// Inline completions in a row are bounded (O5). Every call from libuv starts a new row.
  bool take_inline() noexcept {
    if (inline_left_ == 0) return false;
    --inline_left_;
    return true;
  }
  void refill_inline() noexcept { inline_left_ = options_.inline_budget; }

  void task_started() noexcept { ++tasks_; }
  void task_ended() noexcept;
  void connection_opened() noexcept { ++connections_; }
  void connection_closed() noexcept { --connections_; }

  /// Counts a handle between its uv_close and its close callback.
  void closing() noexcept { ++closing_; }
  void closed() noexcept;

  void stop() noexcept;
  bool stopping() const noexcept { return stopping_; }

  std::size_t tasks() const noexcept { return tasks_; }
  std::size_t connections() const noexcept { return connections_; }
  const scheduler_options& options() const noexcept { return options_; }
  std::byte* scratch() noexcept { return scratch_.get(); }

 private:
  bool over() const noexcept;
  void leave_if_over() noexcept;
  void turn_until_over();
  void watch(inbox& messages);
  void unwatch();

  const scheduler_options options_;
  std::unique_ptr<std::byte[]> scratch_;
  std::uint32_t inline_left_;
  bool stopping_ = false;
  inbox* inbox_ = nullptr;
  int inbox_flags_ = 0;  ///< of the inbox's descriptor, before libuv made it non-blocking
  std::size_t tasks_ = 0;
  std::size_t connections_ = 0;
  std::size_t closing_ = 0;
  turn_queue turns_;
  uv_poll_t inbox_poll_{};
  uv_loop_t uv_{};
};

/// Throws a libuv status as std::system_error when it is an error.
void check_uv(int status, const char* call);

}  // namespace skein::libuv
