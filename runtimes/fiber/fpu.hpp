// Keeps the floating-point exception flags equal between contexts (why: boost_switch.hpp).
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace skein::fiber {

/// Clears the sticky exception flags of the running context; nothing here reads them. Writing MXCSR
/// is slow, so it is written only if a flag is set.
inline void clear_sticky_flags() noexcept {
#if defined(__x86_64__)
  constexpr unsigned sticky = 0x3f;
  const unsigned state = _mm_getcsr();
  if ((state & sticky) != 0) _mm_setcsr(state & ~sticky);
#endif
}

}  // namespace skein::fiber
