// Wakers of futures that change threads: called by workers and by other threads, at any time, and
// kept longer than what they wake.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtimes/future_stealing/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/again.hpp"
#include "tests/runtimes/breakable_loops.hpp"

namespace skein {
namespace {

using future_stealing::scheduler;
using test::again;
using test::break_loop;
using test::breakable;
using test::from_now;
using test::numbers_of_workers;
using test::options_on;

/// How a task hands out its waker, and what it is told beside it.
struct line {
  std::atomic<bool> is_open{false};
  std::optional<waker> to_wake;
  std::atomic<std::uint64_t> said{0};

  void open(const context& with) {
    if (to_wake) return;
    to_wake.emplace(with.waker());
    is_open.store(true, std::memory_order_release);
  }
  void wait_until_open() const {
    while (!is_open.load(std::memory_order_acquire)) std::this_thread::yield();
  }
  void say() {
    said.fetch_add(1, std::memory_order_relaxed);
    to_wake->wake_by_ref();
  }
};

/// Over once it has heard all that is said to it.
class hears : pinned {
 public:
  using output = nothing;
  hears(line& own, std::uint64_t all, std::atomic<std::uint64_t>& polls) noexcept
      : own_(own), all_(all), polls_(polls) {}
  polled<nothing> poll(context& with) {
    polls_.fetch_add(1, std::memory_order_relaxed);
    own_.open(with);
    if (own_.said.load(std::memory_order_relaxed) < all_) return not_ready;
    return nothing{};
  }

 private:
  line& own_;
  std::uint64_t all_;
  std::atomic<std::uint64_t>& polls_;
};

/// Four threads wake sixteen tasks. What is said is relaxed: the wake alone makes it heard.
void wake_from_four_threads(std::uint64_t of_each) {
  constexpr std::size_t threads = 4;
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    std::vector<std::thread> speakers;
    std::deque<line> lines(16);
    std::atomic<std::uint64_t> polls{0};
    {
      scheduler on(options_on(workers));
      for (line& each : lines) on.spawn<hears>(each, threads * of_each, polls);
      for (std::size_t i = 0; i < threads; ++i) {
        speakers.emplace_back([&lines, of_each] {
          for (const line& each : lines) each.wait_until_open();
          for (std::uint64_t said = 0; said < of_each; ++said) {
            for (line& each : lines) each.say();
          }
        });
      }
      on.run();
      REQUIRE(on.live().tasks == 0);
    }  // the last wakes may still be under way
    for (std::thread& each : speakers) each.join();
    REQUIRE(polls <= lines.size() * (threads * of_each + 1));
  }
}

TEST_CASE("what four threads say to tasks that move is heard, and no wake polls twice") {
  wake_from_four_threads(300);
}

TEST_CASE("of millions of wakes from four threads none is lost", "[.][stress]") {
  wake_from_four_threads(100'000);
}

/// Wakes others in turn, as a task, until they are over.
class wakes_until : pinned {
 public:
  using output = nothing;
  wakes_until(std::deque<line>& lines, std::atomic<bool>& done) noexcept
      : lines_(lines), done_(done) {}
  polled<nothing> poll(context& with) {
    if (done_) return nothing{};
    for (line& each : lines_) {
      if (each.is_open.load(std::memory_order_acquire)) each.to_wake->wake_by_ref();
    }
    return again(with);
  }

 private:
  std::deque<line>& lines_;
  std::atomic<bool>& done_;
};

/// Sleeps in rounds; whatever wakes it meanwhile, it is polled where the sleep is.
class sleeps_in_place : pinned {
 public:
  using output = nothing;
  sleeps_in_place(scheduler& on, line& own, int rounds, std::atomic<int>& left,
                  std::atomic<int>& strayed, std::atomic<bool>& done) noexcept
      : on_(on), own_(own), rounds_(rounds), left_(left), strayed_(strayed), done_(done) {}
  polled<nothing> poll(context& with) {
    own_.open(with);
    const auto here = std::this_thread::get_id();
    while (rounds_ > 0) {
      if (!sleep_) {
        sleep_.emplace(on_, from_now(2 * ns_per_ms));
        at_ = here;
      }
      if (!sleep_->poll(with)) {
        if (at_ != here) ++strayed_;
        return not_ready;
      }
      sleep_.reset();
      --rounds_;
    }
    if (--left_ == 0) done_ = true;
    return nothing{};
  }

 private:
  scheduler& on_;
  line& own_;
  int rounds_;
  std::atomic<int>& left_;
  std::atomic<int>& strayed_;
  std::atomic<bool>& done_;
  std::thread::id at_;
  std::optional<scheduler::sleeping> sleep_;
};

TEST_CASE("a task is polled by the worker of its sleep, whoever wakes it meanwhile") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    scheduler on(options_on(workers));
    std::deque<line> lines(10);
    std::atomic<int> left{10};
    std::atomic<int> strayed{0};
    std::atomic<bool> done{false};
    for (line& each : lines) on.spawn<sleeps_in_place>(on, each, 10, left, strayed, done);
    for (int i = 0; i < 3; ++i) on.spawn<wakes_until>(lines, done);
    std::thread outside([&lines, &done] {
      while (!done) {
        for (line& each : lines) {
          if (each.is_open.load(std::memory_order_acquire)) each.to_wake->wake_by_ref();
        }
        std::this_thread::yield();
      }
    });
    on.run();
    outside.join();
    REQUIRE(strayed == 0);
  }
}

TEST_CASE("a thread may wake the last task of a scheduler that goes away at once") {
  for (const std::size_t workers : {1U, 2U}) {
    for (int round = 0; round < 300; ++round) {
      line only;
      std::atomic<std::uint64_t> polls{0};
      std::thread speaker([&only] {
        only.wait_until_open();
        only.say();
      });
      {
        scheduler on(options_on(workers));
        on.spawn<hears>(only, 1U, polls);
        on.run();
      }
      speaker.join();
      REQUIRE(polls <= 2);
    }
  }
}

/// Holds something, and is over at its second poll.
class holds : pinned {
 public:
  using output = nothing;
  holds(line& own, std::shared_ptr<int> held) noexcept : own_(own), held_(std::move(held)) {}
  polled<nothing> poll(context& with) {
    if (own_.to_wake) return nothing{};
    own_.open(with);
    return again(with);
  }

 private:
  line& own_;
  std::shared_ptr<int> held_;
};

TEST_CASE("a waker outlives its task and its scheduler, wakes nobody then, and holds no future") {
  for (const std::size_t workers : numbers_of_workers) {
    line kept;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> seen = held;
    {
      scheduler on(options_on(workers));
      on.spawn<holds>(kept, std::move(held));
      on.run();
      REQUIRE(seen.expired());
      kept.to_wake->wake_by_ref();
      REQUIRE(on.live().tasks == 0);
    }
    waker copy(*kept.to_wake);
    std::move(*kept.to_wake).wake();
    std::thread elsewhere([last = std::move(copy)] { last.wake_by_ref(); });
    elsewhere.join();
  }
}

class clones_at_the_end : pinned {
 public:
  using output = nothing;
  explicit clones_at_the_end(std::optional<waker>& to) : to_(to) {}
  ~clones_at_the_end() { to_.emplace(lent_); }
  polled<nothing> poll(context& with) {
    lent_ = with.waker();
    return nothing{};
  }

 private:
  std::optional<waker>& to_;
  waker_ref lent_;
};

TEST_CASE("a future that changes threads and clones its waker as it is dropped wakes nobody") {
  std::optional<waker> kept;
  scheduler on(options_on(2));
  on.spawn<clones_at_the_end>(kept);
  on.run();
  kept->wake_by_ref();
  REQUIRE(on.live().tasks == 0);
}

/// Breaks all loops after a while.
class breaks : pinned {
 public:
  using output = nothing;
  breaks(scheduler& on, const std::vector<int>& loops) noexcept
      : loops_(loops), sleep_(on, from_now(2 * ns_per_ms)) {}
  polled<nothing> poll(context& with) {
    if (!sleep_.poll(with)) return not_ready;
    for (const int each : loops_) break_loop(each);
    return nothing{};
  }

 private:
  const std::vector<int>& loops_;
  scheduler::sleeping sleep_;
};

TEST_CASE("a run whose loops have all failed goes on until other threads have woken its tasks") {
  for (const std::size_t workers : numbers_of_workers) {
    INFO(workers << " workers");
    breakable<scheduler> all(options_on(workers));
    std::array<line, 3> lines;
    std::atomic<std::uint64_t> polls{0};
    for (line& each : lines) all.on.spawn<hears>(each, 1U, polls);
    all.on.spawn<breaks>(all.on, all.loops);
    std::thread speaker([&lines] {
      for (line& each : lines) {
        each.wait_until_open();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        each.say();
      }
    });
    REQUIRE_THROWS_AS(all.on.run(), std::system_error);
    speaker.join();
    REQUIRE(all.on.live().tasks == 0);
    REQUIRE_FALSE(all.on.anyone_idle());
  }
}

}  // namespace
}  // namespace skein
