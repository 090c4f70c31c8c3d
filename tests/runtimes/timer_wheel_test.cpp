// The timer wheel against a sorted list, in made-up time: nothing early, everything on its tick.
#include "runtimes/loop/timer_wheel.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "tests/catch.hpp"

namespace skein {
namespace {

constexpr time_ns month_ns = time_ns{30} * 24 * 3600 * ns_per_s;
constexpr time_ns year_ns = 365 * 24 * 3600 * ns_per_s;
/// The far ring spans this many ticks before it turns over.
constexpr time_ns span_ticks = timer_wheel::slots * timer_wheel::far_ticks;

time_ns ceil_to_tick(time_ns at_ns, time_ns tick_ns) {
  return (at_ns + tick_ns - 1) / tick_ns * tick_ns;
}

/// Wheel and oracle side by side. The oracle keeps (tick of expiry, timer) in a sorted map.
class two_wheels {
 public:
  two_wheels(time_ns tick_ns, time_ns start_ns)
      : wheel(tick_ns, start_ns), tick_ns_(tick_ns), now_ns_(start_ns) {}

  void insert(time_ns deadline_ns) {
    auto made = std::make_unique<op>();
    made->deadline_ns = deadline_ns;
    if (wheel.insert(*made)) {
      const time_ns due_ns = ceil_to_tick(deadline_ns, tick_ns_);
      REQUIRE(due_ns / tick_ns_ > now_ns_ / tick_ns_);
      filed_.emplace(due_ns, std::move(made));
    } else {
      REQUIRE(deadline_ns <= now_ns_);  // refused: due already
    }
    REQUIRE(wheel.size() == filed_.size());
  }

  void cancel(std::size_t which) {
    if (filed_.empty()) return;
    auto chosen = std::next(filed_.begin(), static_cast<std::ptrdiff_t>(which % filed_.size()));
    wheel.cancel(*chosen->second);
    filed_.erase(chosen);
  }

  /// Advances; every expiry must be the oracle's next in tick order, and none may be left over.
  void advance(time_ns to_ns) {
    now_ns_ = to_ns;
    wheel.advance(to_ns, [&](op& expired) {
      REQUIRE(expired.deadline_ns <= to_ns);
      REQUIRE(!filed_.empty());
      const time_ns due_ns = filed_.begin()->first;
      REQUIRE(ceil_to_tick(expired.deadline_ns, tick_ns_) == due_ns);
      const auto [first, last] = filed_.equal_range(due_ns);
      const auto found = std::find_if(
          first, last, [&](const auto& each) { return each.second.get() == &expired; });
      REQUIRE(found != last);
      filed_.erase(found);
    });
    REQUIRE((filed_.empty() || filed_.begin()->first > now_ns_));
    REQUIRE(wheel.size() == filed_.size());
    check_next_event();
  }

  void check_next_event() {
    const auto next_ns = wheel.next_event_ns();
    REQUIRE(next_ns.has_value() == !filed_.empty());
    if (filed_.empty()) return;
    REQUIRE(*next_ns <= filed_.begin()->first);
    REQUIRE(*next_ns > now_ns_);
  }

  /// Goes from event to event as the loop does, without knowing what is due.
  void follow_events_until(time_ns end_ns) {
    while (const auto next_ns = wheel.next_event_ns()) {
      if (*next_ns > end_ns) break;
      advance(*next_ns);
    }
    advance(end_ns);
  }

  time_ns now_ns() const { return now_ns_; }
  std::size_t size() const { return filed_.size(); }

  timer_wheel wheel;

 private:
  time_ns tick_ns_;
  time_ns now_ns_;
  std::multimap<time_ns, std::unique_ptr<op>> filed_;
};

/// Delays of all magnitudes: as many of nanoseconds as of years.
time_ns any_delay_ns(std::mt19937_64& random, time_ns most_ns) {
  const auto bits = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(most_ns)));
  const auto shift = std::uniform_int_distribution<unsigned>(0, bits - 1)(random);
  return std::uniform_int_distribution<time_ns>(0, most_ns >> shift)(random);
}

void play(two_wheels& both, std::mt19937_64& random, time_ns longest_ns, int steps) {
  for (int step = 0; step < steps; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
      case 3:
        both.insert(both.now_ns() - 3 + any_delay_ns(random, longest_ns));
        break;
      case 4:
        both.cancel(random());
        break;
      case 5:
        both.follow_events_until(both.now_ns() + any_delay_ns(random, longest_ns / 64));
        break;
      default:
        both.advance(both.now_ns() + any_delay_ns(random, longest_ns / 8));
    }
  }
}

TEST_CASE("the wheel does what a sorted list does, in ticks of a millisecond, up to a month") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  std::mt19937_64 random(seed);
  two_wheels both(ns_per_ms, 1'234'567'890'123 * static_cast<time_ns>(seed));
  play(both, random, month_ns, 3000);
  both.follow_events_until(both.now_ns() + 2 * month_ns);
  REQUIRE(both.size() == 0);
}

TEST_CASE("the wheel does what a sorted list does, with ticks of other sizes") {
  const auto tick_ns = GENERATE(time_ns{1}, time_ns{7}, 100 * ns_per_us, time_ns{ns_per_s});
  std::mt19937_64 random(static_cast<std::uint64_t>(tick_ns));
  two_wheels both(tick_ns, 17);
  play(both, random, 100 * tick_ns * 4096, 3000);
  both.advance(both.now_ns() + 200 * tick_ns * 4096);
  REQUIRE(both.size() == 0);
}

TEST_CASE("a few timers of up to ten years expire on their tick") {
  std::mt19937_64 random(7);
  two_wheels both(ns_per_ms, year_ns);
  for (int i = 0; i < 20; ++i) both.insert(both.now_ns() + any_delay_ns(random, 10 * year_ns));
  both.follow_events_until(both.now_ns() + 10 * year_ns);
  REQUIRE(both.size() == 0);
}

TEST_CASE("timers around the turn of the far ring expire on their tick") {
  const auto seed = GENERATE(11U, 12U, 13U);
  std::mt19937_64 random(seed);
  two_wheels both(1, 0);
  both.advance(span_ticks - 100'000);
  std::uniform_int_distribution<time_ns> close_ns(0, 300'000);
  for (int i = 0; i < 500; ++i) both.insert(both.now_ns() + close_ns(random));
  both.follow_events_until(span_ticks - 50);
  for (int i = 0; i < 500; ++i) both.insert(both.now_ns() + close_ns(random));
  both.follow_events_until(span_ticks + 700'000);
  REQUIRE(both.size() == 0);
}

TEST_CASE("deadlines at the edges of the rings, and beyond them, expire on their tick") {
  two_wheels both(1, 5);
  for (const time_ns edge : {timer_wheel::far_ticks, timer_wheel::slots, span_ticks}) {
    for (const time_ns times : {1, 2, 3, 64, 65, 200}) {
      for (const time_ns offset : {-5, -1, 0, 1, 5, 63, 64, 12'345})
        both.insert(times * edge + offset);
    }
  }
  both.follow_events_until(201 * span_ticks);
  REQUIRE(both.size() == 0);
}

TEST_CASE("the latest time there is can be a deadline") {
  const auto tick_ns = GENERATE(time_ns{finest_wheel_tick_ns}, time_ns{ns_per_ms});
  timer_wheel wheel(tick_ns, year_ns);
  op never;
  never.deadline_ns = std::numeric_limits<time_ns>::max();
  REQUIRE(wheel.insert(never));
  wheel.advance(year_ns + 3 * year_ns, [](op&) { FAIL("fired"); });
  REQUIRE(wheel.next_event_ns().has_value());
  wheel.cancel(never);
  REQUIRE(wheel.empty());
}

TEST_CASE("deadlines at or before the present are not filed, later ones are, to the tick") {
  timer_wheel wheel(ns_per_ms, 10 * ns_per_ms);
  op timer;
  for (const time_ns past_ns : {time_ns{0}, time_ns{-5}, ns_per_ms, 10 * ns_per_ms}) {
    timer.deadline_ns = past_ns;
    REQUIRE(!wheel.insert(timer));
  }
  timer.deadline_ns = 10 * ns_per_ms + 1;
  REQUIRE(wheel.insert(timer));
  bool fired = false;
  const auto expire = [&fired](op&) { fired = true; };
  wheel.advance(11 * ns_per_ms - 1, expire);
  REQUIRE(!fired);
  wheel.advance(11 * ns_per_ms, expire);
  REQUIRE(fired);
}

TEST_CASE("an expiry may cancel timers of its own tick, before and behind it in the slot") {
  const auto killer_at = GENERATE(0U, 1U, 2U, 3U, 4U);
  timer_wheel wheel(ns_per_ms, 0);
  std::vector<op> timers(5);
  for (op& each : timers) {
    each.deadline_ns = ns_per_ms;
    REQUIRE(wheel.insert(each));
  }
  std::vector<const op*> fired;
  wheel.advance(ns_per_ms, [&](op& expired) {
    fired.push_back(&expired);
    if (&expired != &timers[killer_at]) return;
    for (op& each : timers) {
      if (each.link != nullptr) wheel.cancel(each);
    }
  });
  REQUIRE(fired.back() == &timers[killer_at]);
  REQUIRE(wheel.empty());
  REQUIRE(!wheel.next_event_ns());
}

TEST_CASE("an expiry may file timers again, into the slot that is being expired too") {
  timer_wheel wheel(1, 0);
  op timer;
  timer.deadline_ns = 3;
  wheel.insert(timer);
  std::vector<time_ns> fired_ns;
  wheel.advance(3 + 15 * timer_wheel::slots, [&](op& expired) {
    fired_ns.push_back(expired.deadline_ns);
    expired.deadline_ns += timer_wheel::slots;  // the same slot, one round later
    wheel.insert(expired);
  });
  REQUIRE(fired_ns.size() == 16);
  REQUIRE(fired_ns.back() == 3 + 15 * timer_wheel::slots);
  wheel.cancel(timer);
}

TEST_CASE("an expiry may take everything out that has not come up yet") {
  timer_wheel wheel(1, 0);
  std::vector<op> timers(200);
  for (std::size_t i = 0; i < timers.size(); ++i) {
    timers[i].deadline_ns = static_cast<time_ns>(1 + i * i);
    wheel.insert(timers[i]);
  }
  std::size_t fired = 0;
  std::size_t dropped = 0;
  wheel.advance(1'000'000, [&](op&) {
    if (++fired == 50) wheel.clear([&](op&) { ++dropped; });
  });
  REQUIRE(fired == 50);
  REQUIRE(dropped == 150);
  REQUIRE(wheel.empty());
}

/// Ops that are all due in the far ring's first slot that can be occupied, ticks 4,096 to 6,143.
std::vector<op> far_timers(timer_wheel& wheel, std::size_t count) {
  std::vector<op> timers(count);
  for (std::size_t i = 0; i < count; ++i) {
    timers[i].deadline_ns = 4'096 + static_cast<time_ns>(i % 2'048);
    wheel.insert(timers[i]);
  }
  return timers;
}

TEST_CASE("a few timers move nearer in a few ticks, before any of them is due") {
  constexpr std::size_t count = 4 * timer_wheel::least_moved;
  timer_wheel wheel(1, 0);
  const auto timers = far_timers(wheel, count);
  std::size_t fired = 0;
  const auto expire = [&fired](op&) { ++fired; };
  REQUIRE(wheel.next_event_ns() == 2'048);  // the turn of their slot comes, and takes four ticks
  for (const time_ns tick : {2'048, 2'049, 2'050}) {
    wheel.advance(tick, expire);
    REQUIRE(wheel.next_event_ns() == tick + 1);
  }
  wheel.advance(2'051, expire);
  REQUIRE(wheel.next_event_ns() == 4'096);
  wheel.advance(4'095, expire);
  REQUIRE(fired == 0);
  wheel.advance(6'143, expire);
  REQUIRE(fired == count);
}

TEST_CASE("many timers move nearer in small shares over most of the ticks that there are for it") {
  timer_wheel wheel(1, 0);
  const auto timers = far_timers(wheel, std::size_t{200} * 2'048);
  time_ns last_moved = 0;
  while (wheel.next_event_ns() < 4'096) {
    last_moved = *wheel.next_event_ns();
    wheel.advance(last_moved, [](op&) { FAIL("fired"); });
  }
  REQUIRE(last_moved > 2'048 + 1'000);
  REQUIRE(last_moved < 4'095);
}

TEST_CASE("a tick expires what is due before it moves other timers nearer") {
  timer_wheel wheel(1, 0);
  const auto timers = far_timers(wheel, timer_wheel::least_moved);
  op due;
  due.deadline_ns = 2'048;
  wheel.insert(due);
  std::optional<time_ns> next_ns;
  wheel.advance(2'048, [&](op&) { next_ns = wheel.next_event_ns(); });
  REQUIRE(next_ns == 2'049);  // there was still something to move
  REQUIRE(wheel.next_event_ns() == 4'096);
}

TEST_CASE("timers of a slot that is half moved can all be cancelled") {
  constexpr std::size_t count = 4 * timer_wheel::least_moved;
  timer_wheel wheel(1, 0);
  auto timers = far_timers(wheel, count);
  wheel.advance(2'048, [](op&) { FAIL("fired"); });  // a quarter of them is in the near ring now
  for (std::size_t i = 1; i < count; i += 2) wheel.cancel(timers[i]);
  std::size_t fired = 0;
  wheel.advance(6'143, [&](op& due) {
    REQUIRE((&due - timers.data()) % 2 == 0);
    ++fired;
  });
  REQUIRE(fired == count / 2);
  REQUIRE(wheel.empty());
}

TEST_CASE("timers that must move nearer expire on their tick though the wheel is advanced late") {
  constexpr std::size_t count = 5'000;
  timer_wheel wheel(1, 0);
  const auto timers = far_timers(wheel, count);
  std::size_t fired = 0;
  wheel.advance(4'095, [&fired](op&) { ++fired; });
  REQUIRE(fired == 0);
  time_ns last_ns = 0;
  wheel.advance(100'000, [&](op& due) {
    REQUIRE(due.deadline_ns >= last_ns);
    last_ns = due.deadline_ns;
    ++fired;
  });
  REQUIRE(fired == count);
}

TEST_CASE("wherever the wheel stands, it knows to the tick when its one timer is due, and has it") {
  timer_wheel wheel(1, 0);
  op timer;
  time_ns now_ns = 0;
  for (time_ns ahead_ns = 1; ahead_ns < timer_wheel::slots; ahead_ns += 61) {
    for (int stands = 0; stands < 4'096; stands += 59) {
      wheel.advance(now_ns += 59, [](op&) { FAIL("fired"); });
      timer.deadline_ns = now_ns + ahead_ns;
      REQUIRE(wheel.insert(timer));
      REQUIRE(wheel.next_event_ns() == now_ns + ahead_ns);
      op* had = nullptr;
      wheel.clear([&had](op& each) { had = &each; });
      REQUIRE(had == &timer);
    }
  }
}

TEST_CASE("clear hands out every timer once and leaves a wheel that works") {
  std::mt19937_64 random(3);
  timer_wheel wheel(ns_per_ms, 0);
  std::vector<op> timers(1000);
  for (op& each : timers) {
    each.deadline_ns = ns_per_ms + any_delay_ns(random, 10 * year_ns);
    REQUIRE(wheel.insert(each));
  }
  std::size_t dropped = 0;
  wheel.clear([&](op& each) {
    REQUIRE(each.link == nullptr);
    ++dropped;
  });
  REQUIRE(dropped == timers.size());
  REQUIRE(wheel.empty());
  REQUIRE(!wheel.next_event_ns());
  timers[0].deadline_ns = 5 * ns_per_ms;
  REQUIRE(wheel.insert(timers[0]));
  bool fired = false;
  wheel.advance(5 * ns_per_ms, [&](op&) { fired = true; });
  REQUIRE(fired);
}

}  // namespace
}  // namespace skein
