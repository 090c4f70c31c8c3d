// First-in first-out list of objects that carry its links: nothing is allocated.
#pragma once

#include <utility>

namespace skein {

/// `Node` has a member `Node* next`. A node is in one list at a time, and stays where it is
/// meanwhile.
template <class Node>
class fifo {
 public:
  fifo() = default;
  fifo(const fifo&) = delete;
  fifo& operator=(const fifo&) = delete;

  bool empty() const noexcept { return head_ == nullptr; }

  void push(Node& added) noexcept {
    added.next = nullptr;
    *tail_ = &added;
    tail_ = &added.next;
  }

  /// Null where the list is empty.
  Node* pop() noexcept {
    Node* const first = head_;
    if (first == nullptr) return nullptr;
    head_ = first->next;
    if (head_ == nullptr) tail_ = &head_;
    first->next = nullptr;
    return first;
  }

  /// Puts all of another list behind its own.
  void append(fifo& others) noexcept {
    if (others.empty()) return;
    *tail_ = std::exchange(others.head_, nullptr);
    tail_ = std::exchange(others.tail_, &others.head_);
  }

  /// Takes one out of the middle: the list is searched from its head. False where it is not in it.
  bool remove(Node& removed) noexcept {
    Node** link = &head_;
    while (*link != nullptr && *link != &removed) link = &(*link)->next;
    if (*link == nullptr) return false;
    *link = removed.next;
    if (*link == nullptr) tail_ = link;
    removed.next = nullptr;
    return true;
  }

 private:
  Node* head_ = nullptr;
  Node** tail_ = &head_;
};

}  // namespace skein
