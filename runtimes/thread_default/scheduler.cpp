#include "runtimes/thread_default/scheduler.hpp"

namespace skein::thread_default {

runtime_info scheduler::info() {
  runtime_info info = thread::scheduler::info();
  info.id = "thread_default";
  info.task = "an OS thread on the stack that std::thread gets (RLIMIT_STACK)";
  info.stacks_from_system = true;
  return info;
}

}  // namespace skein::thread_default
