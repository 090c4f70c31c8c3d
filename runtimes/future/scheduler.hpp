// Polled futures on an event loop: the poll style of the interface.
//
// A task is woken, which puts it into a list, and polled when its turn comes, from its outermost
// future down. The loop is the one that coroutines and fibers run on, so that the three differ in
// nothing but the model. Tasks are polled in the order in which they were woken; one that is woken
// while it is polled comes after all that could be run by then.
//
// A task that an event of the loop wakes is polled at once, where no other task waits for its turn,
// as a coroutine is resumed. (tokio's current_thread and futures' LocalPool first wake all tasks
// that events are for, and then poll the first.) It is not polled inside its
// waker, whose caller may be a future in the middle of its work, but after the waker has returned.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtimes/future/leaves.hpp"
#include "runtimes/future/shared_waker.hpp"
#include "runtimes/future/task.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/info_on.hpp"
#include "runtimes/loop/timer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/ready_queue.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/future_in_scope.hpp"
#include "runtimes/shared/reading_until.hpp"
#include "runtimes/sync/types.hpp"

namespace skein::future {

class scheduler : pinned, public sync::types<epoll_loop> {
 public:
  using scope = sync::scope<epoll_loop>;
  template <class Wait>
  using waiting = future::waiting<Wait>;

  using connection = skein::connection;
  using listener = skein::listener;
  using timer = skein::timer;

  using yielding = future::yielding;
  using sleeping = future::sleeping;
  using sleeping_on = future::sleeping_on;
  using accepting = future::accepting;
  using reading = future::reading;
  using reading_until = skein::reading_until<reading, sleeping>;
  using writing = future::writing;

  explicit scheduler(const scheduler_options& options);
  ~scheduler();

  static runtime_info info() {
    runtime_info about = info_on<scheduler, epoll_loop>("future");
    about.style = "poll";
    about.task = "a future and 32 B, in one allocation from a recycling pool";
    about.takes_timers = true;
    about.takes_strategy = true;
    return about;
  }

  /// Of the task that this thread spawned last; none before the first.
  static std::optional<std::size_t> frame_bytes() noexcept {
    const std::size_t size_bytes = frame_pool::local().last_frame_bytes();
    return size_bytes > 0 ? std::optional(size_bytes) : std::nullopt;
  }

  template <class F, class... Parts>
  void spawn(Parts&&... parts) {
    add(*new task<F>(*this, std::forward<Parts>(parts)...));
  }
  template <class F, class... Parts>
  void spawn(scope& within, Parts&&... parts) {
    add(*new task<future_in_scope<F, scope>>(*this, within, std::forward<Parts>(parts)...));
  }

  epoll_loop& loop() noexcept { return loop_; }

  listener& listen(int descriptor) { return loop_.listen(descriptor); }
  void close(connection& closed) noexcept { loop_.close(closed); }
  void cancel(connection& target) noexcept { loop_.cancel(target); }
  void cancel(listener& target) noexcept { loop_.cancel(target); }
  void cancel(timer& target) noexcept {
    if (target.waiter != nullptr) loop_.cancel_sleep(*target.waiter);
  }

  void run();
  void run(inbox& messages);
  void stop() noexcept { loop_.stop(); }

  live_counts live() const noexcept { return {live_tasks_, loop_.live_connections()}; }

  /// Sees to it that a task is polled: on the owner thread. A task that is to be anyhow is not
  /// queued twice (P5).
  void wake(task_head& woken) noexcept {
    if (woken.state == task_state::idle) {
      enqueue(woken);
    } else if (woken.state == task_state::polling) {
      woken.state = task_state::polling_again;
    }
  }

  /// Wakes whoever waits for an event, from within it.
  void deliver(const waker_ref& to) noexcept;

  /// As wake, from any thread, for who holds the lock of the task's shared waker.
  void wake_from_anywhere(task_head& woken, shared_waker& by) noexcept {
    if (running_here_ == this) {
      wake(woken);
    } else {
      remote_.add(by);
    }
  }

 private:
  friend epoll_loop& loop_of(scheduler& of) noexcept;

  /// The operation behind which the woken tasks wait.
  struct turn : op {
    explicit turn(scheduler& on) noexcept : op(&completed), home(on) {}
    static void completed(op& turned) noexcept { static_cast<turn&>(turned).home.poll_woken(); }
    scheduler& home;
  };

  void add(task_head& spawned) noexcept {
    ++live_tasks_;
    woken_.push(spawned);
    note_queued(spawned);
  }
  void enqueue(task_head& woken) noexcept {
    if (std::exchange(delivers_, false)) {
      delivered_ = &woken;
      woken.state = task_state::queued;
    } else {
      woken_.push_woken(woken);
      note_queued(woken);
    }
  }
  void note_queued(task_head& ready) noexcept {
    ready.state = task_state::queued;
    if (!in_turn_ && turn_.state == op_state::idle) loop_.post(turn_);
  }

  void poll_woken() noexcept;
  bool poll(task_head& woken) noexcept;
  void end(task_head& over) noexcept;
  template <class Done>
  void run_on_this_thread(inbox& messages, Done&& done);

  static const waker_table lent_table;
  waker_ref lent_waker(task_head& of) noexcept;
  shared_waker& share_waker(task_head& of);

  inline static constinit thread_local scheduler* running_here_ = nullptr;

  epoll_loop loop_;
  turn turn_;
  ready_queue<task_head> woken_;
  fifo<task_head> again_;       ///< yielded before operations that wait, and come after them (S4)
  bool in_turn_ = false;        ///< the next turn is posted at the end of this one
  const bool polls_delivered_;  ///< the strategy lets an event's task run before its turn
  bool delivers_ = false;       ///< whom the waker wakes that is being called is polled next
  task_head* delivered_ = nullptr;
  std::size_t live_tasks_ = 0;
  std::unordered_map<task_head*, shared_waker*> shared_;  ///< of tasks whose waker was cloned
  remote_wakes remote_;
};

inline epoll_loop& loop_of(scheduler& of) noexcept {
  return of.loop_;
}

inline void deliver(scheduler& on, const waker_ref& to) noexcept {
  on.deliver(to);
}

static_assert(poll_scheduler<scheduler> && read_deadline_scheduler<scheduler>);

}  // namespace skein::future
