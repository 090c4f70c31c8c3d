// The thread runtime's own risks: stacks reused too early or never, blocked calls that stop cannot
// end, sleepers that miss a cancel. What all runtimes share is tested in tests/contract.
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <pthread.h>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "runtimes/shared/thread_limits.hpp"
#include "runtimes/socket.hpp"
#include "runtimes/thread/scheduler.hpp"
#include "runtimes/thread_default/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using test::far_away_ns;
using test::from_now;
using test::loopback_client;
using test::options_for;
using test::pattern_bytes;
using thread_scheduler = thread::scheduler;

#ifdef SKEIN_SANITIZED
constexpr std::size_t many = 200;
#else
constexpr std::size_t many = 1000;
#endif

TEST_CASE("a thousand threads are alive at once and all end before run returns") {
  thread_scheduler scheduler(options_for(many));
  std::atomic<std::size_t> woken{0};
  for (std::size_t i = 0; i < many; ++i) {
    scheduler.spawn([&scheduler, &woken] {
      if (scheduler.sleep_until(from_now(far_away_ns)) == wake::cancelled) ++woken;
    });
  }
  REQUIRE(scheduler.live().tasks == many);
  scheduler.stop();
  scheduler.run();
  REQUIRE(woken == many);
  REQUIRE(scheduler.live().tasks == 0);
}

TEST_CASE("stacks of ended threads are reused: many more tasks than stacks run in turn") {
  constexpr std::size_t stacks = 4;
  thread_scheduler scheduler(options_for(stacks));
  std::set<std::uintptr_t> pages;
  std::size_t ran = 0;
  for (std::size_t i = 0; i < many; ++i) {
    scheduler.spawn([&] {
      int local = 0;
      pages.insert(reinterpret_cast<std::uintptr_t>(&local) >> 12);
      ++ran;
    });
    scheduler.run();
  }
  REQUIRE(ran == many);
  REQUIRE(pages.size() <= stacks);
}

TEST_CASE("a spawn never fails below the ceiling, however many threads are ending at the moment") {
  constexpr std::size_t ceiling = 8;
  thread_scheduler scheduler(options_for(ceiling));
  std::atomic<std::size_t> ran{0};
  scheduler.spawn([&] {
    for (std::size_t i = 0; i < many; ++i) {
      while (scheduler.live().tasks == ceiling) scheduler.yield();
      scheduler.spawn([&ran] { ++ran; });
    }
  });
  scheduler.run();
  REQUIRE(ran == many);
}

TEST_CASE("one task above the ceiling is refused as a limit, and fits once another has ended") {
  thread_scheduler scheduler(options_for(2));
  thread::timer first;
  scheduler.spawn([&] { scheduler.sleep_until(first, from_now(far_away_ns)); });
  scheduler.spawn([&] { scheduler.sleep_until(from_now(far_away_ns)); });
  REQUIRE_THROWS_AS(scheduler.spawn([] {}), limit_error);
  while (scheduler.live().tasks == 2) {
    scheduler.cancel(first);
    scheduler.yield();
  }
  bool ran = false;
  scheduler.spawn([&ran] { ran = true; });
  scheduler.stop();
  scheduler.run();
  REQUIRE(ran);
}

#ifndef SKEIN_SANITIZED
TEST_CASE("a thread the system refuses is reported under the name of the limit") {
  // In a child: the limit is on the user, and root has to become someone to feel it.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit none{1, 1};
    ::setrlimit(RLIMIT_NPROC, &none);
    if (::getuid() == 0 && ::setuid(65534) != 0) std::_Exit(0);
    thread_scheduler scheduler(options_for(4));
    try {
      for (int i = 0; i < 3; ++i) {
        scheduler.spawn([&] { scheduler.sleep_until(from_now(far_away_ns)); });
      }
    } catch (const limit_error& refused) {
      scheduler.stop();
      scheduler.run();
      std::_Exit(refused.name == "RLIMIT_NPROC" && refused.needed > refused.value ? 0 : 2);
    }
    std::_Exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}

TEST_CASE("a refusal never claims that what is allowed was enough") {
  // Nothing is short here: the tightest limit has room, as where others have just ended.
  const limit_error refused = refused_thread(1, 0);
  REQUIRE(refused.value);
  REQUIRE(refused.needed > *refused.value);
}

TEST_CASE("the stack of a thread that the system refused is there for the next") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    rlimit usual{};
    ::getrlimit(RLIMIT_NPROC, &usual);
    const rlimit none{1, usual.rlim_max};
    ::setrlimit(RLIMIT_NPROC, &none);
    if (::getuid() == 0 && ::setuid(65534) != 0) std::_Exit(0);
    constexpr std::size_t stacks = 4;
    thread_scheduler scheduler(options_for(stacks));
    const auto start_one = [&] {
      try {
        scheduler.spawn([&] { scheduler.sleep_until(from_now(far_away_ns)); });
        return true;
      } catch (const limit_error&) {
        return false;
      }
    };
    if (start_one()) std::_Exit(3);
    ::setrlimit(RLIMIT_NPROC, &usual);
    std::size_t started = 0;
    while (start_one()) ++started;
    scheduler.stop();
    scheduler.run();
    std::_Exit(started == stacks ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}

TEST_CASE("a task that leaves its stack hits the guard, not its neighbour") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL);  // the test framework's handler would print first
    thread_scheduler scheduler(options_for(4));
    scheduler.spawn([] {
      const int here = 0;
      const auto top = reinterpret_cast<std::uintptr_t>(&here);
      for (std::uintptr_t depth = 64; depth < 65536; depth += 1024) {
        *reinterpret_cast<volatile std::byte*>(top - depth) = std::byte{1};
      }
    });
    scheduler.run();
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGSEGV);
}
#endif

TEST_CASE("stop ends blocked readers, writers, acceptors and sleepers of both kinds") {
  const listening_socket socket = make_listener(blocking::yes);
  thread_scheduler scheduler(options_for(16));
  auto& listener = scheduler.listen(socket.descriptor);
  std::atomic<int> read_error{-1}, write_error{-1}, accept_error{-1}, cancelled{0}, waiting{0};
  thread::timer timer;
  scheduler.spawn([&] {
    thread::connection* reads = scheduler.accept(listener);
    thread::connection* writes = scheduler.accept(listener);
    scheduler.spawn([&scheduler, reads, &read_error, &waiting] {
      ++waiting;
      if (scheduler.read(*reads).empty()) read_error = reads->error();
      scheduler.close(*reads);
    });
    scheduler.spawn([&scheduler, writes, &write_error, &waiting] {
      static const std::vector<std::byte> much = pattern_bytes(std::size_t{16} << 20U);
      ++waiting;
      if (!scheduler.write(*writes, much)) write_error = writes->error();
      scheduler.close(*writes);
    });
    ++waiting;
    if (scheduler.accept(listener) == nullptr) accept_error = listener.error();
  });
  scheduler.spawn([&] {
    ++waiting;
    if (scheduler.sleep_until(from_now(far_away_ns)) == wake::cancelled) ++cancelled;
  });
  scheduler.spawn([&] {
    ++waiting;
    if (scheduler.sleep_until(timer, from_now(far_away_ns)) == wake::cancelled) ++cancelled;
  });
  const loopback_client first(socket.port);
  const loopback_client second(socket.port);
  while (waiting < 5) scheduler.yield();
  scheduler.sleep_until(from_now(20 * ns_per_ms));  // let them reach their system calls
  scheduler.stop();
  scheduler.run();
  REQUIRE(read_error == ECANCELED);
  REQUIRE(write_error == ECANCELED);
  REQUIRE(accept_error == ECANCELED);
  REQUIRE(cancelled == 2);
  REQUIRE(scheduler.live().connections == 0);
}

TEST_CASE("waits that begin after stop end at once as cancelled") {
  thread_scheduler scheduler(options_for(2));
  scheduler.stop();
  wake plain = wake::due;
  wake timed = wake::due;
  scheduler.spawn([&] {
    thread::timer timer;
    plain = scheduler.sleep_until(from_now(far_away_ns));
    timed = scheduler.sleep_until(timer, from_now(far_away_ns));
  });
  scheduler.run();
  REQUIRE(plain == wake::cancelled);
  REQUIRE(timed == wake::cancelled);
}

TEST_CASE("the earliest deadline there is ends a sleep at once, the latest one waits for stop") {
  thread_scheduler scheduler(options_for(2));
  std::array<wake, 2> ended{wake::cancelled, wake::due};
  scheduler.spawn([&] {
    ended[0] = scheduler.sleep_until(std::numeric_limits<time_ns>::min());
    scheduler.sleep_until(from_now(10 * ns_per_ms));
    scheduler.stop();
  });
  scheduler.spawn([&] { ended[1] = scheduler.sleep_until(std::numeric_limits<time_ns>::max()); });
  scheduler.run();
  REQUIRE(ended[0] == wake::due);
  REQUIRE(ended[1] == wake::cancelled);
}

TEST_CASE("a cancelled timer wakes its sleeper once and carries another wait") {
  thread_scheduler scheduler(options_for(2));
  thread::timer timer;
  std::atomic<int> sleeps{0};
  std::array<wake, 2> ended{wake::due, wake::cancelled};
  scheduler.cancel(timer);  // idle: nothing happens, now or later
  scheduler.spawn([&] {
    ++sleeps;
    ended[0] = scheduler.sleep_until(timer, from_now(far_away_ns));
    ++sleeps;
    ended[1] = scheduler.sleep_until(timer, from_now(ns_per_ms));
  });
  while (sleeps < 2) {
    if (sleeps == 1) scheduler.cancel(timer);
    scheduler.yield();
  }
  scheduler.run();
  REQUIRE(ended[0] == wake::cancelled);
  // The cancelling loop may, rarely, have hit the second sleep as well; then it was a cancel.
  const bool second_ended = ended[1] == wake::due || ended[1] == wake::cancelled;
  REQUIRE(second_ended);
}

TEST_CASE("timers cancelled and timers that fire in a race end exactly once, and never early") {
  thread_scheduler scheduler(options_for(many));
  std::vector<thread::timer> timers(many / 2);
  std::atomic<std::size_t> ended{0}, early{0};
  for (thread::timer& each : timers) {
    scheduler.spawn([&scheduler, &each, &ended, &early] {
      const time_ns deadline_ns = from_now(ns_per_ms);
      const wake how = scheduler.sleep_until(each, deadline_ns);
      if (how == wake::due && monotonic_clock::now_ns() < deadline_ns) ++early;
      ++ended;
    });
  }
  for (thread::timer& each : timers) scheduler.cancel(each);
  scheduler.run();
  REQUIRE(ended == timers.size());
  REQUIRE(early == 0);
}

template <class S>
void check_echo(const scheduler_options& options) {
  const listening_socket socket = make_listener(blocking::yes);
  S scheduler(options);
  auto& listener = scheduler.listen(socket.descriptor);
  scheduler.spawn([&] {
    while (thread::connection* peer = scheduler.accept(listener)) {
      scheduler.spawn([&scheduler, peer] {
        for (bytes chunk = scheduler.read(*peer); !chunk.empty(); chunk = scheduler.read(*peer)) {
          scheduler.write(*peer, chunk);
        }
        scheduler.close(*peer);
      });
    }
  });
  const std::vector<std::byte> sent = pattern_bytes(std::size_t{2} << 20U);
  std::vector<std::byte> echoed;
  std::thread client([&] {
    loopback_client peer(socket.port);
    std::thread sender([&] { peer.send(sent); });
    echoed = peer.receive(sent.size());
    sender.join();
    scheduler.stop();
  });
  scheduler.run();
  client.join();
  REQUIRE((echoed == sent));
  REQUIRE(scheduler.live().connections == 0);
}

TEST_CASE("an echo through blocking calls returns every byte, with lent and with own buffers") {
  scheduler_options options = options_for(4);
  options.buffer = GENERATE(buffer_policy::lent, buffer_policy::own);
  check_echo<thread_scheduler>(options);
}

TEST_CASE("an echo on the system's stacks returns every byte, also through a large buffer") {
  scheduler_options options = options_for(4);
  options.buffer_bytes = GENERATE(std::size_t{1024}, std::size_t{1} << 20U);
  check_echo<thread_default::scheduler>(options);
}

TEST_CASE(
    "a task of thread_default has the stack that RLIMIT_STACK gives, not that of the options") {
  pthread_attr_t usual;
  std::size_t usual_bytes = 0;
  REQUIRE(::pthread_getattr_default_np(&usual) == 0);
  ::pthread_attr_getstacksize(&usual, &usual_bytes);
  ::pthread_attr_destroy(&usual);
  thread_default::scheduler scheduler(options_for(2));
  std::size_t found_bytes = 0;
  scheduler.spawn([&] {
    pthread_attr_t own;
    void* lowest = nullptr;
    if (::pthread_getattr_np(::pthread_self(), &own) != 0) return;
    ::pthread_attr_getstack(&own, &lowest, &found_bytes);
    ::pthread_attr_destroy(&own);
  });
  scheduler.run();
  REQUIRE(found_bytes + 65536 >= usual_bytes);
  REQUIRE(found_bytes > 16384 * 8);
  REQUIRE_FALSE(scheduler.stack_guard().has_value());
  REQUIRE(thread_scheduler(options_for(2)).stack_guard().has_value());
}

TEST_CASE("many threads on the system's stacks come, go and are joined") {
  thread_default::scheduler scheduler(options_for(many));
  std::atomic<std::size_t> ran{0};
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < many; ++i) scheduler.spawn([&ran] { ++ran; });
    scheduler.run();
  }
  REQUIRE(ran == 3 * many);
  REQUIRE(scheduler.live().tasks == 0);
}

#ifndef SKEIN_SANITIZED
TEST_CASE("stacks of the system's that do not fit the address space are refused under its name") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit little{rlim_t{256} << 20U, rlim_t{256} << 20U};
    ::setrlimit(RLIMIT_AS, &little);
    thread_default::scheduler scheduler(options_for(1000));
    try {
      for (int i = 0; i < 1000; ++i) {
        scheduler.spawn([&] { scheduler.sleep_until(from_now(far_away_ns)); });
      }
    } catch (const limit_error& refused) {
      scheduler.stop();
      scheduler.run();
      std::_Exit(refused.name == "RLIMIT_AS" && refused.needed > refused.value ? 0 : 2);
    }
    std::_Exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}
#endif

}  // namespace
}  // namespace skein
