#include "runtimes/coroutine_stealing/scheduler.hpp"

#include <cassert>
#include <exception>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/loop/joined_inbox.hpp"

namespace skein::coroutine_stealing {

// --- task and scope -----------------------------------------------------------------------------

void task_promise::wake(op& finished) noexcept {
  worker::current()->push_woken(finished);
}

void detail::end_task(scope* within) noexcept {
  if (within != nullptr) within->end_one();
  worker::current()->end_task();
}

scope::scope(scheduler& on) noexcept : is_alone_(on.workers() == 1) {}

void scope::end_one() noexcept {
  if (!take_one()) return;
  set_left(1);  // before the parent goes on, which may use the scope again
  joiner_->result = 0;
  worker::current()->push_woken(*joiner_);
}

submitted scope::submit(op& waiter) noexcept {
  joiner_ = &waiter;
  waiter.state = op_state::waiting;
  if (!take_one()) return submitted::pending;
  set_left(1);
  waiter.state = op_state::idle;
  return worker::current()->loop().answer(waiter, 0);
}

// --- worker -------------------------------------------------------------------------------------

void worker::run(inbox& watched) noexcept {
  worker* const before = std::exchange(current_, this);
  try {
    loop_.run(&watched, [this] { return is_over(); });
  } catch (...) {
    scheduler_.fail(std::current_exception());
    run_out();
  }
  ready_.leave();
  current_ = before;
}

/// What is left to do where the loop has failed, and the scheduler is stopped. Letters are opened
/// beside the tasks, since one of these may wait, yielding, for what a letter ends.
void worker::run_out() noexcept {
  loop_.stop();
  do {
    loop_.run_blindly();
    letters_.open_all();
  } while (!is_over() && (loop_.others_wait() || expected_letters_ > 0));
}

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
    task_promise::resume(*next);
  }
  loop_.count_more_steps(allowed - left - 1);
  in_turn_ = false;
  if (left == 0) loop_.post(turn_);
}

/// Asked before the loop blocks, and so also what it does before that.
bool worker::is_over() noexcept {
  ready_.awake();
  if (scheduler_.stopping()) loop_.stop();
  while (!loop_.others_wait()) {
    // A letter under way ends a wait here, whoever has said that all is over.
    if (scheduler_.over() && expected_letters_ == 0) return true;
    found_ = ready_.search();
    if (found_ == nullptr && !ready_.begin_sleep()) continue;
    if (found_ == nullptr && scheduler_.may_end()) {
      scheduler_.end();
      return true;
    }
    if (found_ != nullptr) loop_.post(turn_);
    break;
  }
  return false;
}

// --- scheduler ----------------------------------------------------------------------------------

scheduler::scheduler(const scheduler_options& options) : crew_(options.workers) {
  for (std::size_t i = 0; i < options.workers; ++i) {
    workers_.emplace_back(*this, crew_.at(i), options);
  }
}

scheduler::~scheduler() {
  assert(live().tasks == 0 && "a task outlived its scheduler");
}

runtime_info scheduler::info() {
  runtime_info about = info_on<scheduler, epoll_loop>("coroutine_stealing");
  about.style = "coroutine";
  about.task = "a heap frame from a recycling pool";
  about.threads = "as many as workers; tasks move: one that can run is run by any of them";
  about.takes_timers = true;
  about.takes_workers = true;
  return about;
}

void scheduler::run() {
  serves_inbox_ = false;
  run_workers(workers_.front().alarm());
}

void scheduler::run(inbox& messages) {
  joined_inbox both(workers_.front().alarm(), messages);
  serves_inbox_ = true;
  run_workers(both);
}

/// Whatever fails, the tasks that there are end first.
void scheduler::run_workers(inbox& watched_by_owner) {
  over_.store(false, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  std::vector<std::jthread> threads;
  threads.reserve(workers_.size() - 1);
  try {
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      threads.emplace_back([&own = workers_[i]] { own.run(own.alarm()); });
    }
  } catch (const std::system_error& refused) {
    fail(std::make_exception_ptr(limit_error::lacking(
        "threads", std::string("no thread for another worker: ") + refused.what())));
  }
  workers_.front().run(watched_by_owner);
  threads.clear();  // joins them
  assert(!crew_.anyone_idle() && "a worker's sleep or search outlived the run");
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void scheduler::stop() noexcept {
  if (stopping_.exchange(true, std::memory_order_acq_rel)) return;
  if (worker* const own = own_worker()) own->loop().stop();
  crew_.wake_all();
}

void scheduler::fail(std::exception_ptr why) noexcept {
  if (!failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::move(why);
  stop();
}

live_counts scheduler::live() const noexcept {
  std::uint64_t ended = 0;
  std::uint64_t begun = 0;
  for (const worker& each : workers_) ended += each.ended();
  for (const worker& each : workers_) begun += each.begun();
  return {static_cast<std::size_t>(begun - ended), 0};
}

}  // namespace skein::coroutine_stealing
