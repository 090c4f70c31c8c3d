#include "runtimes/boost_fiber/algorithm.hpp"

#include <utility>

#include "runtimes/clock.hpp"

namespace skein::boost_fiber {

fibers::context* algorithm::pick_next() noexcept {
  if (ready_.empty()) return nullptr;
  if (!dispatcher_is_ready_) begin_turn();
  fibers::context& next = ready_.front();
  ready_.pop_front();
  if (next.is_context(fibers::type::dispatcher_context)) dispatcher_is_ready_ = false;
  return &next;
}

void algorithm::begin_turn() {
  if (runner_ == nullptr || ++turns_ % turns_between_looks != 0) return;
  on_.restart();
  on_.poll();
}

void algorithm::suspend_until(const time_point& wanted) noexcept {
  if (on_.is_over()) return end_run();
  set_wake_up(wanted);
  on_.restart();
  stuck_ = on_.run_one() == 0;
  if (!stuck_) on_.poll();
  if (stuck_ || on_.is_over()) end_run();
}

/// Setting Asio's timer ends a wait that is pending, whose handler then does nothing.
void algorithm::set_wake_up(const time_point& wanted) {
  if (wanted == wake_up_at_) return;
  wake_up_at_ = wanted;
  if (wanted == time_point::max()) {
    wake_up_.cancel();
    return;
  }
  wake_up_.expires_at(asio::clock::time_point(wanted.time_since_epoch()));
  wake_up_.async_wait([this](const asio::error_code& cancelled) {
    if (!cancelled) wake_up_at_ = time_point::max();
  });
}

void algorithm::end_run() {
  if (runner_ == nullptr) return;
  fibers::context::active()->schedule(std::exchange(runner_, nullptr));
}

bool algorithm::wait_for_the_end() {
  stuck_ = false;
  while (!on_.is_over() && !stuck_) {
    runner_ = fibers::context::active();
    runner_->suspend();
  }
  return !stuck_;
}

}  // namespace skein::boost_fiber
