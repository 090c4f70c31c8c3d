// Switching callgrind's counting on and off from inside the program it runs.
// Leaves out running under it, which scripts/instructions.py does.
#pragma once

namespace skein::micro {

/// Does nothing outside callgrind.
void toggle_counting() noexcept;

/// Whether this process runs under valgrind, and was built with its headers: without them, nothing
/// can be counted.
bool can_count() noexcept;

}  // namespace skein::micro
