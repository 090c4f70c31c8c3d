// What timers is: its description, patterns and sizes.
#pragma once

#include "workloads/all.hpp"

namespace skein::timers {

const workloads::workload_info& info();

}  // namespace skein::timers
