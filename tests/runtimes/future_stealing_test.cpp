// The risks of futures that change threads: that each is polled to its end, by one thread at a
// time; that joins, sleeps, cancels and stops reach them on whatever worker they are; and that what
// they drop is withdrawn where it waits. Wakers are in future_stealing_waker_test.cpp.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/future_stealing/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/again.hpp"
#include "tests/runtimes/moving_programs.hpp"
#include "workloads/timers/poll.hpp"

namespace skein {
namespace {

using future_stealing::scheduler;
using test::again;
using test::far_away_ns;
using test::from_now;
using test::numbers_of_workers;
using test::options_on;
using join = scheduler::waiting<scheduler::scope::joining>;

struct no_context {
  static time_ns due_ns(std::size_t) noexcept { return 0; }
  static void fired(std::size_t, time_ns, wake) noexcept {}
};

TEST_CASE("a sleeping task that may change threads takes 144 B") {
  STATIC_REQUIRE(sizeof(future_stealing::task<timers::sleep_once_future<scheduler, no_context>>) ==
                 144);
}

class counts_polls : pinned {
 public:
  using output = nothing;
  counts_polls(int polls, std::atomic<int>& steps) noexcept : left_(polls), steps_(steps) {}
  polled<nothing> poll(context& with) {
    if (left_-- == 0) return nothing{};
    ++steps_;
    return again(with);
  }

 private:
  int left_;
  std::atomic<int>& steps_;
};

TEST_CASE("futures that yield among workers are polled once for each yield, and the run ends") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    for (int round = 1; round <= 3; ++round) {
      std::atomic<int> steps{0};
      for (int i = 0; i < 300; ++i) on.spawn<counts_polls>(20, steps);
      REQUIRE(on.live().tasks == 300);
      on.run();
      REQUIRE(steps == 6'000);
      REQUIRE(on.live().tasks == 0);
      REQUIRE_FALSE(on.anyone_idle());
    }
  }
}

/// Waits, on its thread, until all others are there too, so that they cannot be on the same one.
class meets : pinned {
 public:
  using output = nothing;
  meets(std::atomic<std::size_t>& here, std::size_t all, std::atomic<bool>& failed) noexcept
      : here_(here), all_(all), failed_(failed) {}
  polled<nothing> poll(context& /*with*/) {
    ++here_;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (here_ < all_ && !failed_) {
      std::this_thread::yield();
      if (std::chrono::steady_clock::now() > give_up) failed_ = true;
    }
    return nothing{};
  }

 private:
  std::atomic<std::size_t>& here_;
  std::size_t all_;
  std::atomic<bool>& failed_;
};

TEST_CASE("futures that one worker has are stolen by all others, though these slept") {
  for (const std::size_t workers : {2U, 4U}) {
    scheduler on(options_on(workers));
    std::atomic<std::size_t> here{0};
    std::atomic<bool> failed{false};
    for (std::size_t i = 0; i < workers; ++i) on.spawn<meets>(here, workers, failed);
    on.run();
    REQUIRE_FALSE(failed);
  }
}

// --- scopes -------------------------------------------------------------------------------------

/// What a parent does while its join is pending: it waits, has itself polled again, or drops the
/// join and begins it anew.
enum class parent { patient, restless, fickle };

class joins_in_rounds : pinned {
 public:
  using output = nothing;
  joins_in_rounds(scheduler& on, parent is, int rounds, int children, std::atomic<int>& wrong)
      : on_(on), is_(is), rounds_left_(rounds), children_(children), wrong_(wrong), within_(on) {}

  polled<nothing> poll(context& with) {
    while (rounds_left_ > 0) {
      if (!join_) begin();
      if (!join_->poll(with)) return waits(with);
      join_.reset();
      if (ended_ != expected_) ++wrong_;
      --rounds_left_;
    }
    return nothing{};
  }

 private:
  void begin() {
    for (int i = 0; i < children_; ++i) on_.spawn<counts_polls>(within_, 1, ended_);
    expected_ += children_;
    join_.emplace(on_, within_.join());
  }
  polled<nothing> waits(context& with) {
    if (is_ == parent::patient) return not_ready;
    if (is_ == parent::fickle) {
      join_.reset();
      join_.emplace(on_, within_.join());
    }
    return again(with);
  }

  scheduler& on_;
  parent is_;
  int rounds_left_;
  int children_;
  std::atomic<int>& wrong_;
  int expected_ = 0;
  std::atomic<int> ended_{0};
  scheduler::scope within_;
  std::optional<join> join_;
};

void join_all(parent is, int rounds) {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers, as parent " << static_cast<int>(is));
    scheduler on(options_on(workers));
    std::atomic<int> wrong{0};
    for (int i = 0; i < 20; ++i) on.spawn<joins_in_rounds>(on, is, rounds, i % 5, wrong);
    on.run();
    REQUIRE(wrong == 0);
    REQUIRE(on.live().tasks == 0);
  }
}

TEST_CASE("a join ends once all of its scope have ended, however often it is polled or begun") {
  for (const parent is : {parent::patient, parent::restless, parent::fickle}) join_all(is, 50);
}

TEST_CASE("a hundred thousand joins end once all of their scope have", "[.][stress]") {
  for (const parent is : {parent::patient, parent::restless, parent::fickle}) join_all(is, 5'000);
}

// --- sleeps -------------------------------------------------------------------------------------

class sleeps : pinned {
 public:
  using output = nothing;
  sleeps(scheduler& on, time_ns deadline_ns, std::atomic<int>& early, std::atomic<int>& due)
      : deadline_ns_(deadline_ns), early_(early), due_(due), sleep_(on, deadline_ns) {}
  polled<nothing> poll(context& with) {
    const auto how = sleep_.poll(with);
    if (!how) return not_ready;
    if (*how == wake::due) ++due_;
    if (*how == wake::due && monotonic_clock::now_ns() < deadline_ns_) ++early_;
    return nothing{};
  }

 private:
  time_ns deadline_ns_;
  std::atomic<int>& early_;
  std::atomic<int>& due_;
  scheduler::sleeping sleep_;
};

TEST_CASE("futures sleep on whatever worker they are, and none is ready early") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> early{0};
    std::atomic<int> due{0};
    for (int i = 0; i < 200; ++i) on.spawn<sleeps>(on, from_now(i % 10 * ns_per_ms), early, due);
    on.run();
    REQUIRE(early == 0);
    REQUIRE(due == 200);
  }
}

/// In each round begins a late sleep and an early one, drops both when the early one has ended, and
/// yields, maybe to another worker.
class gives_up : pinned {
 public:
  using output = nothing;
  gives_up(scheduler& on, int rounds) noexcept : on_(on), rounds_left_(rounds) {}
  polled<nothing> poll(context& with) {
    if (!late_) {
      late_.emplace(on_, from_now(far_away_ns));
      soon_.emplace(on_, from_now(rounds_left_ % 3 * ns_per_ms));
    }
    const bool is_late = late_->poll(with).has_value();
    if (!is_late && !soon_->poll(with)) return not_ready;
    late_.reset();
    soon_.reset();
    if (is_late || --rounds_left_ == 0) return nothing{};
    return again(with);
  }

 private:
  scheduler& on_;
  int rounds_left_;
  std::optional<scheduler::sleeping> late_;
  std::optional<scheduler::sleeping> soon_;
};

TEST_CASE("a sleep that its future drops is withdrawn from the worker that it waits on") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    for (int i = 0; i < 50; ++i) on.spawn<gives_up>(on, 20);
    on.run();  // the loops assert at their end that no timer is left
    REQUIRE(on.live().tasks == 0);
  }
}

// --- timers that are cancelled ------------------------------------------------------------------

/// Waits on a timer in rounds. Each ends as it is due, is cancelled, or, where it gives up, at its
/// third poll.
class waits_in_rounds : pinned {
 public:
  using output = nothing;
  waits_in_rounds(scheduler& on, scheduler::timer& by, int rounds, bool gives_up,
                  std::atomic<int>& ended) noexcept
      : on_(on), by_(by), left_(rounds), gives_up_(gives_up), ended_(ended) {}
  polled<nothing> poll(context& with) {
    if (!sleep_) {
      sleep_.emplace(on_, by_, from_now(gives_up_ ? far_away_ns : left_ % 4 * ns_per_ms / 2));
      polls_left_ = 3;
    }
    if (!sleep_->poll(with)) {
      if (!gives_up_) return not_ready;
      if (--polls_left_ > 0) return again(with);
    }
    sleep_.reset();
    ++ended_;
    if (--left_ == 0) return nothing{};
    return again(with);
  }

 private:
  scheduler& on_;
  scheduler::timer& by_;
  int left_;
  bool gives_up_;
  std::atomic<int>& ended_;
  int polls_left_ = 0;
  std::optional<scheduler::sleeping_on> sleep_;
};

class cancels_until : pinned {
 public:
  using output = nothing;
  cancels_until(scheduler& on, std::deque<scheduler::timer>& timers, std::atomic<int>& ended,
                int all) noexcept
      : on_(on), timers_(timers), ended_(ended), all_(all) {}
  polled<nothing> poll(context& with) {
    for (scheduler::timer& each : timers_) on_.cancel(each);
    if (ended_ >= all_) return nothing{};
    return again(with);
  }

 private:
  scheduler& on_;
  std::deque<scheduler::timer>& timers_;
  std::atomic<int>& ended_;
  int all_;
};

void race_cancels(int rounds, bool gives_up) {
  constexpr int sleepers = 20;
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::deque<scheduler::timer> timers(sleepers);
    std::atomic<int> ended{0};
    for (scheduler::timer& each : timers) {
      on.spawn<waits_in_rounds>(on, each, rounds, gives_up, ended);
    }
    for (int i = 0; i < 3; ++i) on.spawn<cancels_until>(on, timers, ended, sleepers * rounds);
    on.run();
    REQUIRE(ended == sleepers * rounds);
    REQUIRE(on.live().tasks == 0);
  }
}

TEST_CASE("a future's wait on a timer ends once, whoever cancels it and however late") {
  race_cancels(30, false);
}

TEST_CASE("a wait on a timer may be dropped while other workers cancel it") {
  race_cancels(30, true);
}

TEST_CASE("a hundred thousand waits are dropped beside cancels", "[.][stress]") {
  race_cancels(5'000, true);
}

/// Waits on a timer that is due in an hour.
class waits_long : pinned {
 public:
  using output = nothing;
  waits_long(scheduler& on, scheduler::timer& by, std::atomic<int>& cancelled)
      : cancelled_(cancelled), sleep_(on, by, from_now(far_away_ns)) {}
  polled<nothing> poll(context& with) {
    const auto how = sleep_.poll(with);
    if (!how) return not_ready;
    if (*how == wake::cancelled) ++cancelled_;
    return nothing{};
  }

 private:
  std::atomic<int>& cancelled_;
  scheduler::sleeping_on sleep_;
};

class stops_soon : pinned {
 public:
  using output = nothing;
  explicit stops_soon(scheduler& on) : on_(on), sleep_(on, from_now(20 * ns_per_ms)) {}
  polled<nothing> poll(context& with) {
    if (!sleep_.poll(with)) return not_ready;
    on_.stop();
    return nothing{};
  }

 private:
  scheduler& on_;
  scheduler::sleeping sleep_;
};

TEST_CASE("a stop by any future cancels the sleeps of all workers") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::atomic<int> early{0};
    std::atomic<int> due{0};
    std::atomic<int> cancelled{0};
    std::deque<scheduler::timer> timers(40);
    for (int i = 0; i < 100; ++i) on.spawn<sleeps>(on, from_now(far_away_ns), early, due);
    for (scheduler::timer& each : timers) on.spawn<waits_long>(on, each, cancelled);
    on.spawn<stops_soon>(on);
    on.run();
    REQUIRE(due == 0);
    REQUIRE(cancelled == 40);
    REQUIRE(on.live().tasks == 0);
  }
}

// --- whole workloads ----------------------------------------------------------------------------

TEST_CASE("a tree of futures that workers divide among them is added up as the oracle says") {
  for (const std::size_t workers : numbers_of_workers) {
    for (const std::int64_t leaves : {1, 11, 400, 5'000}) {
      test::grow_tree<scheduler>(leaves, workers);
    }
  }
}

TEST_CASE("a hundred trees of a hundred thousand futures are added up", "[.][stress]") {
  for (int i = 0; i < 25; ++i) {
    for (const std::size_t workers : numbers_of_workers) {
      test::grow_tree<scheduler>(100'000, workers);
    }
  }
}

TEST_CASE("timers of every pattern do their work once among workers that poll, none early") {
  test::fire_timers<scheduler>();
}

TEST_CASE("a tree of futures that is stopped before its epoch ends with nothing left alive") {
  test::stop_tree<scheduler>();
}

}  // namespace
}  // namespace skein
