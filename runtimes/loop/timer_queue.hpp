// Where a loop keeps its timers: the wheel, or the heap where a run asks for it.
//
// One branch per call, on a member that never changes; no cost to the wheel could be measured
// (design/timers.md). Leaves out the kernel's timer, which belongs to the loop.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/loop/timer_heap.hpp"
#include "runtimes/loop/timer_wheel.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"

namespace skein {

/// The interface of timer_wheel and timer_heap, whose comments say what each call does.
class timer_queue {
 public:
  /// `tick_ns` > 0 is the wheel's; the heap has no ticks. Throws std::bad_alloc.
  timer_queue(timer_structure structure, time_ns tick_ns, time_ns now_ns)
      : on_heap_(structure == timer_structure::heap), wheel_(tick_ns, now_ns), heap_(now_ns) {}

  std::size_t size() const noexcept { return on_heap_ ? heap_.size() : wheel_.size(); }
  bool empty() const noexcept { return on_heap_ ? heap_.empty() : wheel_.empty(); }

  bool insert(op& timer) { return on_heap_ ? heap_.insert(timer) : wheel_.insert(timer); }
  void cancel(op& timer) noexcept { on_heap_ ? heap_.cancel(timer) : wheel_.cancel(timer); }

  template <class Expire>
  void advance(time_ns now_ns, Expire&& expire) {
    if (on_heap_) {
      heap_.advance(now_ns, std::forward<Expire>(expire));
    } else {
      wheel_.advance(now_ns, std::forward<Expire>(expire));
    }
  }

  std::optional<time_ns> next_event_ns() const noexcept {
    return on_heap_ ? heap_.next_event_ns() : wheel_.next_event_ns();
  }

  template <class Drop>
  void clear(Drop&& drop) {
    if (on_heap_) {
      heap_.clear(std::forward<Drop>(drop));
    } else {
      wheel_.clear(std::forward<Drop>(drop));
    }
  }

 private:
  const bool on_heap_;
  timer_wheel wheel_;
  timer_heap heap_;
};

}  // namespace skein
