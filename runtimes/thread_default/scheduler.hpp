// One OS thread per task as std::thread makes them: the runtime `thread` on the system's stacks.
//
// Default attributes of pthreads: a stack of RLIMIT_STACK (usually 8 MiB of address space), a
// mapping and a guard of its own, made by glibc when the thread starts and, beyond the 40 MiB it
// caches, unmapped when it ends. All else is `thread`'s, so that the two differ in what a stack
// costs. `--stack-bytes` says nothing here; a task's callable lies on the heap, as std::thread's
// does, and its read buffer in its first frame.
#pragma once

#include "runtimes/thread/scheduler.hpp"

namespace skein::thread_default {

class scheduler : public thread::scheduler {
 public:
  explicit scheduler(const scheduler_options& options)
      : thread::scheduler(options, thread::stack_source::system) {}

  static runtime_info info();
};

static_assert(direct_scheduler<scheduler>);

}  // namespace skein::thread_default
