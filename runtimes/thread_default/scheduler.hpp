// One OS thread per task as std::thread makes them: the runtime `thread` on the system's stacks.
//
// The default attributes of pthreads: a stack of RLIMIT_STACK (usually 8 MiB of address space) with
// a mapping and a guard of its own. glibc maps it when the thread starts and, beyond the 40 MiB
// that it caches, unmaps it when the thread ends. Everything else is as in `thread`, so the two
// runtimes differ only in what a stack costs. `--stack-bytes` has no effect here. A task's callable
// lies on the heap, as std::thread's does, and its read buffer in its first frame.
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
