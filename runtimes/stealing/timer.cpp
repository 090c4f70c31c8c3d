#include "runtimes/stealing/timer.hpp"

#include <cassert>
#include <thread>
#include <utility>

#include "runtimes/stealing/worker.hpp"

namespace skein::stealing {

timer::timer() noexcept : op(&on_end) {
  letter::open = &on_open;
}

bool timer::begin(op& waiter, time_ns until_ns) noexcept {
  assert(word_.load(std::memory_order_relaxed) == word::idle &&
         "a timer carries one wait at a time (T3)");
  waiter_ = &waiter;
  at_ = worker::current();
  deadline_ns = until_ns;
  waiter.state = op_state::waiting;
  if (at_->loop().submit_sleep(*this) == submitted::done) {
    waiter.state = op_state::idle;
    return false;
  }
  word_.store(word::armed, std::memory_order_release);
  return true;
}

void timer::cancel() noexcept {
  word now = word::armed;
  if (!word_.compare_exchange_strong(now, word::cancelled, std::memory_order_acq_rel,
                                     std::memory_order_relaxed)) {
    return;
  }
  assert(worker::current() != nullptr && "a sleep is cancelled by a task");
  if (at_ == worker::current()) return open_here();
  at_->post(*this);
}

void timer::withdraw() noexcept {
  waiter_->state = op_state::idle;
  waiter_ = nullptr;
  word now = word::armed;
  if (word_.compare_exchange_strong(now, word::idle, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
    return at_->loop().withdraw_sleep(*this);
  }
  while (!opened_ && word_.load(std::memory_order_relaxed) == word::cancelled) {
    at_->open_letters();
    if (!opened_) std::this_thread::yield();
  }
  if (!std::exchange(opened_, false)) return;
  at_->loop().withdraw_sleep(*this);
  word_.store(word::idle, std::memory_order_release);
}

// --- on the worker's thread ---------------------------------------------------------------------

/// The loop completes the sleep.
void timer::on_end(op& ended) noexcept {
  timer& self = static_cast<timer&>(ended);
  word now = word::armed;
  if (self.word_.compare_exchange_strong(now, word::idle, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
    return self.wake_waiter();
  }
  if (self.opened_) return self.wake_cancelled();
  self.ended_ = true;
}

void timer::on_open(letter& opened) noexcept {
  static_cast<timer&>(opened).open_here();
}

void timer::open_here() noexcept {
  if (ended_) return wake_cancelled();
  opened_ = true;
  at_->loop().cancel_sleep(*this);
}

void timer::wake_cancelled() noexcept {
  ended_ = false;
  opened_ = false;
  word_.store(word::idle, std::memory_order_release);
  wake_waiter();
}

/// The timer may be no more when this returns.
void timer::wake_waiter() noexcept {
  if (waiter_ == nullptr) return;
  op& waiter = *waiter_;
  waiter.state = op_state::idle;
  waiter.complete(waiter);
}

}  // namespace skein::stealing
