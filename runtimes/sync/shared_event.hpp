// A one-shot event that any thread sets, also one that runs no task of the scheduler (W11).
//
// No set is lost. Whoever sets it first posts a letter, and the owner thread opens it and sets the
// event as its own tasks would: who waits is ended, and who comes later finds it set. A wait that
// begins in between waits for the letter. That the loop does not sleep over one is the mailbox's
// matter (mailbox.hpp). So all but one flag is the owner's.
//
// The flag sees to it that a letter is posted once. Nothing is published by it, so relaxed
// suffices: what a thread wrote before it set the event is published by the letter, and seen by who
// waited. Of several that set it that holds for the first.
//
// The event and its scheduler end after every set has returned. That a wait was granted does not
// say so: whoever set it uses the scheduler a little longer (mailbox::post), and another may come
// late.
#pragma once

#include <atomic>

#include "runtimes/letter.hpp"
#include "runtimes/mailbox.hpp"
#include "runtimes/sync/event.hpp"

namespace skein::sync {

template <class Loop>
class shared_event {
 public:
  using stays_on_thread = void;  ///< who waits; only set() is for all
  using awaiting = typename event<Loop>::awaiting;

  /// Made before the scheduler runs.
  template <class Scheduler>
  explicit shared_event(Scheduler& on)
      : event_(on), mailbox_(on.loop().from_other_threads()), letter_(event_) {}
  shared_event(const shared_event&) = delete;
  shared_event& operator=(const shared_event&) = delete;
  /// By the owner thread, once every set() has returned.
  ~shared_event() {
    if (is_posted_.load(std::memory_order_relaxed) && !event_.is_set()) mailbox_.on_readable();
  }

  /// True when the event was set; false when the scheduler stopped.
  awaiting wait() noexcept { return event_.wait(); }

  /// Any thread; more than once does nothing.
  void set() noexcept {
    if (!is_posted_.exchange(true, std::memory_order_relaxed)) mailbox_.post(letter_);
  }

  /// Of the owner thread: whether a wait would end at once.
  bool is_set() const noexcept { return event_.is_set(); }

 private:
  struct news : letter {
    explicit news(event<Loop>& about) noexcept : of(about) {
      open = [](letter& posted) noexcept { static_cast<news&>(posted).of.set(); };
    }
    event<Loop>& of;
  };

  event<Loop> event_;
  mailbox& mailbox_;
  news letter_;
  std::atomic<bool> is_posted_{false};
};

}  // namespace skein::sync
