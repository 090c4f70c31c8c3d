// Switches callgrind's counting on and off from inside the program that it runs. Leaves out running
// under callgrind, which scripts/instructions.py does.
#pragma once

namespace skein::micro {

/// Does nothing outside callgrind.
void toggle_counting() noexcept;

/// Whether this process runs under valgrind and was built with its headers; without both nothing
/// can be counted.
bool can_count() noexcept;

}  // namespace skein::micro
