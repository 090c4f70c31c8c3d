// The processor's part of the environment: model, threads, frequency, mitigations, hypervisor.
// Leaves out the kernel's settings and the software (environment.hpp).
#pragma once

#include "harness/measure/json.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// The value for anything that the machine does not have or does not report.
inline constexpr const char* absent = "absent";

/// {cpu_model, cpus_online, smt, governor, turbo, mitigations, virtualization, numa}.
json capture_cpu_environment(const system_paths& paths);

}  // namespace skein::measure
