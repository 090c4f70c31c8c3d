// The two sides of a shard: the calls of the controller, and the thread that runs the loop.
#include "workloads/c10k/shard.hpp"

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/shared/stack_overflow.hpp"
#include "runtimes/shared/thread_limits.hpp"

namespace skein::c10k {
namespace {

void signal_event(int event) noexcept {
  const std::uint64_t one = 1;
  while (::write(event, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void clear_event(int event) noexcept {
  std::uint64_t count = 0;
  while (::read(event, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

/// The threads of this process, the calling one included.
std::size_t count_threads() {
  std::error_code unreadable;
  const std::filesystem::directory_iterator all("/proc/self/task", unreadable);
  if (unreadable) return 1;
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// The size of the stack that glibc maps for a std::thread.
std::size_t thread_stack_bytes() {
  pthread_attr_t defaults;
  ::pthread_attr_init(&defaults);
  std::size_t size_bytes = 0;
  ::pthread_attr_getstacksize(&defaults, &size_bytes);
  ::pthread_attr_destroy(&defaults);
  return size_bytes;
}

}  // namespace

// --- the controller's thread ----------------------------------------------------------------

shard::command_event::command_event()
    : descriptor_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

shard::shard(const parameters& asked, const program_maker& make, int ended_event) {
  start_thread(asked, make, ended_event);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stage_ != stage::making; });
  if (stage_ != stage::ended) return;
  lock.unlock();
  thread_.join();
  std::rethrow_exception(failure_);
}

shard::~shard() {
  stop();
  thread_.join();
}

void shard::start_thread(const parameters& asked, const program_maker& make, int ended_event) {
  try {
    thread_ = std::thread(
        [this, &asked, &make, ended_event] { live_on_own_table(asked, make, ended_event); });
  } catch (const std::system_error& refused) {
    if (refused.code() != std::errc::resource_unavailable_try_again) throw;
    throw refused_thread(count_threads(), thread_stack_bytes());
  }
}

void shard::start() {
  const std::lock_guard lock(mutex_);
  may_run_ = true;
  changed_.notify_all();
}

void shard::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  signal_event(command_event_.descriptor());
}

bool shard::ended() const {
  const std::lock_guard lock(mutex_);
  return stage_ == stage::ended;
}

shard::counts shard::ask_counts() const {
  std::unique_lock lock(mutex_);
  // Before it runs, a program has counted nothing, and nobody would answer.
  if (stage_ == stage::running) {
    counts_wanted_ = true;
    signal_event(command_event_.descriptor());
    changed_.wait(lock, [this] { return !counts_wanted_ || stage_ == stage::ended; });
  }
  return counts_;
}

std::exception_ptr shard::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

// --- the shard's thread ---------------------------------------------------------------------

void shard::live_on_own_table(const parameters& asked, const program_maker& make, int ended_event) {
  stack_overflow::cover_this_thread();  // tasks run on this thread
  try {
    if (own_descriptor_tables) checked(::unshare(CLONE_FILES), "unshare(CLONE_FILES)");
    make_program(asked, make);
    run_program();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
  end(ended_event);
}

void shard::make_program(const parameters& asked, const program_maker& make) {
  program_ = make(asked);
  port_ = program_->port().value_or(0);
  listener_ = program_->listener_in_force();
  stack_guard_ = program_->stack_guard();
  const std::lock_guard lock(mutex_);
  stage_ = stage::made;
  changed_.notify_all();
}

void shard::run_program() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return may_run_ || stopping_; });
    if (!may_run_) return;
    stage_ = stage::running;
  }
  program_->run(*this);
}

/// Counts once more and destroys the program on the thread that made it.
void shard::end(int ended_event) {
  const counts last = program_ ? count() : counts{};
  program_.reset();
  const std::lock_guard lock(mutex_);
  counts_ = last;
  stage_ = stage::ended;
  changed_.notify_all();
  signal_event(ended_event);
}

/// Called by the loop. Carries out all commands since the last call.
void shard::on_readable() noexcept {
  clear_event(command_event_.descriptor());
  const std::lock_guard lock(mutex_);
  if (counts_wanted_) {
    counts_ = count();
    counts_wanted_ = false;
    changed_.notify_all();
  }
  if (stopping_) program_->stop();
}

shard::counts shard::count() const {
  return {program_->counts(), program_->live(), program_->frame_bytes()};
}

}  // namespace skein::c10k
