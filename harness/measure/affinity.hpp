// Which CPUs this process may run on. Leaves out which it should (conductor/prepare/pinning.hpp).
#pragma once

#include <vector>

namespace skein::measure {

/// In ascending order. Throws std::system_error.
std::vector<int> allowed_cpus();

/// Pins the calling thread; to no CPUs: leaves it as it is. Throws std::system_error.
void pin_self(const std::vector<int>& cpus);

}  // namespace skein::measure
