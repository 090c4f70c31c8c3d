// The fiber runtime on a switch of our own (asm_switch.hpp): the same stacks, loop, wheel and
// verbs, so that it differs from `fiber` in what a switch costs and in nothing else. x86-64 only.
//
// One clause more than `fiber` for tasks: floating-point modes are not kept across a wait.
#pragma once

#if defined(__x86_64__)

#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/fiber_asm/asm_switch.hpp"

namespace skein::fiber_asm {

using scheduler = fiber::basic_scheduler<epoll_loop, asm_switch>;

static_assert(direct_scheduler<scheduler>);

}  // namespace skein::fiber_asm

#endif
