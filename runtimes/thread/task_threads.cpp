#include "runtimes/thread/task_threads.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/shared/stack_overflow.hpp"
#include "runtimes/shared/thread_limits.hpp"

namespace skein::thread {

namespace {

#ifdef SKEIN_SANITIZED
// Sanitizers keep much of their state in thread-local storage and want deep stacks. Not measured.
constexpr std::size_t system_room_bytes = 2U << 20U;
#else
// glibc's thread descriptor (2.3 KB), thread-local storage with its static surplus (2 KB), and
// what pthread_create insists on beside it.
constexpr std::size_t system_room_bytes = 8192;
#endif

constexpr std::size_t cache_line_bytes = 64;

thread_local std::byte* own_read_buffer = nullptr;

std::size_t slot_bytes(const scheduler_options& options, std::size_t record_bytes) {
  const std::size_t least = static_cast<std::size_t>(::sysconf(_SC_THREAD_STACK_MIN));
  return std::max(options.stack_bytes + system_room_bytes, least) + options.buffer_bytes +
         record_bytes + 2 * cache_line_bytes;
}

/// The default stack size of pthread_create, which glibc read from RLIMIT_STACK when it started.
std::size_t system_stack_bytes() noexcept {
  static const std::size_t size_bytes = [] {
    pthread_attr_t usual;
    std::size_t found = 0;
    if (::pthread_getattr_default_np(&usual) != 0) return found;
    ::pthread_attr_getstacksize(&usual, &found);
    ::pthread_attr_destroy(&usual);
    return found;
  }();
  return size_bytes;
}

std::byte* align_down(std::byte* address) noexcept {
  return address - reinterpret_cast<std::uintptr_t>(address) % cache_line_bytes;
}

}  // namespace

task_threads::task_threads(const scheduler_options& options, stack_source stacks)
    : buffer_bytes_(options.buffer == buffer_policy::lent ? options.buffer_bytes : 0),
      max_tasks_(options.max_tasks) {
  if (stacks == stack_source::arena) {
    arena_.emplace(slot_bytes(options, sizeof(task)), options.max_tasks);
  }
  wake_ = checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
}

task_threads::~task_threads() {
  assert(live() == 0 && "a task outlived its scheduler: run() was not called to its end");
  join_ended();
  ::close(wake_);
}

std::byte* task_threads::read_buffer() noexcept {
  assert(own_read_buffer != nullptr && "read is called by a task");
  return own_read_buffer;
}

std::size_t task_threads::live() const {
  const std::scoped_lock lock(mutex_);
  return live_;
}

std::optional<guard_kind> task_threads::stack_guard() const noexcept {
  return arena_ ? std::optional(arena_->guards()) : std::nullopt;
}

void task_threads::wake() noexcept {
  // It fails only when the counter is full, and then the descriptor is readable already.
  [[maybe_unused]] const int written = ::eventfd_write(wake_, 1);
}

void task_threads::clear_wake() noexcept {
  eventfd_t signals = 0;
  [[maybe_unused]] const int read = ::eventfd_read(wake_, &signals);
}

void task_threads::join_ended() {
  const std::scoped_lock lock(mutex_);
  while (task* ended = pop_ended()) recycle(join(*ended));
}

// --- starting -------------------------------------------------------------------------------

/// A record, counted as live: at the top of an unused stack, or on the heap.
task_threads::task& task_threads::new_task() {
  const stack whole = take_stack();
  try {
    return lay_out(whole);
  } catch (...) {  // the heap is exhausted
    const std::scoped_lock lock(mutex_);
    --live_;
    throw;
  }
}

task_threads::task& task_threads::lay_out(stack whole) {
  if (whole.bottom == nullptr) {
    task& made = *new task;
    made.home = this;
    return made;
  }
  std::byte* buffer = align_down(whole.top() - buffer_bytes_);
  task& made = *::new (static_cast<void*>(align_down(buffer - sizeof(task)))) task;
  made.home = this;
  made.whole = whole;
  made.buffer = buffer;
  return made;
}

void task_threads::discard(task& unused) noexcept {
  const stack freed = unused.whole;
  if (freed.bottom == nullptr) delete &unused;
  const std::scoped_lock lock(mutex_);
  --live_;
  recycle(freed);
}

/// The mutex is held by the caller.
void task_threads::recycle(stack freed) noexcept {
  if (freed.bottom != nullptr) arena_->release(freed);
}

/// A stack for one more task, which is counted as live from here on: the stack of an ended task, or
/// a new one. Empty where the system makes stacks; even then one ended thread is joined.
stack task_threads::take_stack() {
  task* ended = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (live_ == max_tasks_) {
      const auto ceiling = static_cast<std::int64_t>(max_tasks_);
      throw limit_error("skein task ceiling (--tasks or --connections)", ceiling, ceiling + 1);
    }
    ended = pop_ended();
    if (ended == nullptr) {
      const stack fresh = arena_ ? arena_->allocate() : stack{};
      ++live_;
      return fresh;
    }
    ++live_;
  }
  return join(*ended);
}

void task_threads::start_thread(task& ready) {
  int refused = create(ready);
  if (refused == EAGAIN) {
    join_ended();
    refused = create(ready);
  }
  if (refused == EAGAIN) throw refused_thread(live(), arena_ ? 0 : system_stack_bytes());
  if (refused != 0) {
    errno = refused;
    throw_errno("pthread_create");
  }
}

int task_threads::create(task& ready) {
  pthread_t thread{};
  if (ready.whole.bottom == nullptr) return ::pthread_create(&thread, nullptr, &enter, &ready);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  const auto below_record =
      static_cast<std::size_t>(reinterpret_cast<std::byte*>(&ready) - ready.whole.bottom);
  int refused = ::pthread_attr_setstack(&attributes, ready.whole.bottom, below_record);
  if (refused == 0) refused = ::pthread_create(&thread, &attributes, &enter, &ready);
  ::pthread_attr_destroy(&attributes);
  return refused;
}

// --- running and ending ---------------------------------------------------------------------

void* task_threads::enter(void* argument) {
  task& self = *static_cast<task*>(argument);
  self.thread = ::pthread_self();
  if (self.whole.bottom == nullptr) {
    run_on_system_stack(self);
  } else {
    stack_overflow::cover_this_thread();
    self.home->run(self);
  }
  return nullptr;
}

/// The first frame of a task on a system stack. It holds the read buffer; where the buffer is too
/// large for such a stack, it holds the buffer's owner.
void task_threads::run_on_system_stack(task& self) noexcept {
  constexpr std::size_t fits_bytes = 64 * 1024;
  const std::size_t size_bytes = self.home->buffer_bytes_;
  std::unique_ptr<std::byte[]> large;
  if (size_bytes > fits_bytes) {
    large.reset(new std::byte[size_bytes]);
    self.buffer = large.get();
  } else {
    self.buffer = static_cast<std::byte*>(__builtin_alloca(size_bytes));
  }
  stack_overflow::cover_this_thread(&large, system_stack_bytes());
  self.home->run(self);
}

void task_threads::run(task& self) noexcept {
  own_read_buffer = self.buffer;
  self.run(self.work);
  ended(self);
}

void task_threads::ended(task& self) noexcept {
  bool last = false;
  {
    const std::scoped_lock lock(mutex_);
    self.next = nullptr;
    *ended_last_ = &self;
    ended_last_ = &self.next;
    last = --live_ == 0;
  }
  // The owner joins this thread before it destroys anything, so `this` is still there.
  if (last) wake();
}

/// The mutex is held by the caller.
task_threads::task* task_threads::pop_ended() noexcept {
  task* first = ended_first_;
  if (first == nullptr) return nullptr;
  ended_first_ = first->next;
  if (ended_first_ == nullptr) ended_last_ = &ended_first_;
  return first;
}

/// Waits until nothing runs on the stack of an ended task any more, and returns it.
stack task_threads::join(task& ended) {
  const stack freed = ended.whole;
  [[maybe_unused]] const int failed = ::pthread_join(ended.thread, nullptr);
  assert(failed == 0);
  if (freed.bottom == nullptr) delete &ended;
  return freed;
}

}  // namespace skein::thread
