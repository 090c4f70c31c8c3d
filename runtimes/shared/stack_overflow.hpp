// Tells a stack overflow from other crashes: a fault in the guard below a task's stack is named
// before it ends the process.
//
// A stack that overflows has no room for a signal handler, so the handler runs on an alternate
// stack. Only one thread overflows before the process ends, so all threads share 64 of these; each
// thread registers one of them, in turn. Of several threads that overflow at the same moment the
// first writes the notices, and the others give it a second. Only with more than 64 threads can two
// of them be on one alternate stack: the later one then overwrites what the first continues with,
// so a notice may be cut short or missing. The process ends by a signal all the same.
//
// Overflows are faults in the guards of any stack_arena and, for threads on system stacks, faults
// near the end of their stack. Everything else is left to the previous handling. In sanitizer
// builds all of this does nothing: the sanitizers have handlers of their own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace skein {

class stack_arena;

namespace stack_overflow {

/// What is written, and where, when a task has left its stack. Whole lines, with newlines.
struct notice {
  int descriptor;
  std::string text;
};

/// From now on an overflow writes the notices and then ends the process as it would have ended
/// without them: by SIGSEGV or SIGBUS. For the whole process, and for good; call it once, before
/// there are threads. Throws std::system_error.
void report(std::vector<notice> notices);

/// Makes the calling thread use an alternate stack; does nothing unless report() was called. To be
/// called on every thread that runs tasks, before the first of them; report() does it for its
/// caller.
void cover_this_thread() noexcept;

/// The same for a thread on a system stack: `top` is an address near its upper end.
void cover_this_thread(const void* top, std::size_t stack_bytes) noexcept;

/// Arenas register themselves, up to 64 at a time; further ones are not watched.
void know(const stack_arena& arena) noexcept;
void forget(const stack_arena& arena) noexcept;

}  // namespace stack_overflow
}  // namespace skein
