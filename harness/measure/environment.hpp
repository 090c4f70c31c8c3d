// The machine and the build, as a session records them, and a hash of the parts that decide whether
// two sessions may be compared. Leaves out anything that changes from minute to minute, except the
// load.
#pragma once

#include <string>

#include "harness/measure/json.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// session.environment, with every key present. What the machine does not have or does not report
/// is the string "absent". The kernel's command line is recorded without what follows "--" and
/// without root=, init= and the like, which name files and do not change performance.
json capture_environment(const system_paths& paths = {});

/// 16 hex digits over the parts of an environment that decide comparability: CPU, kernel and its
/// settings, cgroup, sysctls, libc, compiler and library versions. Not the load, and not what may
/// differ by a few pages or with the caller (memory and swap size, rlimits).
std::string environment_hash(const json& environment);

/// session.build: {compiler, flags, type, binary_sha256}. The hash is that of the running
/// executable, made by sha256sum from coreutils, and null where that is missing.
json capture_build();

/// The part of it that any process of this build knows at no cost: compiler, flags, type.
json build_settings();

}  // namespace skein::measure
