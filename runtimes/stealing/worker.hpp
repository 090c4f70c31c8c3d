// One thread of a scheduler whose tasks move: a loop with its timers, a queue of ready tasks, and
// how the two take turns. What a task is, its scheduler says.
//
// Tasks stand behind one operation of the loop, the turn, which runs up to as many as the loop
// allows before it looks at timers and the kernel. When the loop has nothing queued it asks whether
// it is over before it blocks; that is where the worker looks for work elsewhere, and publishes
// that it sleeps (crew.hpp). Its alarm is an inbox of the loop, so it sleeps in the same epoll_wait
// that its timers and events wake it from.
//
// What other threads leave for it, letters and tasks, is announced by the alarm. None is lost, for
// the reason in mailbox.hpp: the alarm is silenced before they are taken, and who finds none there
// sounds it.
//
// The end of a run. All tasks are over when as many have ended as were begun. Each worker counts
// those that it began and those that it ended, alone, and whoever looks reads all `ended` first and
// all `begun` after: the ended are then no more than had ended by the time between the two, and the
// begun no fewer than had begun by it. So if they are equal, no task was alive at that time, and
// only a task, or the inbox, begins another.
// Nobody misses the end: a worker looks after the fence with which it has published that it sleeps.
// Of the workers that have ended the last tasks, the one whose fence is last sees what all the
// others counted. It says that it is over, and wakes all.
//
// A worker whose loop fails. The kernel may refuse what a loop asks of it (epoll_wait, say), and
// then its run throws.
//   1. The scheduler keeps the first such error and is stopped. So no wait needs the loop's kernel
//      any more: sleeps end as cancelled, and later ones at once.
//   2. The worker goes on with what its loop and its queue have, and sleeps on its alarm alone,
//      since others may still leave something for it. It is over when all are, and the scheduler's
//      run throws the error then.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtimes/inbox.hpp"
#include "runtimes/letter.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/stealing/crew.hpp"

namespace skein::stealing {

class scheduler_base;

/// A loop that can go on where the kernel has failed.
class worker_loop : public epoll_loop {
 public:
  using epoll_loop::epoll_loop;

  /// Runs what is queued, as much as between two looks at the kernel, and does not look.
  void run_blindly() {
    ran_since_look_ = 0;
    run_queued();
  }

  /// Of who answers without an operation: whether it may inline (O5).
  bool may_answer() noexcept { return take_inline(); }
};

class worker {
 public:
  /// @param take_turn  turn_of<Task>
  worker(scheduler_base& of, crew<op>::worker& ready, const scheduler_options& options,
         op::complete_fn take_turn)
      : scheduler_(of), ready_(ready), loop_(options), turn_(*this, take_turn), alarm_(*this) {}
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// What its turn runs: tasks of this kind. `Task::run(op& taken)`, which is noexcept, takes a
  /// step of one that was taken out of a queue.
  template <class Task>
  static void turn_of(op& turned) noexcept {
    static_cast<turn&>(turned).home.run_tasks<Task>();
  }

  /// The calling thread's; null on a thread that runs no tasks.
  static worker* current() noexcept { return current_; }

  /// Runs tasks on the calling thread until the scheduler is over. It is told if the loop fails.
  ///
  /// @param watched  the alarm, and what else is to be served
  void run(inbox& watched) noexcept;

  worker_loop& loop() noexcept { return loop_; }
  scheduler_base& home() noexcept { return scheduler_; }
  inbox& alarm() noexcept { return alarm_; }

  /// A task that was spawned, or yields.
  void push(op& ready) noexcept {
    prepare(ready);
    ready_.push(ready);
    ensure_turn();
  }
  /// One whose wait has ended.
  void push_woken(op& ready) noexcept {
    prepare(ready);
    ready_.push_woken(ready);
    ensure_turn();
  }
  /// One that no other worker may run. It is run by its `complete`.
  void keep(op& ready) noexcept {
    ready_.awake();
    loop_.post(ready);
  }

  /// Any worker's thread: the letter is opened on this one.
  void post(letter& posted) noexcept {
    if (letters_.post(posted)) ready_.sound_alarm();
  }
  /// Any thread: the task is kept here.
  void send(op& ready) noexcept {
    if (sent_.post(ready)) ready_.sound_alarm();
  }
  /// Opens those that are there.
  void open_letters() noexcept { letters_.open_all(); }

  void begin_task() noexcept { add_one(begun_, std::memory_order_relaxed); }
  /// Release: who reads it comes after all that the task did.
  void end_task() noexcept { add_one(ended_, std::memory_order_release); }
  std::uint64_t begun() const noexcept { return begun_.load(std::memory_order_relaxed); }
  std::uint64_t ended() const noexcept { return ended_.load(std::memory_order_acquire); }

 private:
  struct turn : op {
    turn(worker& of, complete_fn take) noexcept : op(take), home(of) {}
    worker& home;
  };

  class alarm_inbox final : public inbox {
   public:
    explicit alarm_inbox(worker& of) noexcept : home_(of) {}
    int descriptor() const noexcept override { return home_.ready_.alarm_descriptor(); }
    void on_readable() noexcept override { home_.heed_alarm(); }

   private:
    worker& home_;
  };

  static void add_one(std::atomic<std::uint64_t>& own, std::memory_order order) noexcept {
    own.store(own.load(std::memory_order_relaxed) + 1, order);
  }

  void prepare(op& ready) noexcept {
    ready.state = op_state::queued;
    ready_.awake();
  }
  void ensure_turn() noexcept {
    if (!in_turn_ && turn_.state == op_state::idle) loop_.post(turn_);
  }
  template <class Task>
  void run_tasks() noexcept;
  void heed_alarm() noexcept;
  void run_out() noexcept;
  bool is_over() noexcept;

  inline static constinit thread_local worker* current_ = nullptr;

  scheduler_base& scheduler_;
  crew<op>::worker& ready_;
  worker_loop loop_;
  turn turn_;
  alarm_inbox alarm_;
  letter_stack letters_;
  post_stack<op> sent_;
  op* found_ = nullptr;  ///< stolen, and the first of the next turn
  bool in_turn_ = false;
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> ended_{0};
};

template <class Task>
void worker::run_tasks() noexcept {
  in_turn_ = true;
  const std::size_t allowed = loop_.steps_left();
  std::size_t left = allowed;
  while (left > 0) {
    op* const next = found_ != nullptr ? std::exchange(found_, nullptr) : ready_.next();
    if (next == nullptr) break;
    --left;
    loop_.begin_step();
    next->state = op_state::idle;
    Task::run(*next);
  }
  loop_.count_more_steps(allowed - left - 1);
  in_turn_ = false;
  if (left == 0) loop_.post(turn_);
}

}  // namespace skein::stealing
