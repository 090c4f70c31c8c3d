// A worker's ready tasks that other workers may steal: a ring of 256 places. Its owner puts tasks
// in at the tail and takes them at the head, first in, first out; a thief takes the older half. As
// in Go's and tokio's run queues; Chase and Lev (2005) and Le et al. (2013) have the proofs of its
// kin, whose owner takes at the tail.
//
// Both counters only grow, and a place is counter mod 256. 64 bits never wrap round, so a counter
// that has a value again was not changed meanwhile.
//
//   head_   of the next task to be taken. Whoever takes moves it from h to h + n by one
//           compare-exchange; its success is what makes the n tasks the taker's.
//   tail_   of the next free place. The owner alone writes it.
//   I1      head_ <= tail_ for whoever reads head_ first, and tail_ <= head_ + 256 for the owner.
//
// tail_ is stored with release, after the place was filled: a thief that reads it with acquire sees
// the tasks that it counts, and what was written into them.
//
// head_ is moved with release and read with acquire, for two reasons.
//  - I1 for thieves: who moves head_ to h has seen a tail_ of h or more. Who reads that head_ comes
//    after it, and so does not read an older tail_.
//  - A thief reads its n places before it moves head_ from h. Could the owner have filled one of
//    them anew in between? That takes a push that has read a head_ beyond h. If the thief's
//    exchange succeeds nothing stands between h and h + n in the order of head_'s values, so the
//    push has read the thief's value or a later one, with acquire: the thief's reads happened
//    before it. If the exchange fails the thief forgets what it read.
// The places are atomic, since that failing thief may read one while it is written; relaxed, as the
// above orders them.
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace skein::stealing {

/// Where a test may let other threads go first: between two steps that a thread makes of its own.
struct nothing_between {
  static void step() noexcept {}
};

template <class Node, class Between = nothing_between>
class work_ring {
 public:
  static constexpr std::uint64_t capacity = 256;
  static constexpr std::uint64_t half = capacity / 2;

  work_ring() = default;
  work_ring(const work_ring&) = delete;
  work_ring& operator=(const work_ring&) = delete;

  /// How many tasks there are: exact for the owner while no thief is at work.
  std::uint64_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

  // --- the owner's ---

  /// False where there is no room.
  bool push(Node& ready) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == capacity) return false;
    place(tail).store(&ready, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Null where it is empty.
  Node* pop() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::uint64_t head = head_.load(std::memory_order_relaxed);  // the owner fills the places
    do {
      if (head == tail) return nullptr;
    } while (!move_head(head, head + 1));
    return place(head).load(std::memory_order_relaxed);
  }

  /// Takes the newer half out of a full ring, and gives its tasks to `put` in their order. The
  /// newer one, because the older may have come from where these will go. False where a thief was
  /// faster: there is room then.
  ///
  /// All 256 are taken and the older half is put in again, which costs no more than the tail: 256
  /// further on its places are the same. A thief that looks in between finds nothing; who moves the
  /// newer half elsewhere wakes another (crew.hpp).
  template <class Put>
  bool shed_newer_half(Put&& put) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t full = tail - capacity;
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    while (head == full) {
      if (!move_head(head, tail)) continue;
      Between::step();
      for (std::uint64_t each = full + half; each < tail; ++each) {
        put(*place(each).load(std::memory_order_relaxed));
      }
      tail_.store(tail + half, std::memory_order_release);
      return true;
    }
    return false;
  }

  /// Steals the older half of a ring, and one where there is but one. The newest of them is
  /// returned and the others are put in here, which must be empty. Null where there is nothing.
  Node* steal_from(work_ring& victim) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    assert(size() == 0 && "who has tasks does not steal");
    std::uint64_t head = victim.head_.load(std::memory_order_acquire);
    while (true) {
      Between::step();
      const std::uint64_t there = victim.tail_.load(std::memory_order_acquire) - head;
      if (there == 0) return nullptr;
      if (there > capacity) {  // head_ has moved since it was read
        head = victim.head_.load(std::memory_order_acquire);
        continue;
      }
      const std::uint64_t stolen = there - there / 2;
      for (std::uint64_t i = 0; i < stolen; ++i) {
        place(tail + i).store(victim.place(head + i).load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
      }
      if (!victim.move_head(head, head + stolen)) continue;
      Node* const newest = place(tail + stolen - 1).load(std::memory_order_relaxed);
      tail_.store(tail + stolen - 1, std::memory_order_release);
      return newest;
    }
  }

 private:
  std::atomic<Node*>& place(std::uint64_t counter) noexcept { return places_[counter % capacity]; }

  /// On failure `from` is what head_ is by now.
  bool move_head(std::uint64_t& from, std::uint64_t to) noexcept {
    Between::step();
    return head_.compare_exchange_weak(from, to, std::memory_order_acq_rel,
                                       std::memory_order_acquire);
  }

  static constexpr std::size_t line_bytes = 64;
  alignas(line_bytes) std::atomic<std::uint64_t> head_{0};
  alignas(line_bytes) std::atomic<std::uint64_t> tail_{0};
  std::array<std::atomic<Node*>, capacity> places_{};
};

}  // namespace skein::stealing
