// Both timer structures behind one interface, in made-up time: nothing early, nothing lost, each
// timer once. What is the wheel's own (levels, ticks) is in timer_wheel_test.cpp.
#include "runtimes/loop/timer_queue.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "runtimes/coroutine/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

constexpr time_ns start_ns = 1'234'567'890'123;

/// Plays at random against a set of what is armed, and checks every timer that fires.
class random_run {
 public:
  random_run(timer_structure structure, time_ns tick_ns, std::uint64_t seed)
      : timers_(structure, tick_ns, start_ns),
        late_by_at_most_ns_(structure == timer_structure::heap ? 0 : tick_ns),
        random_(seed) {}

  void play(int steps, time_ns longest_ns) {
    for (int step = 0; step < steps; ++step) {
      const std::uint64_t which = random_() % 8;
      if (which < 4) {
        arm(now_ns_ - 5 + delay_ns(longest_ns));
      } else if (which == 4) {
        cancel_any();
      } else {
        follow_events_until(now_ns_ + delay_ns(longest_ns / 8));
      }
    }
    follow_events_until(now_ns_ + longest_ns + ns_per_s);
    REQUIRE(armed_.empty());
    REQUIRE(timers_.empty());
    REQUIRE(fired_ > 0);
  }

 private:
  time_ns delay_ns(time_ns most_ns) {
    return static_cast<time_ns>(random_() % static_cast<std::uint64_t>(most_ns)) >>
           (random_() % 20);
  }

  void arm(time_ns deadline_ns) {
    ops_.push_back(std::make_unique<op>());
    ops_.back()->deadline_ns = deadline_ns;
    if (timers_.insert(*ops_.back())) {
      armed_.insert(ops_.back().get());
    } else {
      REQUIRE(deadline_ns <= now_ns_);  // refused: due already
    }
    REQUIRE(timers_.size() == armed_.size());
  }

  void cancel_any() {
    if (armed_.empty()) return;
    op* const chosen =
        *std::next(armed_.begin(), static_cast<std::ptrdiff_t>(random_() % armed_.size()));
    timers_.cancel(*chosen);
    armed_.erase(chosen);
  }

  /// As the loop does: from event to event, a little late for some.
  void follow_events_until(time_ns end_ns) {
    while (const auto next_ns = timers_.next_event_ns()) {
      if (*next_ns > end_ns) break;
      REQUIRE(*next_ns > now_ns_);
      advance(*next_ns + (random_() % 4 == 0 ? delay_ns(ns_per_ms) : 0));
    }
    advance(std::max(end_ns, now_ns_));
  }

  void advance(time_ns to_ns) {
    now_ns_ = to_ns;
    timers_.advance(to_ns, [this](op& due) {
      REQUIRE(now_ns_ >= due.deadline_ns);  // never early
      REQUIRE(armed_.erase(&due) == 1);     // armed, and only once
      ++fired_;
    });
    for (const op* left : armed_) REQUIRE(left->deadline_ns + late_by_at_most_ns_ > now_ns_);
  }

  timer_queue timers_;
  time_ns late_by_at_most_ns_;  ///< after an advance: the wheel waits for the end of a tick
  std::mt19937_64 random_;
  time_ns now_ns_ = start_ns;
  std::vector<std::unique_ptr<op>> ops_;
  std::set<op*> armed_;
  std::size_t fired_ = 0;
};

TEST_CASE("neither timer structure fires early, loses a timer or fires one twice") {
  const auto structure = GENERATE(timer_structure::wheel, timer_structure::heap);
  const auto tick_ns = GENERATE(time_ns{ns_per_ms}, 100 * ns_per_us);
  const auto seed = GENERATE(1U, 2U, 3U);
  random_run(structure, tick_ns, seed).play(2'000, 90 * ns_per_s);
}

TEST_CASE("a heap hands out equal and ordered deadlines in order, whatever was taken out before") {
  timer_heap heap(0);
  std::mt19937_64 random(7);
  std::vector<op> timers(5'000);
  for (op& each : timers) {
    each.deadline_ns = static_cast<time_ns>(1 + random() % 700);
    REQUIRE(heap.insert(each));
  }
  for (std::size_t i = 0; i < timers.size(); i += 3) heap.cancel(timers[i]);
  time_ns last_ns = 0;
  std::size_t fired = 0;
  heap.advance(700, [&](op& due) {
    REQUIRE(due.deadline_ns >= last_ns);
    last_ns = due.deadline_ns;
    ++fired;
  });
  REQUIRE(fired == timers.size() - (timers.size() + 2) / 3);
  REQUIRE(heap.empty());
}

TEST_CASE("an expiry of the heap may arm again and take others out") {
  timer_heap heap(0);
  std::vector<op> timers(3);
  for (op& each : timers) each.deadline_ns = 10;
  for (op& each : timers) REQUIRE(heap.insert(each));
  std::vector<const op*> fired;
  heap.advance(10, [&](op& due) {
    fired.push_back(&due);
    if (fired.size() > 1) return;
    for (op& each : timers) {
      if (&each != &due) heap.cancel(each);
    }
    due.deadline_ns = 10;
    REQUIRE(!heap.insert(due));  // due already: the caller answers at once
    due.deadline_ns = 11;
    REQUIRE(heap.insert(due));
  });
  REQUIRE(fired.size() == 1);
  REQUIRE(heap.next_event_ns() == 11);
  std::size_t dropped = 0;
  heap.clear([&](op&) { ++dropped; });
  REQUIRE(dropped == 1);
}

// --- coroutines on either structure -----------------------------------------------------------

scheduler_options on(timer_structure structure) {
  scheduler_options options = test::options_for(64);
  options.timers = structure;
  return options;
}

struct wake_notes {
  std::vector<int> order;
  int early = 0;
  int cancelled = 0;
};

coroutine::task sleep_and_note(coroutine::scheduler& scheduler, wake_notes& notes, int name,
                               time_ns until_ns) {
  co_await scheduler.sleep_until(until_ns);
  if (monotonic_clock::now_ns() < until_ns) ++notes.early;
  notes.order.push_back(name);
}

coroutine::task sleep_on(coroutine::scheduler& scheduler, coroutine::scheduler::timer& own,
                         wake_notes& notes) {
  const wake how = co_await scheduler.sleep_until(own, monotonic_clock::now_ns() + 600 * ns_per_s);
  if (how == wake::cancelled) ++notes.cancelled;
}

coroutine::task cancel_and_stop(coroutine::scheduler& scheduler, coroutine::scheduler::timer& own) {
  co_await scheduler.yield();
  scheduler.cancel(own);
  co_await scheduler.yield();
  scheduler.stop();
}

TEST_CASE("coroutines wake in the order of their deadlines and not early, on either structure") {
  const auto structure = GENERATE(timer_structure::wheel, timer_structure::heap);
  coroutine::scheduler scheduler(on(structure));
  wake_notes notes;
  const time_ns now_ns = monotonic_clock::now_ns();
  for (const int name : {3, 1, 2, 0}) {
    scheduler.spawn(sleep_and_note(scheduler, notes, name, now_ns + name * 4 * ns_per_ms));
  }
  scheduler.run();
  REQUIRE(notes.order == std::vector<int>{0, 1, 2, 3});
  REQUIRE(notes.early == 0);
}

TEST_CASE("cancel and stop end sleeps on either structure") {
  const auto structure = GENERATE(timer_structure::wheel, timer_structure::heap);
  coroutine::scheduler scheduler(on(structure));
  wake_notes notes;
  coroutine::scheduler::timer first;
  coroutine::scheduler::timer second;
  scheduler.spawn(sleep_on(scheduler, first, notes));
  scheduler.spawn(sleep_on(scheduler, second, notes));
  scheduler.spawn(cancel_and_stop(scheduler, first));
  scheduler.run();
  REQUIRE(notes.cancelled == 2);
  REQUIRE(scheduler.live().tasks == 0);
}

}  // namespace
}  // namespace skein
