// The task of future_stealing: a future, and in front of it what its scheduler and its wakers have
// to know, in one allocation.
//
// A task goes on on any worker, but not while an operation of it is in a loop. Such an operation
// completes on its worker's thread, and is withdrawn there at once when its future is dropped (P7).
// So a task that waits for a loop, and is polled meanwhile because something else has woken it, is
// polled by that worker: it is *tied*. When its last operation has ended it is anybody's again.
//
//   waits_  operations of the task in the loop of the worker at(). Only that worker's thread counts
//           it, in polls and in completions. While it is not 0, the task is polled there.
//   at()    where it was polled last. Written by who polls, before it is anything but `polling`
//           again; read by who has the task (task_word.hpp). It has the place in which an operation
//           of a loop has its target, since every word here is part of every task.
//
// The cell is counted: the task is one, until its end, and each clone of its waker. The future is
// dropped at the task's end; its memory is free when the last clone is.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtimes/future_stealing/task_word.hpp"
#include "runtimes/op.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/stealing/frame_cache.hpp"
#include "runtimes/stealing/worker.hpp"

namespace skein::future_stealing {

using stealing::worker;

class task_head : public op {
 public:
  /// On the thread that has taken it out of a queue: polls it.
  static void run(op& taken) noexcept { static_cast<task_head&>(taken).poll(); }

  /// The task that this thread polls.
  static task_head& polled_here() noexcept {
    assert(polled_ != nullptr && "a wait for a loop was polled outside of its tasks");
    return *polled_;
  }

  // Of its operations in the loop of the worker that polls it, on that worker's thread.
  void begin_wait() noexcept { ++waits_; }
  void end_wait() noexcept { --waits_; }

 protected:
  enum class step : std::uint8_t { poll, drop, free };
  /// What the future's type is needed for. `poll` answers whether it is over, and needs a context.
  using act_fn = bool (*)(task_head& task, step asked, context* with) noexcept;

  task_head(worker& at, act_fn does) noexcept : op(&run), act_(does) { target = &at; }
  ~task_head() = default;

 private:
  static const waker_table table;

  worker& at() const noexcept { return *static_cast<worker*>(target); }

  void poll() noexcept;
  void end() noexcept;
  void queue_here() noexcept;

  void wake() noexcept;
  waker_ref clone() noexcept;
  void release() noexcept;

  inline static constinit thread_local task_head* polled_ = nullptr;

  act_fn act_;
  std::uint32_t waits_ = 0;
  std::atomic<std::uint32_t> references_{1};
  task_word word_;
};

static_assert(sizeof(task_head) == 64, "it is part of every waiting task: its size is a result");

template <pollable F>
class task final : public task_head {
 public:
  template <class... Parts>
  explicit task(worker& at, Parts&&... parts)
      : task_head(at, &perform), future_(std::forward<Parts>(parts)...) {}
  ~task() {}  // the future was dropped before

  static void* operator new(std::size_t size_bytes) {
    return stealing::frame_cache::allocate_here(size_bytes);
  }
  static void operator delete(void* at, std::size_t size_bytes) noexcept {
    stealing::frame_cache::release_here(at, size_bytes);
  }

 private:
  /// An exception ends the process here (S5).
  static bool perform(task_head& head, step asked, context* with) noexcept {
    auto& self = static_cast<task&>(head);
    switch (asked) {
      case step::poll:
        return self.future_.poll(*with).has_value();
      case step::drop:
        self.future_.~F();
        break;
      case step::free:
        delete &self;
        break;
    }
    return true;
  }

  union {
    F future_;
  };
};

}  // namespace skein::future_stealing
