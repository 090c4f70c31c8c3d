// Where a check plays: a scheduler, the tasks on it, what they found wrong, and a watchdog.
//
// A check spawns acts and plays them. When the last one ends, the stage stops the scheduler. If
// they do not end (a wake-up was lost, a task dropped, a cancel swallowed), the watchdog stops it
// instead, and that is the finding. The watchdog is the run's inbox, so it is served on the owner
// thread and needs no help from the tasks. It is a bound on a broken runtime, not a measurement.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/socket.hpp"
#include "tests/contract/act.hpp"
#include "tests/contract/adapt_callback.hpp"
#include "tests/contract/adapt_coroutine.hpp"
#include "tests/contract/adapt_direct.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Liars are of this type, too, and are given up on sooner.
struct planted {};

template <class S>
inline constexpr time_ns patience_ns =
    std::is_base_of_v<planted, S> ? 700 * ns_per_ms : 60 * ns_per_s;

inline scheduler_options stage_options() {
  return {.buffer = buffer_policy::lent,
          .buffer_bytes = 1024,
          .stack_bytes = 64 * 1024,
          .max_tasks = 2048,
          .inline_budget = 128,
          .events_per_wait = 256,
          .tick_ns = ns_per_ms};
}

inline time_ns from_now(time_ns delay_ns) {
  return monotonic_clock::now_ns() + delay_ns;
}

inline constexpr time_ns far_away_ns = 3600 * ns_per_s;

/// An inbox that becomes readable once, `delay_ns` after it was armed.
class alarm_inbox : public inbox {
 public:
  alarm_inbox()
      : timer_(checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                       "timerfd_create")) {}
  ~alarm_inbox() override { ::close(timer_); }

  void arm(time_ns delay_ns) {
    itimerspec setting{};
    setting.it_value.tv_sec = delay_ns / ns_per_s;
    setting.it_value.tv_nsec = delay_ns % ns_per_s;
    checked(::timerfd_settime(timer_, 0, &setting, nullptr), "timerfd_settime");
  }

  int descriptor() const noexcept override { return timer_; }
  void on_readable() noexcept override {
    std::uint64_t expirations = 0;
    if (::read(timer_, &expirations, sizeof expirations) > 0) on_alarm();
  }

 private:
  virtual void on_alarm() noexcept = 0;

  int timer_;
};

template <class S>
class stage {
 public:
  using listener = typename S::listener;

  struct door {
    listener& at;
    std::uint16_t port;
  };

  explicit stage(const scheduler_options& options = stage_options())
      : scheduler_(options), watchdog_(*this) {}
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  S& scheduler() noexcept { return scheduler_; }

  door listen() {
    const listening_socket socket = make_listener(blocking::no);
    return {scheduler_.listen(socket.descriptor), socket.port};
  }

  /// Spawns a task. Acts may do so as well.
  void add(typename actor<S>::script does) {
    actor<S>* added = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      added = actors_.emplace_back(std::make_unique<actor<S>>(*this, std::move(does))).get();
    }
    ++playing_;
    try {
      adapter<S>::spawn(scheduler_, *added);
    } catch (...) {
      --playing_;
      throw;
    }
  }

  /// Runs until all tasks have ended, or the watchdog loses its patience.
  void play() {
    stop_at_end_ = true;
    watchdog_.arm(patience_ns<S>);
    ended();  // the stage's own part
    scheduler_.run(watchdog_);
  }

  /// Runs without inbox, stop and watchdog.
  void play_plainly() { scheduler_.run(); }

  void report(std::string clause, std::string how) {
    findings_.report(std::move(clause), std::move(how));
  }
  void require(bool holds, const char* clause, const char* otherwise) {
    if (!holds) report(clause, otherwise);
  }

  /// True once the watchdog has given up: acts that wait for each other look here, too.
  bool hung() const noexcept { return hung_.load(); }

  /// What was found. `clause` is what a run that did not end by itself has broken.
  verdict found(const char* clause) const {
    if (verdict first = findings_.first()) return first;
    if (hung()) return violation{clause, "the tasks did not end"};
    return std::nullopt;
  }

  /// For the actor: its act is over.
  void ended() {
    if (--playing_ == 0 && stop_at_end_) scheduler_.stop();
  }

 private:
  class watchdog final : public alarm_inbox {
   public:
    explicit watchdog(stage& watched) : watched_(watched) {}

   private:
    void on_alarm() noexcept override {
      watched_.hung_ = true;
      watched_.scheduler_.stop();
    }
    stage& watched_;
  };

  S scheduler_;
  findings findings_;
  std::atomic<bool> hung_{false};
  std::atomic<bool> stop_at_end_{false};
  std::atomic<std::size_t> playing_{1};  ///< acts, and the stage itself until it plays
  watchdog watchdog_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<actor<S>>> actors_;  ///< kept to the end: late completions find them
};

}  // namespace skein::contract
