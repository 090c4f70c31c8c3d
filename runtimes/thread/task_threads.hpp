// One thread per task, the count of live ones, and the reuse of their stacks.
//
// Stacks come from our arena or from the system (stack_source). The layout of a task's slot in the
// arena, from the top down:
//
//     read buffer
//     task record
//     the task's callable
//     ---------------------------- what lies below is handed to pthread_create
//     glibc's thread descriptor, thread-local storage
//     frames ...
//     guard
//
// The part above the line is ours, so a task costs no heap allocation of ours. Each task has a read
// buffer of its own: a loop can lend one scratch buffer to all its tasks, but threads run at the
// same time and have only their stacks. On a system stack the buffer is in the thread's first
// frame, and the record is on the heap because it outlives the thread.
//
// Ending a thread is the hard part. A stack may be reused only when the kernel and glibc are done
// with the thread on it, and a thread cannot know that about itself. So:
//   1. Threads are joinable. As its last act in our code a thread takes the mutex, appends its
//      record to the list of ended threads and leaves the live count. The record is still on its
//      stack.
//   2. spawn takes the oldest ended record off the list, joins that thread and uses its stack. Only
//      when the list is empty does it take a new stack from the arena. The join waits at most for
//      the few instructions from the unlock to the thread's death; taking the oldest makes that
//      rare. Nobody else can join the thread, because it is off the list. The thread does not need
//      the mutex again, so joining it with the mutex held would be safe; spawn releases the mutex
//      only so that others need not wait.
//   3. So stacks in use = live + ended, whenever the mutex is free. (A spawn that is still joining
//      already counts as live.) With at most max_tasks live, an arena of max_tasks stacks always
//      has one for the next task: when the arena is full, the list of ended threads is not empty.
//   4. The owner waits until live() is 0 and then joins all ended threads. After that no thread of
//      ours exists, and what the last one touched (the mutex, the wake-up) may be destroyed.
//   5. When pthread_create refuses a thread (EAGAIN), the cause may be threads that are still
//      ending. They are joined, and pthread_create is tried once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <optional>
#include <pthread.h>
#include <type_traits>
#include <utility>

#include "runtimes/options.hpp"
#include "runtimes/shared/stack_arena.hpp"

namespace skein::thread {

/// Where threads' stacks come from: the guarded arena, or pthread_create's default.
enum class stack_source : std::uint8_t { arena, system };

class task_threads {
 public:
  /// `options.stack_bytes` is what a task can use; room for glibc, the read buffer and the record
  /// is added to it. System stacks have their own size. Throws limit_error if there is no room for
  /// max_tasks stacks.
  task_threads(const scheduler_options& options, stack_source stacks);
  ~task_threads();
  task_threads(const task_threads&) = delete;
  task_threads& operator=(const task_threads&) = delete;

  /// Runs a copy of `work` on a thread of its own. Any thread may call it. Throws limit_error.
  template <class Work>
  void start(Work&& work);

  /// The calling task's own read buffer, buffer_bytes long.
  static std::byte* read_buffer() noexcept;

  /// Tasks whose work has not ended. Any thread may call it.
  std::size_t live() const;

  /// How the arena's stacks are guarded; empty without an arena.
  std::optional<guard_kind> stack_guard() const noexcept;

  /// A descriptor that is readable after live() became 0, or after wake().
  int wake_descriptor() const noexcept { return wake_; }
  void wake() noexcept;
  void clear_wake() noexcept;

  void join_ended();

 private:
  /// Room for a callable; a larger one is refused at compile time.
  static constexpr std::size_t work_room_bytes = 256;

  struct task {
    task_threads* home = nullptr;
    void (*run)(void* work) noexcept = nullptr;
    task* next = nullptr;         ///< in the list of ended threads; guarded by the mutex
    pthread_t thread{};           ///< set by the thread itself
    stack whole;                  ///< empty on a system stack
    std::byte* buffer = nullptr;  ///< on a system stack: null until the thread runs
    alignas(std::max_align_t) std::byte work[work_room_bytes];
  };

  task& new_task();
  task& lay_out(stack whole);
  void discard(task& unused) noexcept;
  void start_thread(task& ready);
  static int create(task& ready);
  stack take_stack();
  task* pop_ended() noexcept;
  static stack join(task& ended);
  void recycle(stack freed) noexcept;
  void ended(task& self) noexcept;
  void run(task& self) noexcept;
  static void run_on_system_stack(task& self) noexcept;
  static void* enter(void* argument);

  const std::size_t buffer_bytes_;
  const std::size_t max_tasks_;
  int wake_ = -1;

  mutable std::mutex mutex_;          ///< guards all below, and the reuse of stacks (rules 1 to 3)
  std::optional<stack_arena> arena_;  ///< empty with system stacks
  std::size_t live_ = 0;
  task* ended_first_ = nullptr;
  task** ended_last_ = &ended_first_;
};

template <class Work>
void task_threads::start(Work&& work) {
  using callable = std::decay_t<Work>;
  static_assert(sizeof(callable) <= work_room_bytes, "a task captures at most this much");
  static_assert(alignof(callable) <= alignof(std::max_align_t));
  task& made = new_task();
  try {
    ::new (static_cast<void*>(made.work)) callable(std::forward<Work>(work));
  } catch (...) {
    discard(made);
    throw;
  }
  made.run = [](void* place) noexcept {
    callable& stored = *std::launder(static_cast<callable*>(place));
    stored();
    stored.~callable();
  };
  try {
    start_thread(made);
  } catch (...) {
    std::launder(reinterpret_cast<callable*>(made.work))->~callable();
    discard(made);
    throw;
  }
}

}  // namespace skein::thread
