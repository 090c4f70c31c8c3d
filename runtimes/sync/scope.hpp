// Tasks that end before their parent goes on: a scope counts those spawned into it, and its join
// ends when there are none left (S7). Structured concurrency, after Smith's nurseries (2018) and
// Java's JEP 453. A scope lies where its parent waits, which has joined it before the scope ends.
//
// A join is no wait that stop() cancels: all tasks end then, and it with the last of them.
#pragma once

#include <cassert>
#include <cstddef>

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class Loop>
class scope {
 public:
  using stays_on_thread = void;

  /// True, once every task of the scope has ended. For one task at a time.
  class joining {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::freely;

    explicit joining(scope& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit(waiter); }
    void withdraw(op& waiter) noexcept {
      if (of_->joiner_ == &waiter) of_->joiner_ = nullptr;
      if (waiter.state == op_state::queued) of_->loop_.unqueue(waiter);
      waiter.state = op_state::idle;
    }
    void refuse(op&) noexcept {}
    bool take(op&) noexcept { return true; }

   private:
    scope* of_;
  };

  template <class Scheduler>
  explicit scope(Scheduler& on) noexcept : loop_(on.loop()) {}
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() { assert(running_ == 0 && "a task outlived its scope: join it first"); }

  joining join() noexcept { return joining(*this); }
  std::size_t running() const noexcept { return running_; }

  // For a scheduler, and for a task of the callback style.
  void begin_one() noexcept { ++running_; }
  /// The last step of a task.
  void end_one() noexcept {
    if (--running_ > 0 || joiner_ == nullptr) return;
    op& joiner = *joiner_;
    joiner_ = nullptr;
    joiner.result = 0;
    loop_.post(joiner);
  }

 private:
  submitted submit(op& waiter) noexcept {
    if (running_ == 0) return loop_.answer(waiter, 0);
    assert(joiner_ == nullptr && "one task at a time joins a scope");
    waiter.state = op_state::waiting;
    joiner_ = &waiter;
    return submitted::pending;
  }

  Loop& loop_;
  std::size_t running_ = 0;
  op* joiner_ = nullptr;
};

}  // namespace skein::sync
