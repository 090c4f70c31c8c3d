// What can run, and what of it runs next: the strategies of a scheduler.
//
//   fifo      in the order in which they became ready.
//   lifo      the one that was woken last runs next, as its data are in the caches; but after three
//             in a row the oldest has its turn. It is the slot that tokio's scheduler and Go's
//             (runnext) have.
//   priority  two levels. Whose wait has ended (bytes have come, a timer is due) comes before who
//             was just begun, has yielded, or has used up its inline budget: who waits is served
//             before who computes. The lower level never starves, every eighth step is its by
//             right. In the poll style who was put off by its budget has been woken again, and
//             counts so: there a connection that never waits stays above one that yields. A
//             multilevel feedback queue (Corbato 1962) of two levels.
#pragma once

#include <cstdint>

#include "runtimes/fifo.hpp"
#include "runtimes/options.hpp"

namespace skein {

template <class Node>
class ready_queue {
 public:
  explicit ready_queue(run_strategy strategy) noexcept : strategy_(strategy) {}

  bool empty() const noexcept { return others_.empty() && preferred_.empty(); }

  /// Runs after all that are queued, but for those that are woken later and preferred.
  void push(Node& ready) noexcept { others_.push(ready); }

  /// The same for all of a list.
  void append(fifo<Node>& ready) noexcept { others_.append(ready); }

  /// One whose wait has ended.
  void push_woken(Node& ready) noexcept {
    if (strategy_ == run_strategy::fifo) [[likely]]
      return others_.push(ready);
    if (strategy_ == run_strategy::lifo) {
      if (Node* const before = preferred_.pop()) others_.push(*before);
    }
    preferred_.push(ready);
  }

  /// Null where nothing is ready.
  Node* pop() noexcept {
    const bool is_owed = [this] {
      if (preferred_.empty()) [[likely]]
        return true;
      return in_a_row_ >= most_in_a_row() && !others_.empty();
    }();
    in_a_row_ = is_owed ? 0 : in_a_row_ + 1;
    return is_owed ? others_.pop() : preferred_.pop();
  }

  void remove(Node& removed) noexcept {
    if (!others_.remove(removed)) preferred_.remove(removed);
  }

 private:
  std::uint32_t most_in_a_row() const noexcept { return strategy_ == run_strategy::lifo ? 3 : 7; }

  run_strategy strategy_;
  std::uint32_t in_a_row_ = 0;  ///< taken from preferred_ since the last of the others
  fifo<Node> preferred_;        ///< lifo: the one that was woken last; priority: the upper level
  fifo<Node> others_;
};

}  // namespace skein
