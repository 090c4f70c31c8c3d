#include "runtimes/thread/sync.hpp"

#include <limits>

namespace skein::thread {

namespace {

constexpr time_ns never_ns = std::numeric_limits<time_ns>::max();

}  // namespace

// --- what they share ------------------------------------------------------------------------

void sync_objects::stop() noexcept {
  stopped_.store(true, std::memory_order_release);
  const std::scoped_lock all(mutex_);
  for (sync_object* each = first_; each != nullptr; each = each->next_) {
    const std::scoped_lock lock(each->mutex_);
    each->on_stop_(*each);
  }
}

sync_object::sync_object(sync_objects& all, stop_fn on_stop) noexcept
    : all_(all), on_stop_(on_stop) {}

void sync_object::enlist() noexcept {
  const std::scoped_lock lock(all_.mutex_);
  next_ = all_.first_;
  link_ = &all_.first_;
  if (next_ != nullptr) next_->link_ = &next_;
  all_.first_ = this;
}

void sync_object::retire() noexcept {
  const std::scoped_lock lock(all_.mutex_);
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  link_ = nullptr;
}

int sync_object::wait_in(waiters& list, std::unique_lock<std::mutex>& lock, void* value) noexcept {
  waiter self;
  self.value = value;
  list.add(self);
  lock.unlock();
  // Relaxed: only the end of the loop depends on it. The lock, which is taken after, shows what the
  // other thread did.
  while (self.ended.load(std::memory_order_relaxed) == 0) {
    futex_wait_until(self.ended, 0, never_ns);
  }
  lock.lock();
  return self.result;
}

void sync_object::end(waiter& taken, int result) noexcept {
  taken.result = result;
  taken.ended.store(1, std::memory_order_relaxed);
  futex_wake_all(taken.ended);
}

// --- mutex ----------------------------------------------------------------------------------

bool mutex::acquire() noexcept {
  if (stopping()) return false;
  std::uint32_t free = 0;
  if (word_.compare_exchange_strong(free, 1, std::memory_order_acquire)) return true;
  std::unique_lock lock(mutex_);
  if (stopping()) return false;
  if (word_.exchange(2, std::memory_order_acquire) == 0) {
    word_.store(1, std::memory_order_relaxed);  // nobody waits: whoever did would have the lock
    return true;
  }
  return wait_in(waiting_, lock) == 0;
}

void mutex::unlock() noexcept {
  std::uint32_t held = 1;
  if (word_.compare_exchange_strong(held, 0, std::memory_order_release)) return;
  const std::scoped_lock lock(mutex_);
  if (waiter* const next = waiting_.take()) {
    if (waiting_.empty()) word_.store(1, std::memory_order_relaxed);
    end(*next, 0);
  } else {
    word_.store(0, std::memory_order_release);  // who waited was stopped
  }
}

// --- semaphore ------------------------------------------------------------------------------

bool semaphore::take_one() noexcept {
  std::unique_lock lock(mutex_);
  if (stopping()) return false;
  if (permits_ == 0) return wait_in(waiting_, lock) == 0;
  --permits_;
  return true;
}

void semaphore::release() noexcept {
  const std::scoped_lock lock(mutex_);
  if (waiter* const next = waiting_.take()) {
    end(*next, 0);
  } else {
    ++permits_;
  }
}

// --- event ----------------------------------------------------------------------------------

bool event::await() noexcept {
  std::unique_lock lock(mutex_);  // also where it is set: who set it has then let go of it
  if (stopping()) return false;
  if (is_set()) return true;
  return wait_in(waiting_, lock) == 0;
}

void event::set() noexcept {
  const std::scoped_lock lock(mutex_);
  set_.store(true, std::memory_order_release);
  end_all(waiting_, 0);
}

// --- scope ----------------------------------------------------------------------------------

bool scope::await_all() noexcept {
  std::unique_lock lock(mutex_);
  if (running_ > 0) wait_in(joiners_, lock);
  return true;
}

}  // namespace skein::thread
