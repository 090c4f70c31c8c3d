// What the measuring needs to read and this machine does not let it: said once for a session, so
// that a null in its runs has its reason. Leaves out reading them for real.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// A sentence for each source that cannot be read by this user on this kernel, naming it and what
/// is null for it. Empty where all can.
std::vector<std::string> unreadable_sources(const system_paths& paths = {});

}  // namespace skein::measure
