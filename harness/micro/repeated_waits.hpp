// A task that waits so many times for what another task does, in each style: for the rows of
// runtimes/sync.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "harness/micro/bench.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::micro {

/// All tasks of a batch: the watch runs from the first step of the first to the last of the last.
class timed_tasks {
 public:
  timed_tasks(stopwatch& watch, std::size_t tasks) noexcept : watch_(watch), tasks_(tasks) {}

  void begin_one() noexcept {
    if (begun_.fetch_add(1) == 0) watch_.start();
  }
  void end_one() noexcept {
    if (ended_.fetch_add(1) + 1 == tasks_) watch_.stop();
  }
  std::size_t ended() const noexcept { return ended_; }

 private:
  stopwatch& watch_;
  const std::size_t tasks_;
  std::atomic<std::size_t> begun_{0};
  std::atomic<std::size_t> ended_{0};
};

/// `wait(i)` makes the i-th wait, `then()` is done after it. `all` is told when the task begins and
/// when it ends, as timed_tasks are.
template <class All, class Wait, class Then>
struct repeated {
  All& all;
  std::size_t count;
  Wait wait;
  Then then;
};
template <class Repeated>
using wait_of = decltype(std::declval<Repeated&>().wait(std::size_t{}));

template <coroutine_scheduler S, class Repeated>
typename S::task repeat_waits(S& on, Repeated& what) {
  what.all.begin_one();
  for (std::size_t i = 0; i < what.count; ++i) {
    co_await on.until(what.wait(i));
    what.then();
  }
  what.all.end_one();
}
template <coroutine_scheduler S, class Repeated>
void spawn_repeating(S& on, Repeated& what) {
  on.spawn(repeat_waits(on, what));
}

template <direct_scheduler S, class Repeated>
void spawn_repeating(S& on, Repeated& what) {
  on.spawn([&on, &what] {
    what.all.begin_one();
    for (std::size_t i = 0; i < what.count; ++i) {
      on.until(what.wait(i));
      what.then();
    }
    what.all.end_one();
  });
}

template <class S, class Repeated>
class repeating_future : pinned {
 public:
  using output = nothing;
  repeating_future(S& on, Repeated& what) noexcept : on_(on), what_(what) {}

  polled<nothing> poll(context& with) {
    if (!waits_ && done_ == 0) what_.all.begin_one();
    while (done_ < what_.count) {
      if (!waits_) waits_.emplace(on_, what_.wait(done_));
      if (!waits_->poll(with)) return not_ready;
      waits_.reset();
      what_.then();
      ++done_;
    }
    what_.all.end_one();
    return nothing{};
  }

 private:
  S& on_;
  Repeated& what_;
  std::size_t done_ = 0;
  std::optional<typename S::template waiting<wait_of<Repeated>>> waits_;
};
template <poll_scheduler S, class Repeated>
void spawn_repeating(S& on, Repeated& what) {
  on.template spawn<repeating_future<S, Repeated>>(on, what);
}

template <class S, class Repeated>
class repeating_session {
  using wait = wait_of<Repeated>;

 public:
  repeating_session(S& on, Repeated& what) noexcept : on_(on), what_(what) {}

  void on_start() {
    what_.all.begin_one();
    wait_again();
  }

 private:
  void wait_again() {
    if (done_ == what_.count) {
      what_.all.end_one();
      on_.task_done();
      delete this;
      return;
    }
    waits_.emplace(what_.wait(done_));
    on_.template until<&repeating_session::on_end>(*waits_, this);
  }
  void on_end(typename wait::output) {
    what_.then();
    ++done_;
    wait_again();
  }

  S& on_;
  Repeated& what_;
  std::size_t done_ = 0;
  std::optional<typename S::template waiting<wait>> waits_;
};
template <callback_scheduler S, class Repeated>
void spawn_repeating(S& on, Repeated& what) {
  using session = repeating_session<S, Repeated>;
  on.template spawn<&session::on_start>(new session(on, what));
}

}  // namespace skein::micro
