// One thread of coroutine_stealing: a loop with its timers, a queue of ready tasks, and how the two
// take turns.
//
// Tasks stand behind one operation of the loop, the turn, which runs up to as many as the loop
// allows before it looks at timers and the kernel. When the loop has nothing queued it asks whether
// it is over before it blocks; that is where the worker looks for work elsewhere, and publishes
// that it sleeps (stealing/crew.hpp). Its alarm is an inbox of the loop, so it sleeps in the same
// epoll_wait that its timers and events wake it from.
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
//   1. The scheduler keeps the first such error and is stopped. So no wait needs a kernel any more:
//      sleeps end as cancelled, and later ones at once.
//   2. The worker runs what its loop and its queue have until neither has anything, and no letter
//      is under way to it. Who waits for one of its tasks is woken on the worker where that task
//      ends, so nothing comes back to it.
//   3. Then it looks, as before a sleep, whether all is over, and leaves. The others go on without
//      it, and the scheduler's run throws the error once all tasks have ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "runtimes/coroutine_stealing/task.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/letter.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/op.hpp"
#include "runtimes/options.hpp"
#include "runtimes/stealing/crew.hpp"

namespace skein::coroutine_stealing {

class scheduler;

using crew = stealing::crew<op>;

/// A loop that can go on where the kernel has failed.
class worker_loop : public epoll_loop {
 public:
  using epoll_loop::epoll_loop;

  /// Runs what is queued, as much as between two looks at the kernel, and does not look.
  void run_blindly() {
    ran_since_look_ = 0;
    run_queued();
  }
};

class worker {
 public:
  worker(scheduler& of, crew::worker& ready, const scheduler_options& options)
      : scheduler_(of), ready_(ready), loop_(options), turn_(*this), alarm_(*this) {}
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// The calling thread's; null on a thread that runs no tasks.
  static worker* current() noexcept { return current_; }

  /// Runs tasks on the calling thread until the scheduler is over, or until this worker's loop has
  /// failed, which the scheduler is told.
  ///
  /// @param watched  the alarm, and what else is to be served
  void run(inbox& watched) noexcept;

  epoll_loop& loop() noexcept { return loop_; }
  scheduler& home() noexcept { return scheduler_; }
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

  /// Any thread: the letter is opened on this one. None is lost, for the reason in mailbox.hpp: the
  /// alarm is silenced before they are taken, and who finds none there sounds it.
  void post(letter& posted) noexcept {
    if (letters_.post(posted)) ready_.sound_alarm();
  }
  /// A task goes on only once a letter has come, which is under way.
  void expect_letter() noexcept { ++expected_letters_; }
  void expected_letter_came() noexcept { --expected_letters_; }

  void begin_task() noexcept { add_one(begun_, std::memory_order_relaxed); }
  /// Release: who reads it comes after all that the task did.
  void end_task() noexcept { add_one(ended_, std::memory_order_release); }
  std::uint64_t begun() const noexcept { return begun_.load(std::memory_order_relaxed); }
  std::uint64_t ended() const noexcept { return ended_.load(std::memory_order_acquire); }

 private:
  struct turn : op {
    explicit turn(worker& of) noexcept : op(&completed), home(of) {}
    static void completed(op& turned) noexcept { static_cast<turn&>(turned).home.run_tasks(); }
    worker& home;
  };

  class alarm_inbox final : public inbox {
   public:
    explicit alarm_inbox(worker& of) noexcept : home_(of) {}
    int descriptor() const noexcept override { return home_.ready_.alarm_descriptor(); }
    void on_readable() noexcept override {
      home_.ready_.silence_alarm();
      home_.ready_.awake();
      home_.letters_.open_all();
    }

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
  void run_tasks() noexcept;
  void run_out() noexcept;
  bool is_over() noexcept;

  inline static constinit thread_local worker* current_ = nullptr;

  scheduler& scheduler_;
  crew::worker& ready_;
  worker_loop loop_;
  turn turn_;
  alarm_inbox alarm_;
  letter_stack letters_;
  std::size_t expected_letters_ = 0;
  op* found_ = nullptr;  ///< stolen, and the first of the next turn
  bool in_turn_ = false;
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> ended_{0};
};

}  // namespace skein::coroutine_stealing
