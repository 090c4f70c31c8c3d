// What c10k is: its description, modes and sizes.
#pragma once

#include "workloads/all.hpp"

namespace skein::c10k {

const workloads::workload_info& info();

}  // namespace skein::c10k
