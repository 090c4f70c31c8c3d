// A mutex that blocks threads (contention --across blocking): what counts as a deadlock and what
// does not, and what a run on each runtime makes of it.
#include "workloads/contention/blocking_mutex.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"
#include "tests/catch.hpp"
#include "tests/impatient_run.hpp"
#include "tests/io_uring.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "tests/whole_run.hpp"
#include "workloads/all.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/turns.hpp"

namespace {

using namespace skein;
using contention::blocking_mutex;
using outcome = blocking_mutex::outcome;

constexpr time_ns soon_ns = 30 * ns_per_ms;

contention::parameters asking(std::int64_t tasks, std::int64_t locks, time_ns bound_ns) {
  return {{.tasks = tasks,
           .across = contention::across::blocking,
           .locks = locks,
           .lock_timeout_ns = bound_ns},
          test::options_for(static_cast<std::size_t>(tasks) + 16),
          7};
}

/// Calls `check` with each runtime that does this work, and its program.
template <class Check>
void with_every_runtime(const contention::parameters& asked, Check&& check) {
  std::size_t made = 0;
  for (const runtime_info& runtime : workloads::runtimes()) {
    if (test::passes_over(runtime.takes_receive_ring)) continue;
    INFO(runtime.id);
    try {
      const auto program = test::make_program(runtime.id, asked);
      ++made;
      check(runtime, *program);
    } catch (const limit_error& limit) {
      REQUIRE(limit.name == "runtime");
      REQUIRE(runtime.id == "epoll_floor");
    }
  }
  REQUIRE(made >= 9);
}

void sleep_ms(int how_long) {
  std::this_thread::sleep_for(std::chrono::milliseconds(how_long));
}

}  // namespace

TEST_CASE("a mutex that nobody unlocks for the bound while somebody waits is a deadlock") {
  blocking_mutex mutex(5, soon_ns);
  REQUIRE(mutex.lock(3) == outcome::locked);
  const time_ns begun_ns = monotonic_clock::now_ns();
  REQUIRE(mutex.lock(1) == outcome::found_deadlock);
  CHECK(monotonic_clock::now_ns() - begun_ns >= soon_ns);
  const auto at = mutex.at_deadlock();
  CHECK(at.holder == 3);
  CHECK(at.finder == 1);
  CHECK(at.in_lock == 1);
  CHECK(at.wanting == 5);
  CHECK(mutex.lock(2) == outcome::over);
  CHECK_FALSE(mutex.unlock(false));
}

TEST_CASE("of several that wait one finds the deadlock, and the others end with it") {
  blocking_mutex mutex(4, soon_ns);
  REQUIRE(mutex.lock(0) == outcome::locked);
  std::array<outcome, 3> ends{};
  {
    std::vector<std::jthread> waiting;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      waiting.emplace_back([&, i] { ends[i] = mutex.lock(i + 1); });
    }
  }
  CHECK(std::ranges::count(ends, outcome::found_deadlock) == 1);
  CHECK(std::ranges::count(ends, outcome::over) == 2);
  CHECK(mutex.at_deadlock().in_lock >= 1);
}

namespace {

/// Returns once somebody waits for the mutex.
void await_waiter(const blocking_mutex& mutex) {
  while (mutex.now().in_lock == 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a wait that is longer than the bound is no deadlock while others have their turns") {
  constexpr time_ns bound_ns = 2 * ns_per_s;
  time_ns waited_ns = 0;
  // Two turns of this thread are longer than the bound. Who waits may have the mutex between them,
  // and then has shown nothing.
  for (int attempt = 0; attempt < 20 && waited_ns <= bound_ns; ++attempt) {
    blocking_mutex mutex(2, bound_ns);
    REQUIRE(mutex.lock(0) == outcome::locked);
    outcome how{};
    std::jthread waiting([&] {
      const time_ns begun_ns = monotonic_clock::now_ns();
      how = mutex.lock(1);
      waited_ns = monotonic_clock::now_ns() - begun_ns;
      mutex.unlock(true);
    });
    await_waiter(mutex);
    sleep_ms(1'100);
    CHECK(mutex.unlock(false));
    CHECK(mutex.lock(0) == outcome::locked);
    if (mutex.now().in_lock == 1) sleep_ms(1'100);
    CHECK(mutex.unlock(true));
    waiting.join();
    CHECK(how == outcome::locked);
  }
  CHECK(waited_ns > bound_ns);
}

TEST_CASE("what is called off ends who waits for the mutex, and every later wait at once") {
  blocking_mutex mutex(2, 60 * ns_per_s);
  REQUIRE(mutex.lock(0) == outcome::locked);
  outcome how{};
  std::jthread waiting([&] { how = mutex.lock(1); });
  await_waiter(mutex);
  mutex.call_off();
  waiting.join();
  CHECK(how == outcome::over);
  CHECK(mutex.lock(1) == outcome::over);
}

TEST_CASE("a mutex that nobody has is had without a wait") {
  blocking_mutex mutex(2, 60 * ns_per_s);
  for (int turn = 0; turn < 3; ++turn) {
    REQUIRE(mutex.lock(0) == outcome::locked);
    REQUIRE(mutex.unlock(false));
  }
  CHECK(mutex.waited().shortest == 0);
  CHECK(mutex.waited().longest == 0);
}

TEST_CASE("a turn of another that begins within a wait counts for it") {
  std::uint64_t longest = 0;
  // Who waits may have the mutex before that turn begins.
  for (int attempt = 0; attempt < 1'000 && longest == 0; ++attempt) {
    blocking_mutex mutex(2, 60 * ns_per_s);
    REQUIRE(mutex.lock(0) == outcome::locked);
    std::jthread waiting([&] {
      mutex.lock(1);
      mutex.unlock(true);
    });
    await_waiter(mutex);
    CHECK(mutex.unlock(false));
    CHECK(mutex.lock(0) == outcome::locked);
    CHECK(mutex.unlock(true));
    waiting.join();
    CHECK(mutex.waited().shortest == 0);
    longest = mutex.waited().longest;
  }
  CHECK(longest == 1);
}

TEST_CASE("a deadlock is said with who has the mutex, how many wait, and for what") {
  CHECK(contention::described({.holder = 4, .finder = 7, .in_lock = 1, .wanting = 20},
                              1'500 * ns_per_ms) ==
        "deadlock: task 4 holds a blocking mutex across a yield, and waits for a thread to go on; "
        "waiting for the mutex, each blocking its thread: 1 (task 7); waiting for a thread: 18; "
        "nobody unlocked for 1500 ms");
}

TEST_CASE("where tasks share a thread a blocking mutex across a yield ends as a named deadlock") {
  const auto asked = asking(20, 50, soon_ns);
  with_every_runtime(asked, [&](const runtime_info& runtime, workloads::program& program) {
    if (runtime.thread_per_task) return;
    test::whole_run run(program, contention::task_count(asked));
    program.run(run);
    const auto counts = program.counts();
    CHECK(counts.errors == 1);
    CHECK_THAT(counts.first_error, test::contains("deadlock: "));
    CHECK_THAT(counts.first_error, test::contains("each blocking its thread: 1 (task "));
    CHECK_THAT(counts.first_error, test::contains("waiting for a thread: 18;"));
    CHECK(counts.units == 0);
    CHECK(program.live().tasks == 0);
  });
}

TEST_CASE("it is a deadlock whatever the order of ready tasks") {
  for (const auto strategy : {run_strategy::lifo, run_strategy::priority}) {
    for (const char* runtime : {"coroutine", "future"}) {
      auto asked = asking(20, 50, soon_ns);
      asked.options.strategy = strategy;
      const auto program = test::make_program(runtime, asked);
      test::whole_run run(*program, contention::task_count(asked));
      program->run(run);
      INFO(runtime);
      CHECK(program->counts().errors == 1);
      CHECK_THAT(program->counts().first_error, test::contains("deadlock: "));
      CHECK(program->live().tasks == 0);
    }
  }
}

TEST_CASE("tasks on threads of their own have all their turns with a mutex that blocks them") {
  const auto asked = asking(20, 50, 10 * ns_per_s);
  for (const char* runtime : {"thread", "thread_default"}) {
    const auto program = test::make_program(runtime, asked);
    test::whole_run run(*program, contention::task_count(asked));
    program->run(run);
    INFO(runtime);
    const auto counts = program->counts();
    CHECK(counts.first_error.empty());
    CHECK(counts.units == 1'000);
    CHECK(counts.checksum == contention::expected(asked).checksum);
    CHECK(program->live().tasks == 0);
  }
}

TEST_CASE("among several workers tasks have all their turns, or a deadlock that is named") {
  auto asked = asking(20, 50, soon_ns);
  asked.options.workers = 3;
  for (const char* runtime : {"coroutine_stealing", "future_stealing"}) {
    INFO(runtime);
    const auto program = test::make_program(runtime, asked);
    test::whole_run run(*program, contention::task_count(asked));
    program->run(run);
    const auto counts = program->counts();
    if (counts.errors == 0) {
      CHECK(counts.checksum == contention::expected(asked).checksum);
    } else {
      CHECK(counts.errors == 1);
      CHECK_THAT(counts.first_error, test::contains("deadlock: "));
    }
    CHECK(program->live().tasks == 0);
  }
}

TEST_CASE("a run with a blocking mutex that is stopped before its epoch leaves nothing alive") {
  const auto asked = asking(50, 1'000'000, 60 * ns_per_s);
  with_every_runtime(asked, [&](const runtime_info&, workloads::program& program) {
    test::stopped_at_once run(program, contention::task_count(asked));
    program.run(run);
    CHECK_FALSE(program.finished());
    CHECK(program.counts().errors == 0);
    CHECK(program.live().tasks == 0);
  });
}

TEST_CASE("threads that wait for a blocking mutex end when their run is stopped") {
  const auto asked = asking(20, 1'000'000, 60 * ns_per_s);
  const auto program = test::make_program("thread", asked);
  test::impatient_run run(*program, contention::task_count(asked), 100 * ns_per_ms);
  program->run(run);
  CHECK(run.is_lost());
  CHECK_FALSE(program->finished());
  CHECK(program->counts().errors == 0);
  CHECK(program->live().tasks == 0);
}
