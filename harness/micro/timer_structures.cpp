// The timer structures alone, without a scheduler, with 10,000 and 1,000,000 timers: the
// hierarchical wheel under coroutines and fibers, the 4-ary heap that coroutines can use instead,
// and libuv's binary heap.
//
// Measures, per timer:
//  - insert: filling the empty structure, in the order of memory, with deadlines in random order
//    over one minute
//  - cancel: emptying it again in a shuffled order
//  - expire: all timers at once when the whole minute has passed, each calling a function through a
//    pointer. For the wheel that includes moving them from the far ring to the near one.
// Does not measure: tasks being woken, reading the clock, arming the kernel's timer.
// Time is simulated, so nobody waits for the minute. Our structures take the time as an argument
// anyway. libuv's loop keeps it in a field, which is set back before the timers are started; libuv
// itself brings it up to date when it runs. The deadlines relative to it are the same.
// How it may be unfair:
//  - A uv_timer_t is almost four times as large as an op, so a million of them use more of the
//    cache and of the address-translation buffers. That is a cost of libuv, but not of its heap.
//  - Insert and expire are averages over all sizes from none to all; the heaps' cost is lower at
//    the small sizes.
//  - Expiring everything at once saves the wheel nothing (it visits every busy slot). It spreads
//    libuv's turn, with its epoll_wait, over all timers; in use it is spread over the few that are
//    due.
//  - libuv's heap keeps timers with equal deadlines in order of start; ours do not promise that.
//  - The 4-ary heap compares deadlines in an array of its own; libuv's, which is made of nodes,
//    cannot.
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <uv.h>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/timer_load.hpp"
#include "runtimes/libuv/loop.hpp"
#include "runtimes/loop/timer_heap.hpp"
#include "runtimes/loop/timer_wheel.hpp"
#include "runtimes/op.hpp"

namespace skein::micro {

namespace {

std::size_t fired = 0;  // of the running batch; global because callbacks take no context

template <class Structure>
Structure make(time_ns now_ns) {
  if constexpr (std::is_same_v<Structure, timer_wheel>) {
    return timer_wheel(ns_per_ms, now_ns);
  } else {
    return Structure(now_ns);
  }
}

// All structures have fill, cancel_all and expire_all, and are empty between batches.

template <class Structure>
class our_timers {
 public:
  explicit our_timers(const timer_load& load) : load_(load), ops_(load.size()) {
    for (op& each : ops_) each.complete = [](op&) noexcept { ++fired; };
  }

  void before_fill() noexcept {}

  void fill() noexcept {
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      ops_[i].deadline_ns = now_ns_ + load_.offsets_ns[i];
      timers_.insert(ops_[i]);
    }
  }
  void cancel_all() noexcept {
    for (const std::size_t i : load_.cancel_order) timers_.cancel(ops_[i]);
  }
  void expire_all() {
    now_ns_ += load_.window_ns;
    timers_.advance(now_ns_, [](op& due) { due.complete(due); });
  }

  std::size_t armed() const noexcept { return timers_.size(); }

 private:
  static constexpr time_ns start_ns = 1'000 * ns_per_s;

  const timer_load& load_;
  std::vector<op> ops_;
  time_ns now_ns_ = start_ns;
  Structure timers_ = make<Structure>(start_ns);
};

class libuv_timers {
 public:
  explicit libuv_timers(const timer_load& load) : load_(load), handles_(load.size()) {
    libuv::check_uv(::uv_loop_init(&loop_), "uv_loop_init");
    for (uv_timer_t& each : handles_) ::uv_timer_init(&loop_, &each);
  }
  ~libuv_timers() {
    for (uv_timer_t& each : handles_) ::uv_close(reinterpret_cast<uv_handle_t*>(&each), nullptr);
    ::uv_run(&loop_, UV_RUN_DEFAULT);
    ::uv_loop_close(&loop_);
  }
  libuv_timers(const libuv_timers&) = delete;
  libuv_timers& operator=(const libuv_timers&) = delete;

  void before_fill() noexcept {
    ::uv_update_time(&loop_);
    loop_.time -= static_cast<std::uint64_t>(load_.window_ns / ns_per_ms);
  }

  void fill() noexcept {
    for (std::size_t i = 0; i < handles_.size(); ++i) {
      const auto timeout_ms = static_cast<std::uint64_t>(load_.offsets_ns[i] / ns_per_ms);
      ::uv_timer_start(&handles_[i], [](uv_timer_t*) noexcept { ++fired; }, timeout_ms, 0);
    }
  }
  void cancel_all() noexcept {
    for (const std::size_t i : load_.cancel_order) ::uv_timer_stop(&handles_[i]);
  }
  void expire_all() { ::uv_run(&loop_, UV_RUN_NOWAIT); }

  std::size_t armed() const noexcept {
    std::size_t active = 0;
    for (const uv_timer_t& each : handles_) {
      if (::uv_is_active(reinterpret_cast<const uv_handle_t*>(&each)) != 0) ++active;
    }
    return active;
  }

 private:
  const timer_load& load_;
  std::vector<uv_timer_t> handles_;
  uv_loop_t loop_{};
};

template <class Timers>
void run_batch(stopwatch& watch, Timers& timers, timer_step timed, std::size_t count) {
  timers.before_fill();
  if (timed == timer_step::insert) watch.start();
  timers.fill();
  if (timed == timer_step::insert) watch.stop();
  expect_count("timers armed", timers.armed(), count);

  fired = 0;
  if (timed != timer_step::insert) watch.start();
  if (timed == timer_step::expire) {
    timers.expire_all();
  } else {
    timers.cancel_all();
  }
  if (timed != timer_step::insert) watch.stop();
  expect_count("timers left", timers.armed(), 0);
  expect_count("timers fired", fired, timed == timer_step::expire ? count : 0);
}

template <class Timers>
void add_rows(const std::string& structure) {
  for (const timer_step timed : {timer_step::insert, timer_step::cancel, timer_step::expire}) {
    for (const std::size_t count : {std::size_t{10'000}, std::size_t{1'000'000}}) {
      add(std::string(name_of(timed)) + "/" + structure + "/" + std::to_string(count),
          [timed, count](stopwatch& watch) {
            const timer_load load(count, wide_window_ns);
            Timers timers(load);
            while (watch.next_batch(static_cast<std::int64_t>(count))) {
              run_batch(watch, timers, timed, count);
            }
          });
    }
  }
}

}  // namespace

void add_timer_structures() {
  add_rows<our_timers<timer_wheel>>("timer_wheel");
  add_rows<our_timers<timer_heap>>("timer_heap");
  add_rows<libuv_timers>("libuv_heap");
}

}  // namespace skein::micro
