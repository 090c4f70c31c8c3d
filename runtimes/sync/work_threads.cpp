#include "runtimes/sync/work_threads.hpp"

#include <cassert>
#include <csignal>

namespace skein::sync {

namespace {

/// Threads that are made meanwhile have all signals blocked.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

work_threads::work_threads(std::size_t threads, mailbox& to) : to_(to) {
  const signals_blocked meanwhile;
  threads_.reserve(threads);
  try {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back(&work_threads::serve, this);
  } catch (...) {
    end();
    throw;
  }
}

work_threads::~work_threads() {
  assert(queued_.empty() && "a pool ended with work to do");
  end();
}

void work_threads::end() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  for (std::thread& each : threads_) each.join();
}

void work_threads::add(job& added) {
  {
    const std::scoped_lock lock(mutex_);
    added.at = job::stage::queued;
    queued_.push(added);
  }
  changed_.notify_one();
}

bool work_threads::take_back(job& unwanted) noexcept {
  std::unique_lock lock(mutex_);
  if (unwanted.at == job::stage::queued) {
    queued_.remove(unwanted);
    return true;
  }
  done_.wait(lock, [&] { return unwanted.at == job::stage::done; });
  return false;
}

job* work_threads::take_back_any() noexcept {
  const std::scoped_lock lock(mutex_);
  return static_cast<job*>(queued_.pop());
}

/// A job is posted under the lock, so that who waits for its end finds its letter. Once the lock is
/// given up the job may be no more.
void work_threads::serve() noexcept {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || !queued_.empty(); });
    if (queued_.empty()) return;
    job& next = static_cast<job&>(*queued_.pop());
    next.at = job::stage::begun;
    lock.unlock();
    next.work(next.on);
    lock.lock();
    next.at = job::stage::done;
    to_.post(next);
    done_.notify_all();
  }
}

}  // namespace skein::sync
