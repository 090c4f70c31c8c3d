#include "runtimes/boost_fiber/scheduler.hpp"

#include <algorithm>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/operations.hpp>
#include <cassert>
#include <chrono>
#include <optional>
#include <stdexcept>

namespace skein::boost_fiber {

void sleep::cancel() noexcept {
  if (!sleeper->sleep_is_linked()) return;
  cancelled = true;
  fibers::context::active()->schedule(sleeper);
}

scheduler::scheduler(const scheduler_options& options)
    : scheduler_base(options), algorithm_(new algorithm(on())) {
  assert(of_this_thread_ == nullptr && "one scheduler of Boost.Fiber's at a time on a thread");
  of_this_thread_ = this;
  fibers::context::active()->get_scheduler()->set_algo(algorithm_);
}

scheduler::~scheduler() {
  of_this_thread_ = nullptr;
  fibers::use_scheduling_algorithm<fibers::algo::round_robin>();
}

// --- tasks ----------------------------------------------------------------------------------

void scheduler::reserve_task() {
  const std::size_t most = on().options().max_tasks;
  if (on().tasks() >= most) {
    throw limit_error("skein task ceiling (--tasks or --connections)",
                      static_cast<std::int64_t>(most), static_cast<std::int64_t>(most) + 1);
  }
  on().task_started();
}

void scheduler::refuse_task() {
  on().task_ended();
  throw limit_error("memory", std::nullopt, static_cast<std::int64_t>(on().options().stack_bytes));
}

/// Runs the handlers of cancelled operations first, so that their fibers are ahead of the caller in
/// the queue.
void scheduler::yield() {
  if (std::exchange(ends_are_queued_, false)) {
    return wait([this](auto wake_up) { asio::net::post(on(), wake_up); });
  }
  on().refill_inline();
  boost::this_fiber::yield();
}

void scheduler::share_turns() {
  if (!on().take_inline()) yield();
}

void scheduler::run_with(inbox* messages) {
  const asio::loop::run_scope running(on(), messages);
  if (!algorithm_->wait_for_the_end()) {
    throw std::logic_error("Boost.Fiber: tasks are left that wait for nothing");
  }
}

void scheduler::stop() {
  scheduler_base::stop();
  ends_are_queued_ = true;
  for (sleep& each : sleeps_) each.cancel();
}

void scheduler::cancel(connection& target) {
  target.cancel();
  ends_are_queued_ = true;
}

void scheduler::cancel(listener& target) {
  target.cancel();
  ends_are_queued_ = true;
}

// --- waiting --------------------------------------------------------------------------------

template <class Start>
void scheduler::wait(Start start) {
  fibers::context* const self = fibers::context::active();
  bool called = false;
  start([self, &called] {
    called = true;
    fibers::context::active()->schedule(self);
  });
  while (!called) self->suspend();
  on().refill_inline();
}

wake scheduler::sleep_on(timer* sleeps, time_ns deadline_ns) {
  if (on().is_stopping()) {
    yield();
    return wake::cancelled;
  }
  sleep waiting(fibers::context::active());
  sleeps_.push_back(waiting);
  if (sleeps != nullptr) sleeps->pending_ = &waiting;
  boost::this_fiber::sleep_until(algorithm::time_point(std::chrono::nanoseconds(deadline_ns)));
  if (sleeps != nullptr) sleeps->pending_ = nullptr;
  on().refill_inline();
  return waiting.cancelled ? wake::cancelled : wake::due;
}

scheduler::connection* scheduler::accept(listener& from) {
  connection* made = nullptr;
  if (from.error() != 0) {
    yield();
    return made;
  }
  wait([&](auto wake_up) {
    from.wait(
        [&, wake_up](const asio::error_code& said, asio::stream<asio::concrete_executor> peer) {
          made = from.accepted(said, std::move(peer));
          wake_up();
        });
  });
  return made;
}

bytes scheduler::read(connection& from) {
  if (from.was_filled() && from.error() == 0) {
    share_turns();
    if (from.error() == 0) {
      if (const auto chunk = from.read()) return *chunk;
    }
  }
  while (from.error() == 0) {
    std::size_t count = 0;
    wait([&](auto wake_up) {
      const auto waited = [&, wake_up](const asio::error_code& said, std::size_t read = 0) {
        from.waited(said);
        count = read;
        wake_up();
      };
      if (from.reads_into_own()) {
        from.read_into_own(waited);
      } else {
        from.wait_to_read([waited](const asio::error_code& said) { waited(said); });
      }
    });
    if (from.error() != 0) return {};
    if (from.reads_into_own()) return from.own(count);
    if (const auto chunk = from.read()) return *chunk;
  }
  yield();
  return {};
}

bool scheduler::write(connection& to, bytes data) {
  const std::size_t taken = to.error() == 0 ? to.write(data) : 0;
  if (const bool failed = to.error() != 0; failed || taken == data.size()) {
    share_turns();
    return !failed;
  }
  bytes rest = data.subspan(taken);
  std::unique_ptr<std::byte[]> copy;  // lent bytes are valid until the task waits
  if (on().is_scratch(rest)) {
    copy = std::make_unique_for_overwrite<std::byte[]>(rest.size());
    std::copy(rest.begin(), rest.end(), copy.get());
    rest = {copy.get(), rest.size()};
  }
  bool complete = false;
  wait([&](auto wake_up) {
    to.write_all(rest, [&, wake_up](const asio::error_code& said, std::size_t) {
      complete = to.written(said);
      wake_up();
    });
  });
  return complete;
}

}  // namespace skein::boost_fiber
