// A 4-ary min-heap of ops by deadline: the alternative to the wheel, with the same interface, so
// that the two can be compared under the same tasks.
//
// The heap is intrusive in one direction: an op knows its place, so cancelling needs no search. The
// other direction is an array of (deadline, op), which takes 16 bytes a timer more than the wheel.
// In return, comparing deadlines touches four neighbours in one or two cache lines and not four
// tasks. A node has four children because that halves the depth of a binary heap (LaMarca and
// Ladner, "The Influence of Caches on the Performance of Heaps", 1996). Pure data structure, like
// the wheel.
//
// It has no ticks: a timer expires at the first advance whose time has reached its deadline,
// now >= deadline, so nothing fires early. Timers with equal deadlines expire in no promised order.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/op.hpp"

namespace skein {

class timer_heap {
 public:
  /// `now_ns` is where the heap's time starts.
  explicit timer_heap(time_ns now_ns) noexcept : current_ns_(now_ns) {}
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

  /// Files `timer` under its deadline_ns. Returns false, and files nothing, if it is already due.
  /// Throws std::bad_alloc; up to the largest size so far nothing is allocated.
  bool insert(op& timer) {
    if (timer.deadline_ns <= current_ns_) return false;
    entries_.push_back({timer.deadline_ns, &timer});
    rise(entries_.size() - 1, {timer.deadline_ns, &timer});
    return true;
  }

  /// Takes a filed timer out.
  void cancel(op& timer) noexcept {
    assert(timer.place < entries_.size() && entries_[timer.place].timer == &timer &&
           "only a filed timer can be taken out");
    remove(timer.place);
  }

  /// Advances to `now_ns` and calls `expire(op&)` for every timer due by then, earliest first. The
  /// callback may insert and cancel.
  template <class Expire>
  void advance(time_ns now_ns, Expire&& expire) {
    current_ns_ = std::max(current_ns_, now_ns);
    while (!entries_.empty() && entries_.front().deadline_ns <= current_ns_) {
      op& due = *entries_.front().timer;
      remove(0);
      expire(due);
    }
  }

  /// The earliest deadline: when the loop should next call advance.
  std::optional<time_ns> next_event_ns() const noexcept {
    if (entries_.empty()) return std::nullopt;
    return entries_.front().deadline_ns;
  }

  /// Takes every filed timer out and hands it to `drop(op&)`.
  template <class Drop>
  void clear(Drop&& drop) {
    while (!entries_.empty()) {
      op& last = *entries_.back().timer;
      remove(entries_.size() - 1);
      drop(last);
    }
  }

 private:
  struct entry {
    time_ns deadline_ns;
    op* timer;
  };

  static constexpr std::size_t children = 4;

  static std::size_t parent_of(std::size_t place) noexcept { return (place - 1) / children; }

  void put(std::size_t place, entry what) noexcept {
    entries_[place] = what;
    what.timer->place = place;
  }

  /// Fills the gap at `place` with `what`, moving later parents down into it first.
  void rise(std::size_t place, entry what) noexcept {
    while (place > 0 && entries_[parent_of(place)].deadline_ns > what.deadline_ns) {
      put(place, entries_[parent_of(place)]);
      place = parent_of(place);
    }
    put(place, what);
  }

  /// Fills the gap at `place` with `what`, moving earlier children up into it first.
  void sink(std::size_t place, entry what) noexcept {
    while (children * place + 1 < entries_.size()) {
      const std::size_t first = children * place + 1;
      const std::size_t end = std::min(first + children, entries_.size());
      std::size_t earliest = first;
      for (std::size_t other = first + 1; other < end; ++other) {
        if (entries_[other].deadline_ns < entries_[earliest].deadline_ns) earliest = other;
      }
      if (entries_[earliest].deadline_ns >= what.deadline_ns) break;
      put(place, entries_[earliest]);
      place = earliest;
    }
    put(place, what);
  }

  /// Moves the last entry into the gap that the removed one leaves.
  void remove(std::size_t place) noexcept {
    const entry last = entries_.back();
    entries_.pop_back();
    if (place == entries_.size()) return;
    if (place > 0 && entries_[parent_of(place)].deadline_ns > last.deadline_ns) {
      rise(place, last);
    } else {
      sink(place, last);
    }
  }

  std::vector<entry> entries_;
  time_ns current_ns_;
};

}  // namespace skein
