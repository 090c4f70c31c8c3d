// Ready tasks that belong to no worker: what a full ring has no room for. Under one lock, which is
// taken once for a batch.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "runtimes/fifo.hpp"

namespace skein::stealing {

template <class Node>
class shared_queue {
 public:
  /// Puts in all of a list, which has `count` nodes.
  void push(fifo<Node>& ready, std::size_t count) noexcept {
    const std::scoped_lock lock(mutex_);
    ready_.append(ready);
    set_size(size() + count);
  }

  /// Null where it is empty.
  Node* pop() noexcept {
    if (empty()) return nullptr;
    const std::scoped_lock lock(mutex_);
    Node* const first = ready_.pop();
    if (first != nullptr) set_size(size() - 1);
    return first;
  }

  /// Takes out the first, and for each of up to `most` more calls `put`. Null where it is empty.
  template <class Put>
  Node* take(std::size_t most, Put&& put) noexcept {
    if (empty()) return nullptr;
    const std::scoped_lock lock(mutex_);
    Node* const first = ready_.pop();
    if (first == nullptr) return nullptr;
    std::size_t taken = 1;
    for (; taken <= most; ++taken) {
      Node* const next = ready_.pop();
      if (next == nullptr) break;
      put(*next);
    }
    set_size(size() - taken);
    return first;
  }

  /// Any thread, at any time. The size is written under the lock. Relaxed: who must not miss a push
  /// has a fence between its own write and this look (idle_set.hpp), and who finds something takes
  /// the lock.
  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  void set_size(std::size_t size) noexcept { size_.store(size, std::memory_order_relaxed); }

  std::mutex mutex_;
  fifo<Node> ready_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace skein::stealing
