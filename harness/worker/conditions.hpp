// The conditions a worker runs under beside its cell: what it was built with and what its program
// was given, read back where the system can tell. The conductor compares them with what it asked,
// and scripts/skein_scripts/records/conditions.py compares them between runtimes.
#pragma once

#include <string>
#include <string_view>

#include "harness/measure/json.hpp"
#include "runtimes/info.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

/// The `conditions` of a `ready` message (harness/PROTOCOL.md); null is what does not apply to the
/// runtime or the workload. To be asked for by the process that runs the program.
/// Throws std::system_error.
measure::json conditions_of(std::string_view workload, const runtime_info& runtime,
                            const workloads::parameters& given, const workloads::program& program);

/// Whose malloc this process calls: "glibc malloc 2.36", or the file it is from.
std::string allocator_name();

}  // namespace skein::worker
