// Timer wheel of two rings over intrusive ops: the near ring has a slot for each of the next 4,096
// ticks, the far ring a slot for each 2,048 of them. Insert and cancel take constant time. A timer
// that is due within 4 s (at 1 ms) is filed once, and one within 2.3 hours moves once, from the far
// ring to the near one. One still further off waits in the far ring's last slot, and is filed again
// when that comes round.
//
// The scheme is Varghese and Lauck's ("Hashed and Hierarchical Timing Wheels", SOSP 1987); the
// occupancy bitmaps follow what Linux and Tokio do. Pure data structure: the loop reads the clock
// and arms the kernel's timer.
//
// Why nothing fires early. Let tick(t) be the number of whole ticks at or before t. A timer is
// filed under its due tick, d = ceil(deadline / tick), and expires only when the wheel's current
// tick, c = tick(now), has reached d:  c >= d  =>  now >= c * tick >= d * tick >= deadline.
//
// Where a timer is filed. With c the current tick, a timer due at d goes into slot d of the near
// ring if d - c <= 4095. Otherwise it goes into slot n = d / 2048 of the far ring, or into the one
// that is 4,095 ahead of c / 2048 if n is beyond it.
//
// When a slot of the far ring is emptied. Slot n must be empty when c reaches its first tick,
// n * 2048. Its timers fit into the near ring from (n - 1) * 2048 on: the last of them is due at
// n * 2048 + 2047, which is then 4,095 ahead. So there are 2,048 ticks to move them in, and each
// tick moves its share, after it has expired what is due. The share is that of the worst case, in
// which all timers that are filed are in that slot: what is filed / ticks that are left. At the
// last of these ticks that is everything.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <sys/mman.h>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/loop/divisor.hpp"
#include "runtimes/loop/slot_set.hpp"
#include "runtimes/op.hpp"

namespace skein {

/// The wheel accepts any tick; below this one it would turn so often that the turning itself would
/// be measured.
inline constexpr time_ns finest_wheel_tick_ns = 100 * ns_per_us;

class timer_wheel {
 public:
  static constexpr time_ns slots = slot_set::slots;  ///< of each ring
  static constexpr time_ns far_ticks = slots / 2;    ///< that a slot of the far ring spans
  static constexpr std::size_t least_moved = 64;     ///< at a tick, so that few do not take many

  /// `tick_ns` > 0; `now_ns` is where the wheel's time starts. Throws std::bad_alloc.
  timer_wheel(time_ns tick_ns, time_ns now_ns)
      : tick_(static_cast<std::uint64_t>(tick_ns)),
        origin_(ticks_in(now_ns)),
        heads_(no_timers()) {}
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Files `timer` under its deadline_ns. Returns false, and files nothing, if it is due already.
  bool insert(op& timer) noexcept {
    const time_ns due = due_tick(timer.deadline_ns);
    if (due <= current_) return false;
    file(timer, due);
    ++size_;
    return true;
  }

  /// Takes a filed timer out. Constant time.
  void cancel(op& timer) noexcept {
    unlink(timer);
    --size_;
  }

  /// Advances to `now_ns` and calls `expire(op&)` for every timer due by then, in tick order. The
  /// callback may insert and cancel, also timers that are due in the same tick.
  template <class Expire>
  void advance(time_ns now_ns, Expire&& expire) {
    const time_ns target = ticks_in(now_ns) - origin_;
    while (current_ < target) {
      const std::optional<time_ns> next = next_busy_tick();
      if (!next || *next > target) {
        current_ = target;
        return;
      }
      current_ = *next;
      expire_slot(expire);
      move_nearer();
    }
  }

  /// The time at which the loop should next call advance: nothing happens before it. It is the
  /// earliest due time, or a time to move timers to the near ring.
  std::optional<time_ns> next_event_ns() const noexcept {
    const std::optional<time_ns> tick = next_busy_tick();
    if (!tick) return std::nullopt;
    return (origin_ + *tick) * static_cast<time_ns>(tick_.value());
  }

  /// Takes every filed timer out and hands it to `drop(op&)`, the near ring first.
  template <class Drop>
  void clear(Drop&& drop) {
    for (const ring of : {ring::near, ring::far}) {
      while (const auto ahead = busy(of).distance_from(0)) {
        op& timer = *head(of, *ahead);
        cancel(timer);
        drop(timer);
      }
    }
  }

 private:
  enum class ring : std::uint8_t { near, far };
  static constexpr std::size_t head_bytes = 2 * slots * sizeof(op*);
  struct unmap {
    void operator()(op** heads) const noexcept { ::munmap(heads, head_bytes); }
  };
  using slot_heads = std::unique_ptr<op*[], unmap>;

  /// Pages straight from the kernel, so that slots which no timer ever used cost nothing: calloc
  /// clears what it takes from its heap, and a server without timers would have 64 KB more.
  static slot_heads no_timers() {
    void* const pages =
        ::mmap(nullptr, head_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return slot_heads(static_cast<op**>(pages));
  }

  time_ns ticks_in(time_ns at_ns) const noexcept {
    return static_cast<time_ns>(static_cast<std::uint64_t>(at_ns) / tick_);
  }
  time_ns due_tick(time_ns deadline_ns) const noexcept {
    if (deadline_ns <= 0) return 0;
    return ticks_in(deadline_ns - 1) + 1 - origin_;
  }

  static std::size_t index_of(ring of, unsigned slot) noexcept {
    return static_cast<std::size_t>(of) * slots + slot;
  }
  op*& head(ring of, unsigned slot) noexcept { return heads_[index_of(of, slot)]; }
  slot_set& busy(ring of) noexcept { return busy_[static_cast<std::size_t>(of)]; }
  const slot_set& busy(ring of) const noexcept { return busy_[static_cast<std::size_t>(of)]; }

  /// A tick, or the number of a far slot, as a place in its ring.
  static unsigned slot_of(time_ns number) noexcept {
    return static_cast<unsigned>(static_cast<std::uint64_t>(number) % slots);
  }

  void file(op& timer, time_ns due) noexcept {
    if (due - current_ < slots) {
      put(timer, ring::near, slot_of(due));
    } else {
      put(timer, ring::far, slot_of(std::min(due / far_ticks, current_ / far_ticks + slots - 1)));
    }
  }

  void put(op& timer, ring of, unsigned slot) noexcept {
    op*& list = head(of, slot);
    timer.next = list;
    timer.link = &list;
    if (list != nullptr)
      list->link = &timer.next;
    else
      busy(of).add(slot);
    list = &timer;
  }

  void unlink(op& timer) noexcept {
    assert(timer.link != nullptr && "only a filed timer can be taken out");
    *timer.link = timer.next;
    if (timer.next != nullptr)
      timer.next->link = timer.link;
    else
      note_if_emptied(timer.link);
    timer.next = nullptr;
    timer.link = nullptr;
  }

  /// Clears a slot's occupancy bit if `link` is the slot's head, which is then null. A list that is
  /// being expired has its head outside the table and no bit.
  void note_if_emptied(op** link) noexcept {
    const std::less<op**> below;
    op** const first = heads_.get();
    if (below(link, first) || !below(link, first + 2 * slots)) return;
    const auto index = link - first;
    busy(index < slots ? ring::near : ring::far).remove(slot_of(index));
  }

  /// The first tick after current_ at which a slot expires or timers can be moved nearer.
  std::optional<time_ns> next_busy_tick() const noexcept {
    if (size_ == 0) return std::nullopt;
    std::optional<time_ns> first;
    if (const auto ahead = busy(ring::near).distance_from(slot_of(current_))) {
      first = current_ + *ahead;
    }
    const time_ns number = current_ / far_ticks;
    if (const auto ahead = busy(ring::far).distance_from(slot_of(number))) {
      const time_ns begun = (number + *ahead - 1) * far_ticks;
      const time_ns tick = std::max(begun, current_ + 1);
      first = first ? std::min(*first, tick) : tick;
    }
    return first;
  }

  template <class Expire>
  void expire_slot(Expire& expire) {
    const unsigned slot = slot_of(current_);
    op* due = std::exchange(head(ring::near, slot), nullptr);
    if (due == nullptr) return;
    busy(ring::near).remove(slot);
    due->link = &due;
    while (due != nullptr) {
      op& timer = *due;
      __builtin_prefetch(timer.next, 1);
      unlink(timer);
      --size_;
      expire(timer);
    }
  }

  /// This tick's share of the far slot that is next.
  void move_nearer() noexcept {
    const time_ns number = current_ / far_ticks + 1;
    const auto ticks_left = static_cast<std::size_t>(number * far_ticks - current_);
    const unsigned slot = slot_of(number);
    op*& list = head(ring::far, slot);
    for (std::size_t left = std::max(least_moved, size_ / ticks_left); list != nullptr && left > 0;
         --left) {
      op& timer = *list;
      list = timer.next;
      if (list != nullptr) {
        __builtin_prefetch(list->next, 1);
        list->link = &list;
      } else {
        busy(ring::far).remove(slot);
      }
      file(timer, due_tick(timer.deadline_ns));
    }
  }

  divisor tick_;
  time_ns origin_;       ///< ticks from the clock's zero to the wheel's
  time_ns current_ = 0;  ///< ticks from origin_; every timer due at or before it has expired
  std::size_t size_ = 0;
  std::array<slot_set, 2> busy_;
  slot_heads heads_;  ///< of both rings, the near one first
};

}  // namespace skein
