#include "runtimes/thread/sleepers.hpp"

#include <cassert>

namespace skein::thread {

wake sleepers::sleep_until(time_ns deadline_ns) noexcept {
  while (!stopping()) {
    if (monotonic_clock::now_ns() >= deadline_ns) return wake::due;
    futex_wait_until(stop_word_, 0, deadline_ns);
  }
  return wake::cancelled;
}

wake sleepers::sleep_until(timer& on, time_ns deadline_ns) noexcept {
  timer_list& list = list_of(on);
  if (!arm(on, list)) return wake::cancelled;
  // Relaxed: only the end of the loop depends on it. disarm takes the list's lock, and through that
  // this thread sees what cancel did before.
  while (on.state_.load(std::memory_order_relaxed) == timer::armed &&
         monotonic_clock::now_ns() < deadline_ns) {
    futex_wait_until(on.state_, timer::armed, deadline_ns);
  }
  return disarm(on, list);
}

void sleepers::cancel(timer& target) noexcept {
  const std::scoped_lock lock(list_of(target).mutex);
  end(target);
}

void sleepers::stop() noexcept {
  if (stop_word_.exchange(1, std::memory_order_acq_rel) != 0) return;
  futex_wake_all(stop_word_);
  for (timer_list& list : lists_) {
    const std::scoped_lock lock(list.mutex);
    for (timer* linked = list.first; linked != nullptr; linked = linked->next_) end(*linked);
  }
}

sleepers::timer_list& sleepers::list_of(const timer& of) noexcept {
  // Stacks are a multiple of the page apart and timers lie at similar offsets in them, so the
  // higher bits are mixed in.
  const auto address = reinterpret_cast<std::uintptr_t>(&of);
  return lists_[(address >> 4 ^ address >> 12 ^ address >> 16) % lists_.size()];
}

/// False, and the timer is not armed, if the scheduler is stopping.
bool sleepers::arm(timer& on, timer_list& list) noexcept {
  const std::scoped_lock lock(list.mutex);
  if (stopping()) return false;
  assert(on.state_.load(std::memory_order_relaxed) == timer::idle &&
         "a timer carries one wait at a time (T3)");
  on.state_.store(timer::armed, std::memory_order_relaxed);
  on.next_ = list.first;
  on.link_ = &list.first;
  if (on.next_ != nullptr) on.next_->link_ = &on.next_;
  list.first = &on;
  return true;
}

wake sleepers::disarm(timer& on, timer_list& list) noexcept {
  const std::scoped_lock lock(list.mutex);
  *on.link_ = on.next_;
  if (on.next_ != nullptr) on.next_->link_ = on.link_;
  const bool was_cancelled =
      on.state_.exchange(timer::idle, std::memory_order_relaxed) == timer::cancelled;
  return was_cancelled ? wake::cancelled : wake::due;
}

/// Ends the sleep on a timer whose list is locked; does nothing to an idle one.
void sleepers::end(timer& armed) noexcept {
  std::uint32_t expected = timer::armed;
  if (armed.state_.compare_exchange_strong(expected, timer::cancelled, std::memory_order_relaxed)) {
    futex_wake_all(armed.state_);
  }
}

}  // namespace skein::thread
