// The part of a cell that its workload declares, for tests that know which it is.
#pragma once

#include "harness/cells/cell.hpp"

namespace skein::test {

inline c10k::cell& served(cells::cell& asked) {
  return std::get<c10k::cell>(asked.of);
}
inline timers::cell& sleeping(cells::cell& asked) {
  return std::get<timers::cell>(asked.of);
}

}  // namespace skein::test
