// What measuring needs to read and this machine does not allow: reported once per session, so that
// a null in its runs has a reason. Leaves out the real readings.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// A sentence for each source that this user cannot read on this kernel, naming it and the fields
/// that are null without it. Empty when all can be read.
std::vector<std::string> unreadable_sources(const system_paths& paths = {});

}  // namespace skein::measure
