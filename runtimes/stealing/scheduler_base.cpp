#include "runtimes/stealing/scheduler_base.hpp"

#include <cassert>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/loop/joined_inbox.hpp"
#include "runtimes/stealing/scope.hpp"

namespace skein::stealing {

scope::scope(scheduler_base& on) noexcept : is_alone_(on.workers() == 1) {}

scheduler_base::scheduler_base(const scheduler_options& options, op::complete_fn take_turn)
    : crew_(options.workers) {
  for (std::size_t i = 0; i < options.workers; ++i) {
    workers_.emplace_back(*this, crew_.at(i), options, take_turn);
  }
}

scheduler_base::~scheduler_base() {
  assert(live().tasks == 0 && "a task outlived its scheduler");
}

void scheduler_base::run() {
  serves_inbox_ = false;
  run_workers(workers_.front().alarm());
}

void scheduler_base::run(inbox& messages) {
  joined_inbox both(workers_.front().alarm(), messages);
  serves_inbox_ = true;
  run_workers(both);
}

/// Whatever fails, the tasks that there are end first.
void scheduler_base::run_workers(inbox& watched_by_owner) {
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
  while (visitors_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  assert(!crew_.anyone_idle() && "a worker's sleep or search outlived the run");
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void scheduler_base::stop() noexcept {
  if (stopping_.exchange(true, std::memory_order_acq_rel)) return;
  if (worker* const own = own_worker()) own->loop().stop();
  crew_.wake_all();
}

void scheduler_base::fail(std::exception_ptr why) noexcept {
  if (!failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::move(why);
  stop();
}

void scheduler_base::bring(op& ready, worker& last, bool must_stay) noexcept {
  visitors_.fetch_add(1, std::memory_order_relaxed);
  if (must_stay || workers_.size() == 1) {
    last.send(ready);
  } else {
    crew_.push_shared(ready);
  }
  visitors_.fetch_sub(1, std::memory_order_release);
}

live_counts scheduler_base::live() const noexcept {
  std::uint64_t ended = 0;
  std::uint64_t begun = 0;
  for (const worker& each : workers_) ended += each.ended();
  for (const worker& each : workers_) begun += each.begun();
  return {static_cast<std::size_t>(begun - ended), 0};
}

}  // namespace skein::stealing
