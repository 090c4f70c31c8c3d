#include "runtimes/future_stealing/task.hpp"

#include <cassert>

#include "runtimes/stealing/scheduler_base.hpp"

namespace skein::future_stealing {

namespace {

/// Nobody owns a lent waker, so nobody gives one up; of its clones each owns one reference.
task_head& task_at(void* data) noexcept {
  return *static_cast<task_head*>(data);
}

}  // namespace

/// Lent and cloned wakers are alike.
const waker_table task_head::table{.clone = [](void* data) { return task_at(data).clone(); },
                                   .wake =
                                       [](void* data) noexcept {
                                         task_at(data).wake();
                                         task_at(data).release();
                                       },
                                   .wake_by_ref = [](void* data) noexcept { task_at(data).wake(); },
                                   .drop = [](void* data) noexcept { task_at(data).release(); }};

// --- on the thread that has the task ------------------------------------------------------------

/// Once end_poll has said that it need not be queued, another thread may have it.
void task_head::poll() noexcept {
  target = worker::current();
  word_.begin_poll();
  task_head* const outer = std::exchange(polled_, this);
  context with(waker_ref{this, &table});
  const bool is_over = act_(*this, step::poll, &with);
  polled_ = outer;
  if (is_over) return end();
  if (!word_.end_poll(waits_ > 0)) return;
  if (waits_ > 0) {
    at().keep(*this);
  } else {
    at().push(*this);
  }
}

/// Until the future is dropped it may use a waker that it was lent.
void task_head::end() noexcept {
  word_.end();
  act_(*this, step::drop, nullptr);
  assert(waits_ == 0 && "an operation outlived its task");
  worker::current()->end_task();
  release();
}

/// On the worker that polled it last.
void task_head::queue_here() noexcept {
  if (waits_ > 0) {
    at().keep(*this);
  } else {
    at().push_woken(*this);
  }
}

// --- on any thread ------------------------------------------------------------------------------

/// A tied task goes where it was polled last, and any other into the queue of this thread's worker.
/// Of a thread that has none in the task's scheduler, the scheduler knows where.
void task_head::wake() noexcept {
  const wake_asks asked = word_.wake();
  if (asked == wake_asks::nothing) return;
  const bool must_stay = asked == wake_asks::send;
  stealing::scheduler_base& home = at().home();
  worker* const here = home.own_worker();
  if (here == nullptr) return home.bring(*this, at(), must_stay);
  if (here == &at()) return queue_here();
  if (must_stay) return at().send(*this);
  here->push_woken(*this);
}

/// Relaxed: who clones holds a reference, or polls the task, which has one.
waker_ref task_head::clone() noexcept {
  word_.share();
  references_.fetch_add(1, std::memory_order_relaxed);
  return {this, &table};
}

/// The decrement that finds 1 happens after all others (acquire), each of which happens after its
/// owner's last use (release). Who has never been cloned has one owner.
void task_head::release() noexcept {
  if (word_.is_shared() && references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  act_(*this, step::free, nullptr);
}

}  // namespace skein::future_stealing
