// Valgrind's client requests are a few instructions that do nothing outside valgrind. Only its
// headers are needed, and they may be missing.
//
// Fibers: callgrind need not know their stacks. It attributes instructions to functions by watching
// calls and returns, which a switch of stacks confuses. But only the sum is read here, and the sum
// counts what was executed.
#include "harness/micro/counted.hpp"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define SKEIN_HAS_CALLGRIND 1
#endif

namespace skein::micro {

#ifdef SKEIN_HAS_CALLGRIND

void toggle_counting() noexcept {
  CALLGRIND_TOGGLE_COLLECT;
}

bool can_count() noexcept {
  return RUNNING_ON_VALGRIND != 0;
}

#else

void toggle_counting() noexcept {}

bool can_count() noexcept {
  return false;
}

#endif

}  // namespace skein::micro
