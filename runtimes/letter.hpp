// What other threads leave for one: nodes that it takes, letters that it opens, on its own thread.
//
// The one atomic is the pointer to the newest. Posting releases what the thread wrote, and each
// post is a read-modify-write, so the owner's one acquire, of the newest, sees what was written
// before any of them. The order of posts is that of these writes, and nodes are taken in it. A
// stack that is taken whole (Treiber 1986) has no ABA problem.
//
// Leaves out how the owner hears that there is one.
#pragma once

#include <atomic>
#include <utility>

namespace skein {

/// `Node` has a member `Node* next`. One stays where it is, and is in one stack at a time, from its
/// posting until it is taken.
template <class Node>
class post_stack {
 public:
  post_stack() = default;
  post_stack(const post_stack&) = delete;
  post_stack& operator=(const post_stack&) = delete;

  /// Any thread. True where there was none before: the owner is then to be told. Does not touch the
  /// node once the owner may have it.
  bool post(Node& posted) noexcept {
    Node* before = newest_.load(std::memory_order_relaxed);
    do {
      posted.next = before;
    } while (!newest_.compare_exchange_weak(before, &posted, std::memory_order_release,
                                            std::memory_order_relaxed));
    return before == nullptr;
  }

  /// Of the owner thread: calls `take` for each, which may end the node.
  template <class Take>
  void take_all(Take&& take) noexcept {
    Node* newest = newest_.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* const before = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, before);
    }
    while (oldest != nullptr) {
      Node& taken = *std::exchange(oldest, oldest->next);
      take(taken);
    }
  }

  bool empty() const noexcept { return newest_.load(std::memory_order_relaxed) == nullptr; }

 private:
  std::atomic<Node*> newest_{nullptr};
};

struct letter {
  using open_fn = void (*)(letter& posted) noexcept;

  letter* next = nullptr;
  open_fn open = nullptr;  ///< called by the owner thread; the letter may end in it
};

class letter_stack : public post_stack<letter> {
 public:
  /// Of the owner thread.
  void open_all() noexcept {
    take_all([](letter& opened) { opened.open(opened); });
  }
};

}  // namespace skein
