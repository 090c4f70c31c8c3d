// The conditions a worker runs under beside its cell: what it was built with and the options of its
// program, read back where the system reports them. The conductor compares them with what it asked
// for, and scripts/skein_scripts/records/conditions.py compares them between runtimes.
#pragma once

#include <string>
#include <string_view>

#include "harness/measure/json.hpp"
#include "runtimes/info.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

/// The `conditions` of a `ready` message (harness/PROTOCOL.md); null where one does not apply to
/// the runtime or the workload. Call it in the process that runs the program. Throws
/// std::system_error.
measure::json conditions_of(const runtime_info& runtime, const workloads::parameters& given,
                            const workloads::program& program);

/// The malloc that this process calls: "glibc malloc 2.36", behind the counter of a counted run as
/// well, or the file it comes from.
std::string allocator_name();

}  // namespace skein::worker
