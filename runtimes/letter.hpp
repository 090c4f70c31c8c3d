// What other threads leave for one: letters, which it opens on its own thread.
//
// The one atomic is the pointer to the newest letter. Posting releases what the thread wrote, and
// each post is a read-modify-write, so the owner's one acquire, of the newest, sees what was
// written before any of them. The order of posts is that of these writes, and letters are opened in
// it. A stack that is taken whole (Treiber 1986) has no ABA problem.
//
// Leaves out how the owner hears that there is a letter.
#pragma once

#include <atomic>
#include <utility>

namespace skein {

/// Stays where it is, and is in one stack at a time, from its posting until it is opened.
struct letter {
  using open_fn = void (*)(letter& posted) noexcept;

  letter* next = nullptr;
  open_fn open = nullptr;  ///< called by the owner thread; the letter may end in it
};

class letter_stack {
 public:
  letter_stack() = default;
  letter_stack(const letter_stack&) = delete;
  letter_stack& operator=(const letter_stack&) = delete;

  /// Any thread. True where there was none before: the owner is then to be told. Does not touch the
  /// letter once the owner may have it.
  bool post(letter& posted) noexcept {
    letter* before = newest_.load(std::memory_order_relaxed);
    do {
      posted.next = before;
    } while (!newest_.compare_exchange_weak(before, &posted, std::memory_order_release,
                                            std::memory_order_relaxed));
    return before == nullptr;
  }

  /// Of the owner thread.
  void open_all() noexcept {
    letter* newest = newest_.exchange(nullptr, std::memory_order_acquire);
    letter* oldest = nullptr;
    while (newest != nullptr) {
      letter* const before = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, before);
    }
    while (oldest != nullptr) {
      letter& opened = *std::exchange(oldest, oldest->next);
      opened.open(opened);
    }
  }

  bool empty() const noexcept { return newest_.load(std::memory_order_relaxed) == nullptr; }

 private:
  std::atomic<letter*> newest_{nullptr};
};

}  // namespace skein
