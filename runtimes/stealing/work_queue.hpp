// What one worker runs next: its ring, in front of it a slot for the task woken last, whose data
// are in the caches, and behind it the queue that all workers share.
//
//  - The slot goes first, three times in a row at most while the ring has tasks. Nobody steals from
//    it: such a task would leave the caches that it was put first for.
//  - A full ring gives its newer half to the shared queue.
//  - The shared queue is looked at when the worker has nothing else, and at every 61st step, so
//    that what is there waits for a bounded number of steps though all workers are busy.
// A worker that is alone has no thieves and nobody to share with: it keeps its tasks in a list that
// has no end, which takes no locked instruction.
// The slot with its limit and 61 are tokio's; the number is prime so as not to fall in step with
// what a program does in a round of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtimes/fifo.hpp"
#include "runtimes/stealing/shared_queue.hpp"
#include "runtimes/stealing/work_ring.hpp"

namespace skein::stealing {

/// `Node` has a member `Node* next`. All is for the owner but `stealable`, and what a thief takes.
template <class Node, class Between = nothing_between>
class work_queue {
 public:
  static constexpr std::uint32_t most_woken_in_a_row = 3;
  static constexpr std::uint32_t steps_between_looks = 61;

  /// @param workers  of all that take from the shared queue
  work_queue(shared_queue<Node>& shared, std::size_t workers) noexcept
      : shared_(shared), workers_(workers) {}
  work_queue(const work_queue&) = delete;
  work_queue& operator=(const work_queue&) = delete;

  bool empty() const noexcept {
    return woken_ == nullptr && (is_alone() ? alone_.empty() : ring_.size() == 0);
  }

  /// Runs after all that are here.
  void push(Node& ready) noexcept {
    if (is_alone()) return alone_.push(ready);
    while (!ring_.push(ready)) {
      if (shed(ready)) return;
    }
  }

  /// One whose wait has ended. True where another can be stolen that could not be before.
  bool push_woken(Node& ready) noexcept {
    Node* const before = std::exchange(woken_, &ready);
    if (before == nullptr) return false;
    push(*before);
    return true;
  }

  /// What runs next; null where neither this worker nor all of them have anything.
  Node* next() noexcept {
    if (!is_alone() && ++steps_ == steps_between_looks) {
      steps_ = 0;
      if (Node* const waiting = shared_.pop()) return waiting;
    }
    if (woken_ != nullptr && in_a_row_ < most_woken_in_a_row) {
      ++in_a_row_;
      return std::exchange(woken_, nullptr);
    }
    in_a_row_ = 0;
    if (Node* const oldest = is_alone() ? alone_.pop() : ring_.pop()) return oldest;
    if (woken_ != nullptr) return std::exchange(woken_, nullptr);
    return is_alone() ? nullptr : take_shared();
  }

  /// Steals from another worker; this one has nothing.
  Node* steal_from(work_queue& victim) noexcept { return ring_.steal_from(victim.ring_); }
  /// Whether there is something to steal. Any thread.
  bool stealable() const noexcept { return ring_.size() > 0; }

 private:
  using ring = work_ring<Node, Between>;

  bool is_alone() const noexcept { return workers_ == 1; }

  bool shed(Node& ready) noexcept {
    fifo<Node> newer;
    if (!ring_.shed_newer_half([&](Node& each) { newer.push(each); })) return false;
    newer.push(ready);
    shared_.push(newer, ring::half + 1);
    return true;
  }

  /// Its share of what all workers have, half a ring at most. The ring is empty.
  Node* take_shared() noexcept {
    const std::size_t share = shared_.size() / workers_;
    const std::size_t most = share < ring::half ? share : ring::half;
    return shared_.take(most, [this](Node& each) { ring_.push(each); });
  }

  shared_queue<Node>& shared_;
  const std::size_t workers_;
  Node* woken_ = nullptr;
  std::uint32_t in_a_row_ = 0;  ///< taken from the slot since the last of the ring
  std::uint32_t steps_ = 0;     ///< since the last look at the shared queue
  ring ring_;
  fifo<Node> alone_;  ///< in place of the ring and the shared queue
};

}  // namespace skein::stealing
