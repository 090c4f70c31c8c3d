// What tasks of one scheduler wait for from each other: how such a wait is made, whatever the
// style.
//
// A *wait* is a small object that says what is waited for (mutex.lock(), channel.receive()). It
// lives where its task waits, until the wait has ended. Each style has one verb for all of them:
//
//     coroutine  co_await on.until(held.lock())          direct  on.until(held.lock())
//     poll       waiting<mutex::locking>(on, held.lock())
//     callback   on.until<&session::on_locked>(waiting, this), with a `waiting` in the session
//
// Below that it is one core for all, on operations (op.hpp), as with sockets: who waits is in an
// intrusive list, first in, first out, and who ends a wait puts the operation into the loop's run
// queue. Nothing allocates for a wait. All of it is for the owner thread.
//
// A wait has been *granted* when it has got what it waits for, and its task may not know it yet. A
// wait that is withdrawn then gives back what it got.
#pragma once

#include <cassert>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "runtimes/loop/stoppable.hpp"
#include "runtimes/op.hpp"

namespace skein::sync {

/// How a wait gives back what it was granted, when its task does not want it any more.
///   freely  as if it had never had it
///   late    others may have what came after it: a value that was received
///   never   bytes that were read, a value that was sent
enum class gives_back : std::uint8_t { freely, late, never };

/// submit    as O1
/// withdraw  in whatever state `waiter` is: it is idle at once, completes no more, and what it was
///           granted is given back
/// refuse    gives back what a completed wait was granted, as `gives` says that it can
/// take      its output, once it has completed
template <class W>
concept waitable = std::copy_constructible<W> && requires(W& wait, op& waiter) {
  typename W::output;
  { W::gives } -> std::convertible_to<gives_back>;
  { wait.submit(waiter) } noexcept -> std::same_as<submitted>;
  { wait.withdraw(waiter) } noexcept;
  { wait.refuse(waiter) } noexcept;
  { wait.take(waiter) } noexcept -> std::same_as<typename W::output>;
};

inline bool was_granted(const op& waiter) noexcept {
  return waiter.result >= 0;
}

/// Operations that wait, first in, first out. One in the middle leaves in constant time.
class wait_list {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

  submitted park(op& waiter) noexcept {
    assert(waiter.state == op_state::idle && "a waiter waits for one thing");
    waiter.state = op_state::waiting;
    waiter.next = nullptr;
    waiter.link = tail_;
    *tail_ = &waiter;
    tail_ = &waiter.next;
    return submitted::pending;
  }

  void leave(op& waiter) noexcept {
    *waiter.link = waiter.next;
    (waiter.next == nullptr ? tail_ : waiter.next->link) = waiter.link;
    waiter.state = op_state::idle;
  }

  /// The first, which is idle then; null where nobody waits.
  op* take() noexcept {
    op* const first = head_;
    if (first != nullptr) leave(*first);
    return first;
  }

 private:
  op* head_ = nullptr;
  op** tail_ = &head_;
};

/// What the things that are waited for have in common: a loop, which knows them, so that stop()
/// reaches who waits (W8).
template <class Loop>
class object : protected stoppable {
 public:
  using stays_on_thread = void;  ///< no parameter of a task that changes threads

 protected:
  object(Loop& on, stop_fn on_stop) noexcept : stoppable(on_stop), loop_(on) { on.enlist(*this); }

  template <class Self>
  static Self& of(stoppable& self) noexcept {
    return static_cast<Self&>(static_cast<object&>(self));
  }

  bool stopping() const noexcept { return loop_.stopping(); }

  /// Ends the wait of one that needs not wait (O5).
  submitted answer(op& waiter, int result) noexcept { return loop_.answer(waiter, result); }

  /// Ends the wait of one that was taken out of a list.
  void end(op& taken, int result) noexcept {
    taken.result = result;
    loop_.post(taken);
  }

  /// Takes one whose wait has ended, and whose task does not know it yet, out of the run queue.
  void unqueue(op& ended) noexcept { loop_.unqueue(ended); }

  void end_all(wait_list& waiting, int result) noexcept {
    while (op* const next = waiting.take()) end(*next, result);
  }

  /// True where the waiter had been granted what it now gives back.
  bool withdraw(wait_list& waiting, op& waiter) noexcept {
    if (waiter.state == op_state::idle) return false;
    if (waiter.state == op_state::waiting) {
      waiting.leave(waiter);
      return false;
    }
    unqueue(waiter);
    return was_granted(waiter);
  }

 private:
  Loop& loop_;
};

}  // namespace skein::sync
