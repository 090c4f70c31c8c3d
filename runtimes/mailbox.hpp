// How another thread ends a wait of a loop: it posts a letter, and the owner thread opens it.
//
// No letter is lost, though the loop sleeps in the kernel. Who posts puts the letter in front of
// the others, and rings (writes to the eventfd) if there was none. The owner first takes the bell's
// count, and then all letters. A letter that comes before it takes them is taken with them. One
// that comes after finds none there, and rings: the eventfd is readable until that count is taken.
#pragma once

#include "runtimes/inbox.hpp"
#include "runtimes/letter.hpp"

namespace skein {

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
  letter_stack letters_;
  int bell_;
};

}  // namespace skein
