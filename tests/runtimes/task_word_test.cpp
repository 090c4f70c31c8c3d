// The word of a task that any thread wakes: its transitions one by one, and four threads on it
// while one polls, with yields where a thread may be overtaken. Words that lie show that this finds
// what it is for.
#include "runtimes/future_stealing/task_word.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/catch.hpp"

namespace skein::future_stealing {
namespace {

using namespace std::chrono_literals;

/// A word that other threads may wake, or one that stays with its thread.
task_word& made(task_word& word, bool is_shared) {
  if (is_shared) word.share();
  return word;
}

TEST_CASE("a task that waits is had by its first waker, who is told where to") {
  for (const bool is_shared : {false, true}) {
    for (const bool is_tied : {false, true}) {
      task_word fresh;
      task_word& word = made(fresh, is_shared);
      word.begin_poll();
      REQUIRE_FALSE(word.end_poll(is_tied));
      REQUIRE(word.wake() == (is_tied ? wake_asks::send : wake_asks::queue));
      REQUIRE(word.wake() == wake_asks::nothing);
      word.begin_poll();
    }
  }
}

TEST_CASE("a task that is woken before its first poll is queued already") {
  task_word word;
  REQUIRE(word.wake() == wake_asks::nothing);
}

TEST_CASE("a task that is woken while it is polled is had by who polls it, once") {
  for (const bool is_shared : {false, true}) {
    task_word fresh;
    task_word& word = made(fresh, is_shared);
    word.begin_poll();
    REQUIRE(word.wake() == wake_asks::nothing);
    REQUIRE(word.wake() == wake_asks::nothing);
    REQUIRE(word.end_poll(true));
    REQUIRE(word.wake() == wake_asks::nothing);
    word.begin_poll();
    REQUIRE_FALSE(word.end_poll(false));
  }
}

TEST_CASE("a task that is over is woken by nobody") {
  for (const bool is_shared : {false, true}) {
    task_word fresh;
    task_word& word = made(fresh, is_shared);
    word.begin_poll();
    word.wake();
    word.end();
    REQUIRE(word.wake() == wake_asks::nothing);
  }
}

struct yields_between {
  static void step() noexcept { std::this_thread::yield(); }
};
using honest = basic_task_word<yields_between>;

/// Goes to sleep whatever it was told meanwhile.
struct forgets_while_polled : honest {
  bool end_poll(bool is_tied) noexcept {
    if (honest::end_poll(is_tied)) {
      honest::begin_poll();
      honest::end_poll(is_tied);
    }
    return false;
  }
};
/// Gives the task to all who wake it.
struct queues_each_time : honest {
  wake_asks wake() noexcept {
    const wake_asks asked = honest::wake();
    return asked == wake_asks::nothing && !is_polled.load() ? wake_asks::queue : asked;
  }
  void begin_poll() noexcept {
    is_polled = true;
    honest::begin_poll();
  }
  bool end_poll(bool is_tied) noexcept {
    is_polled = false;
    return honest::end_poll(is_tied);
  }
  std::atomic<bool> is_polled{false};
};

struct outcome {
  bool all_heard = true;
  bool queued_once = true;
};

/// Four threads say something and wake, each after its last was heard; one more polls what is
/// queued. Who is not heard for too long, though nothing is queued or polled, has lost a wake, and
/// all give up.
template <class Word>
outcome wake_from_four_threads(int of_each, std::chrono::milliseconds patience) {
  constexpr std::size_t threads = 4;
  struct alignas(64) saying {
    std::atomic<bool> waits{false};
  };
  Word word;
  word.share();
  word.begin_poll();
  word.end_poll(false);
  std::atomic<int> queued{0};  // how often the task is in the queue
  std::atomic<bool> queued_twice{false};
  std::atomic<bool> is_polled{false};
  std::atomic<bool> lost{false};
  std::atomic<std::size_t> speaking{threads};
  std::array<saying, threads> said;
  const auto queue = [&] {
    if (queued.fetch_add(1) != 0) queued_twice = true;
  };
  std::vector<std::thread> speakers;
  for (saying& own : said) {
    speakers.emplace_back([&, of_each] {
      for (int i = 0; i < of_each && !lost && !queued_twice; ++i) {
        own.waits.store(true, std::memory_order_relaxed);
        if (word.wake() != wake_asks::nothing) queue();
        const auto give_up = std::chrono::steady_clock::now() + patience;
        while (own.waits.load(std::memory_order_relaxed) && !lost && !queued_twice) {
          std::this_thread::yield();
          const bool is_idle = queued == 0 && !is_polled;
          if (is_idle && std::chrono::steady_clock::now() > give_up) lost = true;
        }
      }
      --speaking;
    });
  }
  while (speaking > 0) {
    if (queued == 0 || queued_twice) {
      std::this_thread::yield();
      continue;
    }
    is_polled = true;
    --queued;
    word.begin_poll();
    for (saying& each : said) {
      yields_between::step();
      if (each.waits.load(std::memory_order_relaxed)) {
        each.waits.store(false, std::memory_order_relaxed);
      }
    }
    if (word.end_poll(false)) queue();
    is_polled = false;
  }
  for (std::thread& each : speakers) each.join();
  return {.all_heard = !lost, .queued_once = !queued_twice};
}

TEST_CASE("four threads that wake a task are heard, and it is queued once") {
  const outcome found = wake_from_four_threads<honest>(2'000, 60s);
  REQUIRE(found.all_heard);
  REQUIRE(found.queued_once);
}

TEST_CASE("liar caught: a word that forgets a wake while the task is polled") {
  REQUIRE_FALSE(wake_from_four_threads<forgets_while_polled>(100'000, 300ms).all_heard);
}

TEST_CASE("liar caught: a word that gives the task to all who wake it") {
  REQUIRE_FALSE(wake_from_four_threads<queues_each_time>(100'000, 60s).queued_once);
}

}  // namespace
}  // namespace skein::future_stealing
