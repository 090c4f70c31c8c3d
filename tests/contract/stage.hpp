// Where a check plays: a scheduler, the tasks on it, what they found wrong, and a watchdog.
//
// A check spawns acts and plays them. When the last one ends, the stage stops the scheduler. If
// they do not end (a wake-up was lost, a task dropped, a cancel swallowed), the watchdog stops it
// instead, and that is the finding. The watchdog is the run's inbox, so it is served on the owner
// thread and needs no help from the tasks. It is a bound on a broken runtime, not a measurement.
// What a check wants done from the inbox (from_inbox) is done by it, too.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/socket.hpp"
#include "tests/contract/act.hpp"
#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"
#include "tests/options.hpp"

namespace skein::contract {

inline scheduler_options stage_options() {
  scheduler_options options = test::options_for(2048);
  options.stack_bytes = std::size_t{64} * 1024;
  return options;
}

inline scheduler_options options_with(buffer_policy policy, std::size_t buffer_bytes = 1024) {
  scheduler_options options = stage_options();
  options.buffer = policy;
  options.buffer_bytes = buffer_bytes;
  return options;
}

using test::far_away_ns;
using test::from_now;

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

class stage {
 public:
  struct open_listener {
    listener& at;
    std::uint16_t port;
  };

  explicit stage(const subject& of, const scheduler_options& options = stage_options())
      : subject_(of), scheduler_(of.make(options)), watchdog_(*this) {}
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  runtime_under_test& scheduler() noexcept { return *scheduler_; }

  open_listener listen() {
    const listening_socket socket = make_listener(blocking::no);
    return {listeners_.emplace_back(scheduler_->listen(socket.descriptor)), socket.port};
  }

  sleep_timer timer() { return scheduler_->make_timer(); }
  std::vector<sleep_timer> timers(std::size_t count) {
    std::vector<sleep_timer> made;
    for (std::size_t i = 0; i < count; ++i) made.push_back(timer());
    return made;
  }

  /// Spawns a task. Acts may do so as well.
  void add(actor::script does) {
    add(std::move(does), [this](actor& added) { scheduler_->spawn(added); });
  }
  /// Into a scope.
  void add(talk_object& scope, actor::script does) {
    add(std::move(does), [this, &scope](actor& added) { talks().spawn(added, scope); });
  }
  runtime_that_talks& talks() { return *scheduler_->talks(); }

 private:
  template <class Spawn>
  void add(actor::script does, Spawn spawn) {
    actor* added = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      added = actors_.emplace_back(std::make_unique<actor>(*this, std::move(does))).get();
    }
    ++playing_;
    try {
      spawn(*added);
    } catch (...) {
      --playing_;
      throw;
    }
  }

 public:
  /// Has the inbox call this while play() runs, again and again until it answers true.
  void from_inbox(std::function<bool()> does) { watchdog_.from_inbox(std::move(does)); }

  /// Runs until all tasks have ended, or the watchdog loses its patience.
  void play() {
    stop_at_end_ = true;
    watchdog_.begin(subject_.patience_ns);
    ended();  // the stage's own part
    scheduler_->run(watchdog_);
  }

  /// Runs without inbox, stop and watchdog.
  void play_plainly() { scheduler_->run(); }

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

  /// For the adapters: what they accepted, as the acts see it. Null stays null.
  template <class S>
  connection* adopted(typename S::connection* accepted) {
    if (accepted == nullptr) return nullptr;
    const std::scoped_lock lock(mutex_);
    return &connections_.emplace_back(
        connection{accepted, [](const void* object) {
                     return static_cast<const typename S::connection*>(object)->error();
                   }});
  }

  /// For the actor: its act is over.
  void ended() {
    if (--playing_ == 0 && stop_at_end_) scheduler_->stop();
  }

 private:
  class watchdog final : public alarm_inbox {
   public:
    explicit watchdog(stage& watched) : watched_(watched) {}

    void from_inbox(std::function<bool()> does) { from_inbox_ = std::move(does); }
    void begin(time_ns patience_ns) {
      until_ns_ = from_now(patience_ns);
      arm(from_inbox_ ? ns_per_ms : patience_ns);
    }

   private:
    void on_alarm() noexcept override {
      const time_ns left_ns = until_ns_ - monotonic_clock::now_ns();
      if (left_ns > 0) {
        if (from_inbox_ && from_inbox_()) from_inbox_ = nullptr;
        return arm(from_inbox_ ? ns_per_ms : left_ns);
      }
      watched_.hung_ = true;
      watched_.scheduler_->stop();
    }
    stage& watched_;
    std::function<bool()> from_inbox_;
    time_ns until_ns_ = 0;
  };

  const subject& subject_;
  std::unique_ptr<runtime_under_test> scheduler_;
  findings findings_;
  std::atomic<bool> hung_{false};
  std::atomic<bool> stop_at_end_{false};
  std::atomic<std::size_t> playing_{1};  ///< acts, and the stage itself until it plays
  watchdog watchdog_;
  std::deque<listener> listeners_;
  std::mutex mutex_;  ///< guards what follows
  std::deque<connection> connections_;
  std::deque<std::unique_ptr<actor>> actors_;  ///< kept to the end: late completions find them
};

inline actor::actor(stage& on, script does)
    : stage_(on), script_(std::move(does)), part_(on.scheduler().part_for(*this)) {}

inline runtime_under_test& actor::scheduler() noexcept {
  return stage_.scheduler();
}

inline bool actor::proceed() {
  if (!act_.started()) act_ = script_(*this);
  if (act_.resume()) return true;
  stage_.ended();
  return false;
}

}  // namespace skein::contract
