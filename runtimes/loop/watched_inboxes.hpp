// The inboxes of a loop that watches one: the caller's, and a mailbox for other threads once
// something has asked for it.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>

#include "runtimes/inbox.hpp"
#include "runtimes/loop/joined_inbox.hpp"
#include "runtimes/mailbox.hpp"

namespace skein {

class watched_inboxes {
 public:
  /// Throws std::logic_error while the loop runs.
  mailbox& from_other_threads() {
    if (mailbox_ == nullptr) {
      if (runs_) throw std::logic_error("what other threads end is made before run()");
      mailbox_ = std::make_unique<mailbox>();
    }
    return *mailbox_;
  }

  /// The one that the loop watches until `end`; null where there is none.
  inbox* begin(inbox* messages) {
    runs_ = true;
    if (mailbox_ == nullptr) return messages;
    if (messages == nullptr) return mailbox_.get();
    return &both_.emplace(*mailbox_, *messages);
  }
  void end() noexcept {
    both_.reset();
    runs_ = false;
  }

 private:
  std::unique_ptr<mailbox> mailbox_;
  std::optional<joined_inbox> both_;
  bool runs_ = false;
};

}  // namespace skein
