#include "runtimes/future/shared_waker.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/future/scheduler.hpp"

namespace skein::future {

namespace {

shared_waker& shared(void* data) noexcept {
  return *static_cast<shared_waker*>(data);
}

}  // namespace

// --- shared_waker ---------------------------------------------------------------------------

const waker_table shared_waker::table{
    .clone = [](void* data) { return shared(data).clone(); },
    .wake =
        [](void* data) noexcept {
          shared(data).wake();
          shared(data).release();
        },
    .wake_by_ref = [](void* data) noexcept { shared(data).wake(); },
    .drop = [](void* data) noexcept { shared(data).release(); }};

/// The decrement that finds 1 happens after all others (acquire), each of which happens after its
/// owner's last use (release).
void shared_waker::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void shared_waker::wake() noexcept {
  const std::scoped_lock lock(mutex_);
  if (task_ != nullptr) task_->home.wake_from_anywhere(*task_, *this);
}

// --- remote_wakes ---------------------------------------------------------------------------

remote_wakes::remote_wakes(scheduler& of)
    : scheduler_(of), event_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {}

remote_wakes::~remote_wakes() {
  for (shared_waker* left : listed_) left->release();
  ::close(event_);
}

void remote_wakes::add(shared_waker& woken) noexcept {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    if (woken.listed_) return;
    woken.listed_ = true;
    woken.acquire();
    first = listed_.empty();
    listed_.push_back(&woken);
  }
  if (first) ::eventfd_write(event_, 1);
}

void remote_wakes::on_readable() noexcept {
  eventfd_t ignored = 0;
  ::eventfd_read(event_, &ignored);
  {
    const std::scoped_lock lock(mutex_);
    taken_.swap(listed_);
    for (shared_waker* each : taken_) each->listed_ = false;
  }
  for (shared_waker* each : taken_) {
    if (each->task() != nullptr) scheduler_.wake(*each->task());
    each->release();
  }
  taken_.clear();
}

}  // namespace skein::future
