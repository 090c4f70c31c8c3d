// How another thread ends a wait of a loop: it posts a letter, and the owner thread opens it.
//
// No letter is lost, though the loop sleeps in the kernel. Who posts puts the letter in front of
// the others, and rings (writes to the eventfd) if there was none. The owner first takes the bell's
// count, and then all letters. A letter that comes before it takes them is taken with them. One
// that comes after finds none there, and rings: the eventfd is readable until that count is taken.
//
// The one atomic is the pointer to the newest letter. Posting releases what the thread wrote, and
// each post is a read-modify-write, so the owner's one acquire, of the newest, sees what was
// written before any of them. The order of posts is that of these writes, and letters are opened in
// it. A stack that is taken whole (Treiber 1986) has no ABA problem.
#pragma once

#include <atomic>

#include "runtimes/inbox.hpp"

namespace skein {

/// Stays where it is, and is in one mailbox at a time, from its posting until it is opened.
struct letter {
  using open_fn = void (*)(letter& posted) noexcept;

  letter* next = nullptr;
  open_fn open = nullptr;  ///< called by the owner thread; the letter may end in it
};

class mailbox final : public inbox {
 public:
  /// Throws std::system_error where no eventfd can be had.
  mailbox();
  ~mailbox() override;

  /// Any thread. Does not touch the letter once the owner may have it, but the mailbox, which so
  /// must outlive the call.
  void post(letter& posted) noexcept;

  int descriptor() const noexcept override { return bell_; }
  /// Opens all letters. Of the owner thread, which need not wait for the bell.
  void on_readable() noexcept override;

 private:
  std::atomic<letter*> newest_{nullptr};
  int bell_;
};

}  // namespace skein
