#include "runtimes/future/scheduler.hpp"

#include "runtimes/loop/joined_inbox.hpp"

namespace skein::future {

namespace {

task_head& task_at(void* data) noexcept {
  return *static_cast<task_head*>(data);
}

/// What a loop completes wakes a task, and only among tasks there is a strategy.
scheduler_options in_order(scheduler_options options) noexcept {
  options.strategy = run_strategy::fifo;
  return options;
}

/// Nobody owns a lent waker, so nobody gives one up.
void never(void*) noexcept {
  assert(false && "a lent waker was given up");
}

}  // namespace

const waker_table scheduler::lent_table{
    .clone =
        [](void* data) {
          task_head& of = task_at(data);
          if (of.state == task_state::over) return shared_waker::of_nobody();
          return of.home.share_waker(of).clone();
        },
    .wake = &never,
    .wake_by_ref = [](void* data) noexcept { task_at(data).home.wake(task_at(data)); },
    .drop = &never};

scheduler::scheduler(const scheduler_options& options)
    : loop_(in_order(options)),
      turn_(*this),
      woken_(options.strategy),
      polls_delivered_(options.strategy == run_strategy::fifo),
      remote_(*this) {}

scheduler::~scheduler() {
  assert(live_tasks_ == 0 && "a task outlived its scheduler");
}

waker_ref scheduler::lent_waker(task_head& of) noexcept {
  if (of.shares_waker) [[unlikely]]
    return shared_.find(&of)->second->lent();
  return {&of, &lent_table};
}

/// What its clones share is made once for a task. From then on it is also what the task lends, so
/// that a future which keeps a clone sees that it has the right one (will_wake).
shared_waker& scheduler::share_waker(task_head& of) {
  const auto [place, is_new] = shared_.try_emplace(&of, nullptr);
  if (is_new) {
    try {
      place->second = new shared_waker(of);
    } catch (...) {
      shared_.erase(place);
      throw;
    }
    of.shares_waker = true;
  }
  return *place->second;
}

/// Whether it was woken meanwhile: it is in no list then, but queued.
[[gnu::always_inline]] inline bool scheduler::poll(task_head& woken) noexcept {
  woken.state = task_state::polling;
  context with(lent_waker(woken));
  if (woken.act(woken, &with)) {
    end(woken);
    return false;
  }
  const bool again = woken.state == task_state::polling_again;
  woken.state = again ? task_state::queued : task_state::idle;
  return again;
}

/// Polls the tasks that are woken, and no more of them than the loop allows before it looks at
/// timers and the kernel.
///
/// A task that yields comes after all that can be run by then (S4). Of some of these only the
/// operation is in the run queue, as after a cancel. So while there is one, who yields is put
/// aside, and the next turn is posted when this one is over, behind all such operations. By its
/// beginning they have woken their tasks, and those that yielded are put behind them. Where there
/// is no such operation, all that can be run is in the list, and who yields joins it.
void scheduler::poll_woken() noexcept {
  in_turn_ = true;
  const std::size_t allowed = loop_.steps_left();
  std::size_t left = allowed;
  woken_.append(again_);
  while (left > 0) {
    task_head* const next = woken_.pop();
    if (next == nullptr) break;
    --left;
    loop_.begin_step();
    if (!poll(*next)) continue;
    if (again_.empty() && !loop_.others_wait()) [[likely]]
      woken_.push(*next);
    else
      again_.push(*next);
  }
  loop_.count_more_steps(allowed - left - 1);
  in_turn_ = false;
  if (!woken_.empty() || !again_.empty()) loop_.post(turn_);
}

/// While a turn is to come there are tasks that were runnable before, so who is woken joins them.
/// It is also so once a task has yielded in here, or woken another: the next turn is posted then,
/// if it was not while the waker woke more than one task.
void scheduler::deliver(const waker_ref& to) noexcept {
  assert(!in_turn_ && "no event is delivered while a task is polled");
  delivers_ = polls_delivered_ && turn_.state == op_state::idle;
  to.wake();
  delivers_ = false;
  task_head* const woken = std::exchange(delivered_, nullptr);
  if (woken == nullptr) return;
  in_turn_ = true;  // what it makes runnable by an operation comes before the next turn (S4)
  if (poll(*woken)) again_.push(*woken);
  in_turn_ = false;
  const bool some_wait = !woken_.empty() || !again_.empty();
  if (some_wait && turn_.state == op_state::idle) loop_.post(turn_);
}

/// Until the future is dropped it may use a waker that it was lent, so what that refers to is given
/// up last.
void scheduler::end(task_head& over) noexcept {
  over.state = task_state::over;
  shared_waker* left = nullptr;
  if (over.shares_waker) {
    const auto place = shared_.find(&over);
    left = place->second;
    shared_.erase(place);
    left->forget_task();
  }
  --live_tasks_;
  over.act(over, nullptr);
  if (left != nullptr) left->release();
}

template <class Done>
void scheduler::run_on_this_thread(inbox& messages, Done&& done) {
  struct running {
    explicit running(scheduler* now) noexcept : before(std::exchange(running_here_, now)) {}
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() { running_here_ = before; }
    scheduler* before;
  } const here(this);
  loop_.run(&messages, std::forward<Done>(done));
}

void scheduler::run() {
  run_on_this_thread(remote_, [this] { return live_tasks_ == 0; });
}

void scheduler::run(inbox& messages) {
  joined_inbox both(remote_, messages);
  run_on_this_thread(both, [this] { return loop_.stopping() && live_tasks_ == 0; });
}

}  // namespace skein::future
