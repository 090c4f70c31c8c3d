// What can run, and what of it runs next: the strategies of a scheduler.
//
//   fifo      in the order in which they became ready.
//   lifo      the one that was woken last runs next, as its data are in the caches; but after three
//             in a row the oldest has its turn. It is the slot that tokio's scheduler and Go's
//             (runnext) have.
//   priority  two levels. Whose wait has ended (bytes have come, a timer is due) comes before who
//             was just begun, has yielded, or has used up its inline budget: who waits is served
//             before who computes. The lower level never starves, every eighth step is its by
//             right. A multilevel feedback queue (Corbato 1962) of two levels.
#pragma once

#include <cstdint>
#include <utility>

#include "runtimes/fifo.hpp"
#include "runtimes/options.hpp"

namespace skein {

template <class Node>
class ready_queue {
 public:
  explicit ready_queue(run_strategy strategy) noexcept : strategy_(strategy) {}

  bool empty() const noexcept { return others_.empty() && none_preferred(); }

  /// Runs after all that are queued, but for those that are woken later and preferred.
  void push(Node& ready) noexcept { others_.push(ready); }

  /// The same for all of a list.
  void append(fifo<Node>& ready) noexcept { others_.append(ready); }

  /// One whose wait has ended.
  void push_woken(Node& ready) noexcept {
    switch (strategy_) {
      case run_strategy::fifo:
        others_.push(ready);
        return;
      case run_strategy::lifo:
        if (Node* const before = std::exchange(last_, &ready)) others_.push(*before);
        return;
      case run_strategy::priority:
        woken_.push(ready);
        return;
    }
  }

  /// Null where nothing is ready.
  Node* pop() noexcept {
    const bool is_owed = preferred_in_a_row_ >= most_in_a_row() && !others_.empty();
    if (none_preferred() || is_owed) {
      preferred_in_a_row_ = 0;
      return others_.pop();
    }
    ++preferred_in_a_row_;
    return last_ != nullptr ? std::exchange(last_, nullptr) : woken_.pop();
  }

  void remove(Node& removed) noexcept {
    if (last_ == &removed) {
      last_ = nullptr;
    } else if (!others_.remove(removed)) {
      woken_.remove(removed);
    }
  }

 private:
  bool none_preferred() const noexcept { return last_ == nullptr && woken_.empty(); }
  std::uint32_t most_in_a_row() const noexcept { return strategy_ == run_strategy::lifo ? 3 : 7; }

  run_strategy strategy_;
  std::uint32_t preferred_in_a_row_ = 0;
  Node* last_ = nullptr;  ///< lifo
  fifo<Node> woken_;      ///< priority
  fifo<Node> others_;
};

}  // namespace skein
