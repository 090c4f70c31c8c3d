// Controls: costs that no runtime can go below, or that a figure may be mistaken for.
//
// Measures:
//  - a call of a function, and one through a pointer (the least that completing an operation costs)
//  - the cheapest system call
//  - reading the clock
//  - an epoll_wait that finds nothing and does not block
//  - an eventfd that is written and read again
//  - a futex that is woken when nobody waits
//  - a futex wait that is refused because its word has changed
// wake.cpp measures what waking a thread costs.
// Does not measure: any runtime.
// How it may be unfair: everything is hot, which favours these rows over what they are compared
// with. The system call does next to nothing, so its row is the cost of entering the kernel and
// coming back. Reading the clock needs no system call where the vDSO offers it; on machines where
// it does not, that row is the most expensive of all.
#include <array>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/op.hpp"
#include "runtimes/thread/futex.hpp"

namespace skein::micro {

namespace {

void count_completion(op& finished) noexcept {
  ++finished.result;
}

[[gnu::noinline]] void count_call(std::int32_t& calls) noexcept {
  ++calls;
}

void function_call(stopwatch& watch) {
  constexpr std::int32_t calls = 1'000'000;
  while (watch.next_batch(calls)) {
    std::int32_t counted = 0;
    watch.start();
    for (std::int32_t i = 0; i < calls; ++i) count_call(counted);
    watch.stop();
    expect_count("calls", static_cast<std::size_t>(counted), calls);
  }
}

void indirect_call(stopwatch& watch) {
  constexpr std::int32_t calls = 1'000'000;
  op item(&count_completion);
  while (watch.next_batch(calls)) {
    item.result = 0;
    watch.start();
    for (std::int32_t i = 0; i < calls; ++i) {
      benchmark::DoNotOptimize(item.complete);  // hides from the compiler what it points to
      item.complete(item);
    }
    watch.stop();
    expect_count("calls", static_cast<std::size_t>(item.result), calls);
  }
}

void system_call(stopwatch& watch) {
  constexpr int calls = 20'000;
  while (watch.next_batch(calls)) {
    long parent = 0;
    watch.start();
    for (int i = 0; i < calls; ++i) {
      parent = ::syscall(SYS_getppid);
      benchmark::DoNotOptimize(parent);
    }
    watch.stop();
  }
}

void clock_read(stopwatch& watch) {
  constexpr int reads = 100'000;
  while (watch.next_batch(reads)) {
    time_ns now_ns = 0;
    watch.start();
    for (int i = 0; i < reads; ++i) {
      now_ns = monotonic_clock::now_ns();
      benchmark::DoNotOptimize(now_ns);
    }
    watch.stop();
  }
}

/// An epoll instance that watches one descriptor, on which nothing ever happens.
class quiet_epoll {
 public:
  quiet_epoll() {
    epoll_event readable{};
    readable.events = EPOLLIN;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &readable), "epoll_ctl");
  }
  ~quiet_epoll() {
    ::close(event_);
    ::close(epoll_);
  }
  quiet_epoll(const quiet_epoll&) = delete;
  quiet_epoll& operator=(const quiet_epoll&) = delete;

  int wait() noexcept {
    return ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
  }

 private:
  int epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  int event_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  std::array<epoll_event, 256> events_{};
};

void empty_epoll_wait(stopwatch& watch) {
  constexpr int waits = 20'000;
  quiet_epoll quiet;
  while (watch.next_batch(waits)) {
    int events = 0;
    watch.start();
    for (int i = 0; i < waits; ++i) events |= quiet.wait();
    watch.stop();
    expect_count("events", static_cast<std::size_t>(events), 0);
  }
}

void eventfd_write_read(stopwatch& watch) {
  constexpr int messages = 20'000;
  const int event = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
  while (watch.next_batch(messages)) {
    std::uint64_t sum = 0;
    watch.start();
    for (int i = 0; i < messages; ++i) {
      std::uint64_t message = 1;
      benchmark::DoNotOptimize(::write(event, &message, sizeof message));
      benchmark::DoNotOptimize(::read(event, &message, sizeof message));
      sum += message;
    }
    watch.stop();
    expect_count("messages", sum, messages);
  }
  ::close(event);
}

void futex_wake_nobody(stopwatch& watch) {
  constexpr int wakes = 20'000;
  const thread::futex_word word{0};
  while (watch.next_batch(wakes)) {
    watch.start();
    for (int i = 0; i < wakes; ++i) thread::futex_wake_all(word);
    watch.stop();
  }
}

void futex_wait_refused(stopwatch& watch) {
  constexpr int waits = 20'000;
  constexpr std::uint32_t not_what_it_holds = 1;
  const thread::futex_word word{0};
  const time_ns far_ns = monotonic_clock::now_ns() + 3'600 * ns_per_s;
  while (watch.next_batch(waits)) {
    watch.start();
    for (int i = 0; i < waits; ++i) thread::futex_wait_until(word, not_what_it_holds, far_ns);
    watch.stop();
  }
}

}  // namespace

void add_control() {
  add("control/function_call", function_call);
  add("control/indirect_call", indirect_call);
  add("control/syscall", system_call);
  add("control/clock_read", clock_read);
  add("control/epoll_wait_empty", empty_epoll_wait);
  add("control/eventfd_write_read", eventfd_write_read);
  add("control/futex_wake_nobody", futex_wake_nobody);
  add("control/futex_wait_refused", futex_wait_refused);
}

}  // namespace skein::micro
