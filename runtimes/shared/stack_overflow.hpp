// Telling a stack overflow from other crashes: a fault in the guard below a task's stack is named
// before the process dies of it.
//
// A stack that overflows has no room for a signal handler, so the handler runs on an alternate
// stack. Only one thread overflows before the process ends, so threads share 64 of them; each says
// once that it uses one, in turn. Of several that overflow in the same moment the first writes the
// notices, and the others give it a second. Only where there are more than 64 threads can two of
// these be on one stack: the later one then overwrites what the first goes on with, so a notice may
// be cut short or missing. The process ends by a signal all the same.
//
// Known as overflows are faults in the guards of any stack_arena and, for threads on stacks of the
// system's, faults near the end of their stack. Everything else is left to what was there before.
// In sanitizer builds all of this does nothing: the sanitizers have handlers of their own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace skein {

class stack_arena;

namespace stack_overflow {

/// What is written, and where, when a task has left its stack. Lines of their own, with newlines.
struct notice {
  int descriptor;
  std::string text;
};

/// From now on an overflow writes the notices and then ends the process as it would have ended:
/// by SIGSEGV or SIGBUS. For the whole process, and for good; call it once, before there are
/// threads. Throws std::system_error.
void report(std::vector<notice> notices);

/// Makes the calling thread use an alternate stack; nothing unless report() was called. For every
/// thread that tasks run on, before the first of them; report() does it for its caller.
void cover_this_thread() noexcept;

/// The same for a thread on a stack of the system's: `top` is an address near its upper end.
void cover_this_thread(const void* top, std::size_t stack_bytes) noexcept;

/// Arenas make themselves known. Up to 64 at a time; those beyond are not watched.
void know(const stack_arena& arena) noexcept;
void forget(const stack_arena& arena) noexcept;

}  // namespace stack_overflow
}  // namespace skein
