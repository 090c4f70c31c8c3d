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

  /// A run of the loop, however it ends.
  class run_scope {
   public:
    /// Throws std::system_error where they cannot be watched as one.
    run_scope(watched_inboxes& all, inbox* messages) : all_(all), watched_(all.joined(messages)) {
      all_.runs_ = true;
    }
    ~run_scope() {
      all_.both_.reset();
      all_.runs_ = false;
    }
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;

    /// The one that the loop watches; null where there is none.
    inbox* watched() const noexcept { return watched_; }

   private:
    watched_inboxes& all_;
    inbox* watched_;
  };

 private:
  inbox* joined(inbox* messages) {
    if (mailbox_ == nullptr) return messages;
    if (messages == nullptr) return mailbox_.get();
    return &both_.emplace(*mailbox_, *messages);
  }

  std::unique_ptr<mailbox> mailbox_;
  std::optional<joined_inbox> both_;
  bool runs_ = false;
};

}  // namespace skein
