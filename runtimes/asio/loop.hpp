// What Boost.Asio's rows share: its io_context, the clock of its timers, and what a scheduler
// counts.
//
// How stop() ends every sleep: Asio has no way to enumerate its timers, and a list of our own would
// add 16 bytes to each. But a timer's clock is a parameter of its type. Once its scheduler is
// stopped, the clock returns time_point::max(): Asio finds every timer due, and the handlers, which
// look whether the scheduler was stopped, report a cancelled sleep. One more timer, which is due at
// once, makes Asio look at the clock.
#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "runtimes/asio/boost_asio.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::asio {

/// CLOCK_MONOTONIC, as std::chrono::steady_clock is; time_point::max() in a scheduler that is
/// stopped.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  static constexpr time_point at(time_ns time) noexcept { return time_point(duration(time)); }
  static time_point now() noexcept;
};

template <class Executor>
using waitable_timer = net::basic_waitable_timer<clock, net::wait_traits<clock>, Executor>;

/// Lives until its scheduler is gone, and every timer that ever slept on it.
class loop : public net::io_context {
 public:
  explicit loop(const scheduler_options& options);
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// The loop that this thread runs.
  static loop& current() noexcept {
    assert(current_ != nullptr);
    return *current_;
  }

  /// While one lives, its thread knows the loop, and Asio has the inbox's descriptor, which it
  /// makes non-blocking.
  class run_scope {
   public:
    run_scope(loop& runs, inbox* messages);
    ~run_scope();
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;

   private:
    loop& on_;
    loop* outer_;
    int flags_ = 0;
  };

  /// Whether no task is left and, with an inbox, stop_tasks was called.
  bool is_over() const noexcept;
  /// Runs until then. Throws std::logic_error if tasks remain that wait for nothing.
  void run_tasks(inbox* messages);
  /// Runs what closed connections have left to run.
  void run_ends();

  void stop_tasks();
  /// Also for the threads of a pool. The owner thread sets it, from false to true, and publishes
  /// nothing by it. A pool's thread that does not see it yet begins its work, as it may have done
  /// just before stop(). Whoever knows that stop() has returned sees it.
  bool is_stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }

  /// Inline completions in a row are bounded (O5). Every wait that was not inline, and every yield,
  /// starts a new row; the first step of a coroutine or a fiber goes on with the one before it.
  bool take_inline() noexcept {
    if (inline_left_ == 0) return false;
    --inline_left_;
    return true;
  }
  void refill_inline() noexcept { inline_left_ = options_.inline_budget; }

  /// How a sleep ended, for the handler that Asio called.
  wake sleep_ended(const error_code& said) noexcept {
    refill_inline();
    return said || is_stopping() ? wake::cancelled : wake::due;
  }

  void task_started() noexcept { ++tasks_; }
  void task_ended();
  void connection_opened() noexcept { ++connections_; }
  void connection_closed() noexcept { --connections_; }

  /// Announces a completion that frees a closed connection: a run does not end before it.
  void announce_end() noexcept { ++ends_; }
  void end_came();

  std::size_t tasks() const noexcept { return tasks_; }
  std::size_t connections() const noexcept { return connections_; }
  const scheduler_options& options() const noexcept { return options_; }
  std::byte* scratch() noexcept { return scratch_.get(); }
  bool is_scratch(bytes data) const noexcept;

  void share() noexcept { ++shares_; }
  void release() noexcept;

 private:
  friend clock;

  ~loop() = default;
  void leave_if_over();
  void wait_for_inbox();

  inline static constinit thread_local loop* current_ = nullptr;

  const scheduler_options options_;
  std::unique_ptr<std::byte[]> scratch_;
  std::uint32_t inline_left_;
  std::atomic<bool> stopping_{false};
  inbox* inbox_ = nullptr;
  std::size_t runs_ = 0;
  std::size_t tasks_ = 0;
  std::size_t connections_ = 0;
  std::size_t ends_ = 0;
  std::size_t shares_ = 1;  ///< its scheduler's, and one of each timer that slept on it
  net::posix::basic_stream_descriptor<concrete_executor> inbox_socket_{get_executor()};
  waitable_timer<concrete_executor> due_at_once_{get_executor()};
};

inline clock::time_point clock::now() noexcept {
  const bool is_over = loop::current_ != nullptr && loop::current_->is_stopping();
  return is_over ? time_point::max() : at(monotonic_clock::now_ns());
}

/// A cancellable sleep. Asio's timer is made for the first one and used again for the next.
template <class Executor>
class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer() {
    if (!slept_) return;
    auto& on = static_cast<loop&>(net::query(slept_->get_executor(), net::execution::context));
    slept_.reset();
    on.release();
  }

  /// Asio's timer, set to this deadline.
  waitable_timer<Executor>& set(loop& on, time_ns deadline_ns) {
    if (!slept_) {
      slept_.emplace(on.get_executor());
      on.share();
    }
    slept_->expires_at(clock::at(deadline_ns));
    return *slept_;
  }
  void cancel() {
    if (slept_) slept_->cancel();
  }

 private:
  std::optional<waitable_timer<Executor>> slept_;
};

}  // namespace skein::asio
