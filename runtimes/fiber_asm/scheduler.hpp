// The fiber runtime on our own switch (asm_switch.hpp). Stacks, loop, wheel and verbs are those of
// `fiber`, so the two differ only in the cost of a switch. x86-64 only.
//
// Tasks have one restriction more than in `fiber`: floating-point modes are not kept across a wait.
#pragma once

#if defined(__x86_64__)

#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/fiber_asm/asm_switch.hpp"

namespace skein::fiber_asm {

using scheduler = fiber::basic_scheduler<epoll_loop, asm_switch>;

static_assert(direct_scheduler<scheduler>);

}  // namespace skein::fiber_asm

#endif
