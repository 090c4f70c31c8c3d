// Hierarchical timer wheel over intrusive ops: 6 levels of 64 slots, constant-time insert and
// cancel, each timer re-filed at most five times on its way down.
//
// The scheme is Varghese and Lauck's ("Hashed and Hierarchical Timing Wheels", SOSP 1987); the
// occupancy bitmaps follow what Linux and Tokio do. Pure data structure: it reads no clock and arms
// no kernel timer, both are the loop's business.
//
// Why nothing fires early. Let tick(t) be the number of whole ticks at or before t. A timer is
// filed under its due tick, d = ceil(deadline / tick), and expires only when the wheel's current
// tick, c = tick(now), has reached d:  c >= d  =>  now >= c * tick >= d * tick >= deadline.
//
// Why a slot is eight chains and not one. To take a timer out of a chain is to wait for its memory,
// which says where the next one is: with a million timers that is a cache miss each, one after the
// other. Eight chains that are taken in turn have eight such misses under way at a time.
//
// Where a timer is filed. With c the current tick and d > c, the level is the one of the highest
// 6-bit digit in which c and d differ; the slot is d's digit there. So every timer in a level's
// slot agrees with c on all higher digits, and a slot of level k is due for re-filing exactly when
// c's digit k reaches it with all lower digits zero. The top level has no higher digits to agree
// on: it is a ring, of which d may be up to 63 slots ahead of c. A deadline further off (two years
// at 1 ms) is clamped into the slot that comes round last and re-filed until it fits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/op.hpp"

namespace skein {

/// The wheel takes any tick; below this it would turn so often that turning is what is measured.
inline constexpr time_ns finest_wheel_tick_ns = 100 * ns_per_us;

class timer_wheel {
 public:
  static constexpr unsigned levels = 6;
  static constexpr unsigned slots_log2 = 6;
  static constexpr unsigned slots = 1U << slots_log2;

  /// `tick_ns` > 0; `now_ns` is where the wheel's time starts.
  timer_wheel(time_ns tick_ns, time_ns now_ns) noexcept
      : tick_ns_(tick_ns), origin_(now_ns / tick_ns) {}
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
    const time_ns target = now_ns / tick_ns_ - origin_;
    while (current_ < target) {
      const std::optional<time_ns> next = next_busy_tick();
      if (!next || *next > target) {
        current_ = target;
        return;
      }
      current_ = *next;
      cascade();
      expire_slot(expire);
    }
  }

  /// A time at or before which nothing happens: when the loop should next call advance. It is the
  /// earliest due time if that is less than 64 ticks off, else the time a slot must be re-filed.
  std::optional<time_ns> next_event_ns() const noexcept {
    const std::optional<time_ns> tick = next_busy_tick();
    if (!tick) return std::nullopt;
    return (origin_ + *tick) * tick_ns_;
  }

  /// Takes every filed timer out and hands it to `drop(op&)`, earliest level first.
  template <class Drop>
  void clear(Drop&& drop) {
    for (unsigned level = 0; level < levels; ++level) {
      while (occupied_[level] != 0) {
        chain_set& slot = at(level, static_cast<unsigned>(std::countr_zero(occupied_[level])));
        op* timer =
            *std::find_if(slot.begin(), slot.end(), [](op* head) { return head != nullptr; });
        cancel(*timer);
        drop(*timer);
      }
    }
  }

 private:
  static constexpr std::uint64_t digit_mask = slots - 1;
  static constexpr unsigned chains = 8;
  using chain_set = std::array<op*, chains>;

  time_ns due_tick(time_ns deadline_ns) const noexcept {
    if (deadline_ns <= 0) return 0;
    return (deadline_ns - 1) / tick_ns_ + 1 - origin_;
  }

  chain_set& at(unsigned level, unsigned slot) noexcept { return heads_[level * slots + slot]; }

  static unsigned digit(time_ns tick, unsigned level) noexcept {
    return static_cast<unsigned>((static_cast<std::uint64_t>(tick) >> (level * slots_log2)) &
                                 digit_mask);
  }

  /// How often the top level has moved on to its next slot by `tick`.
  static time_ns rounds_of_top(time_ns tick) noexcept {
    return tick >> ((levels - 1) * slots_log2);
  }

  void file(op& timer, time_ns due) noexcept {
    const std::uint64_t differing = static_cast<std::uint64_t>(due ^ current_);
    const unsigned digit_level =
        static_cast<unsigned>(63 - std::countl_zero(differing)) / slots_log2;
    const unsigned level = std::min(digit_level, levels - 1);
    const bool too_far =
        digit_level >= levels && rounds_of_top(due) - rounds_of_top(current_) >= slots;
    // Too far: the top slot that comes round last.
    const unsigned slot =
        too_far ? (digit(current_, level) + slots - 1) % slots : digit(due, level);
    push(timer, level, slot);
  }

  /// To the slot's chains in turn, so that they are equally long.
  void push(op& timer, unsigned level, unsigned slot) noexcept {
    op*& list = at(level, slot)[next_chain_++ % chains];
    occupied_[level] |= std::uint64_t{1} << slot;
    timer.next = list;
    timer.link = &list;
    if (list != nullptr) list->link = &timer.next;
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

  /// If `link` is the head of a slot's last chain, the slot's occupancy bit goes out. Chains being
  /// expired have their heads outside the table and no bit.
  void note_if_emptied(op** link) noexcept {
    const std::less<op**> below;
    op** const first = heads_.front().data();
    if (below(link, first) || !below(link, first + heads_.size() * chains)) return;
    const auto index = static_cast<std::size_t>(link - first) / chains;
    for (const op* head : heads_[index]) {
      if (head != nullptr) return;
    }
    occupied_[index / slots] &= ~(std::uint64_t{1} << (index % slots));
  }

  /// The first tick after current_ at which a slot must be re-filed or expired.
  std::optional<time_ns> next_busy_tick() const noexcept {
    if (size_ == 0) return std::nullopt;
    for (unsigned level = 0; level < levels; ++level) {
      if (occupied_[level] == 0) continue;
      // Lower levels come first: all their timers agree with current_ on this level's digit.
      const unsigned here = digit(current_, level);
      const auto distance = static_cast<unsigned>(
          std::countr_zero(std::rotr(occupied_[level], static_cast<int>((here + 1) % slots))));
      const unsigned shift = level * slots_log2;
      const time_ns base = (current_ >> shift) + 1 + static_cast<time_ns>(distance);
      return base << shift;
    }
    return std::nullopt;
  }

  /// Re-files the slots of all levels whose turn current_ is.
  void cascade() noexcept {
    for (unsigned level = 1; level < levels; ++level) {
      if (digit(current_, level - 1) != 0) return;
      chain_set lists = detach(level, digit(current_, level));
      visit_in_turn(lists, [this](op& timer, op*& head) {
        head = timer.next;
        __builtin_prefetch(timer.next, 1);
        const time_ns due = due_tick(timer.deadline_ns);
        if (due <= current_) {
          // Due at this very tick: into the slot that expire_slot empties next.
          push(timer, 0, digit(current_, 0));
        } else {
          file(timer, due);
        }
      });
    }
  }

  /// Calls `visit(op&, head)` for the first timer of each chain in turn until all are empty.
  /// `visit` takes the timer out of its chain; it, and what it calls, may take out others.
  template <class Visit>
  static void visit_in_turn(chain_set& lists, Visit&& visit) {
    unsigned busy = 0;
    for (unsigned chain = 0; chain < chains; ++chain) {
      busy |= (lists[chain] != nullptr ? 1U : 0U) << chain;
    }
    while (busy != 0) {
      for (unsigned turn = busy; turn != 0; turn &= turn - 1) {
        const auto chain = static_cast<unsigned>(std::countr_zero(turn));
        if (lists[chain] != nullptr) visit(*lists[chain], lists[chain]);
        if (lists[chain] == nullptr) busy &= ~(1U << chain);
      }
    }
  }

  chain_set detach(unsigned level, unsigned slot) noexcept {
    occupied_[level] &= ~(std::uint64_t{1} << slot);
    return std::exchange(at(level, slot), chain_set{});
  }

  template <class Expire>
  void expire_slot(Expire& expire) {
    if ((occupied_[0] & std::uint64_t{1} << digit(current_, 0)) == 0) return;
    chain_set due = detach(0, digit(current_, 0));
    for (op*& head : due) {
      if (head != nullptr) head->link = &head;
    }
    visit_in_turn(due, [this, &expire](op& timer, op*&) {
      unlink(timer);
      --size_;
      expire(timer);
    });
  }

  time_ns tick_ns_;
  time_ns origin_;       ///< ticks from the clock's zero to the wheel's
  time_ns current_ = 0;  ///< ticks from origin_; every timer due at or before it has expired
  std::size_t size_ = 0;
  std::array<std::uint64_t, levels> occupied_{};
  unsigned next_chain_ = 0;
  std::array<chain_set, levels * slots> heads_{};
};

}  // namespace skein
