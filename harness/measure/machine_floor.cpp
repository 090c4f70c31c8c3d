// The three probes that open a session.
#include "harness/measure/machine_floor.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "histogram/nearest_rank.hpp"

namespace skein::measure {
namespace {

constexpr time_ns slot_ns = ns_per_ms;
constexpr std::size_t wake_warm_up = 100;
constexpr std::size_t wake_rounds_max = 20'000;
constexpr std::size_t wake_rounds_min = 20;

/// Pins the calling thread; false when the CPU does not exist or is not allowed.
bool pin_to(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

/// The longest gap between two clock readings, for each millisecond of the probe. A gap counts in
/// the slot in which it ends; slots that passed entirely inside a gap have no value.
std::vector<std::int64_t> spin_gaps(time_ns probe_ns) {
  const auto slots = static_cast<std::size_t>(std::max<time_ns>(1, probe_ns / slot_ns));
  std::vector<std::int64_t> longest;
  longest.reserve(slots);
  const auto begin = monotonic_clock::now_ns();
  const auto end = begin + static_cast<time_ns>(slots) * slot_ns;
  time_ns before = begin;
  time_ns slot_end = begin + slot_ns;
  time_ns gap = 0;
  while (before < end) {
    const auto now = monotonic_clock::now_ns();
    gap = std::max(gap, now - before);
    before = now;
    if (now < slot_end) continue;
    longest.push_back(gap);
    gap = 0;
    slot_end = now + slot_ns;
  }
  return longest;
}

std::optional<std::int64_t> probe_stalls(int cpu, time_ns probe_ns) {
  std::optional<std::int64_t> result;
  std::thread([&] {
    if (pin_to(cpu)) result = percentile_of(spin_gaps(probe_ns), 99);
  }).join();
  return result;
}

class event {
 public:
  event() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {}
  ~event() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  bool good() const { return descriptor_ >= 0; }
  void signal() const {
    const std::uint64_t one = 1;
    while (::write(descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
    }
  }
  void wait() const {
    std::uint64_t value = 0;
    while (::read(descriptor_, &value, sizeof value) < 0 && errno == EINTR) {
    }
  }

 private:
  int descriptor_;
};

/// The answering side: answers each question, but returns at the one that comes after `last` was
/// set.
void answer(const event& ping, const event& pong, const std::atomic<bool>& last) {
  for (;;) {
    ping.wait();
    // `last` is set before the question that ends the conversation, so a thread that has read that
    // question sees it. The eventfd orders the two; acquire and release state it without relying on
    // what a system call guarantees. The same holds for `answering_pinned` and the first answer.
    if (last.load(std::memory_order_acquire)) return;
    pong.signal();
  }
}

std::vector<std::int64_t> ask_repeatedly(const event& ping, const event& pong, time_ns probe_ns) {
  std::vector<std::int64_t> one_way;
  one_way.reserve(wake_rounds_max);
  const auto end = monotonic_clock::now_ns() + probe_ns;
  for (std::size_t round = 0; round < wake_warm_up + wake_rounds_max; ++round) {
    const auto asked = monotonic_clock::now_ns();
    ping.signal();
    pong.wait();
    const auto answered = monotonic_clock::now_ns();
    if (round >= wake_warm_up) one_way.push_back((answered - asked) / 2);
    if (answered >= end && one_way.size() >= wake_rounds_min) break;
  }
  return one_way;
}

/// Each thread pins itself before the first question; if it cannot be pinned, there is no result.
std::optional<std::int64_t> probe_wake(int asking_cpu, int answering_cpu, time_ns probe_ns) {
  const event ping;
  const event pong;
  if (!ping.good() || !pong.good()) return std::nullopt;
  std::atomic<bool> last{false};
  std::atomic<bool> answering_pinned{false};  // written before the first pong, read after it
  std::optional<std::int64_t> result;
  std::thread answering([&] {
    answering_pinned.store(pin_to(answering_cpu), std::memory_order_release);
    pong.signal();
    answer(ping, pong, last);
  });
  std::thread asking([&] {
    pong.wait();
    if (answering_pinned.load(std::memory_order_acquire) && pin_to(asking_cpu)) {
      result = percentile_of(ask_repeatedly(ping, pong, probe_ns), 50);
    }
    last.store(true, std::memory_order_release);
    ping.signal();
  });
  asking.join();
  answering.join();
  return result;
}

/// A descriptor that is closed with its owner.
class owned {
 public:
  explicit owned(int descriptor) : descriptor_(descriptor) {}
  ~owned() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  owned(const owned&) = delete;
  owned& operator=(const owned&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

bool arm(const owned& timer, time_ns due_ns) {
  itimerspec when{};
  when.it_value.tv_sec = due_ns / ns_per_s;
  when.it_value.tv_nsec = due_ns % ns_per_s;
  return ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0;
}

/// Sleeps until `wakes` whole milliseconds, one after the other; returns fewer values after a
/// failure.
std::vector<std::int64_t> sleep_repeatedly(std::size_t wakes) {
  std::vector<std::int64_t> late;
  const owned timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const owned loop(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLET;
  if (::epoll_ctl(loop.get(), EPOLL_CTL_ADD, timer.get(), &interest) != 0) return late;
  late.reserve(wakes);
  while (late.size() < wakes) {
    // At least half a millisecond away, or the deadline might pass before the timer is armed.
    const time_ns due_ns = ((monotonic_clock::now_ns() + slot_ns / 2) / slot_ns + 1) * slot_ns;
    epoll_event event{};
    if (!arm(timer, due_ns)) break;
    while (::epoll_wait(loop.get(), &event, 1, -1) < 0 && errno == EINTR) {
    }
    late.push_back(monotonic_clock::now_ns() - due_ns);
  }
  return late;
}

std::vector<std::int64_t> probe_timer(int cpu, time_ns probe_ns) {
  std::vector<std::int64_t> late;
  std::thread([&] {
    if (!pin_to(cpu)) return;
    late = sleep_repeatedly(static_cast<std::size_t>(std::max<time_ns>(1, 2 * probe_ns / slot_ns)));
  }).join();
  return late;
}

}  // namespace

machine_floor measure_machine_floor(int worker_cpu, int generator_cpu, time_ns probe_ns) {
  machine_floor floor{.stall_p99_ns = probe_stalls(worker_cpu, probe_ns),
                      .wake_ns = probe_wake(generator_cpu, worker_cpu, probe_ns),
                      .timer_p50_ns = {},
                      .timer_p99_ns = {}};
  const std::vector<std::int64_t> late = probe_timer(worker_cpu, probe_ns);
  floor.timer_p50_ns = percentile_of(late, 50);
  floor.timer_p99_ns = percentile_of(late, 99);
  return floor;
}

json to_json(const machine_floor& floor) {
  return {{"stall_p99_ns", or_null(floor.stall_p99_ns)},
          {"wake_ns", or_null(floor.wake_ns)},
          {"timer_p50_ns", or_null(floor.timer_p50_ns)},
          {"timer_p99_ns", or_null(floor.timer_p99_ns)}};
}

}  // namespace skein::measure
