// Turns the cell that a conductor asks for into the parameters of a program, and these into the
// echo. The echo is made from the parameters and not copied from the request, so it says what the
// program was really given. Leaves out checking whether the values make sense (the command line
// did).
#pragma once

#include "harness/cells/cell.hpp"
#include "runtimes/info.hpp"
#include "runtimes/options.hpp"
#include "workloads/parameters.hpp"

namespace skein::cells {

/// The conditions of the cell's scheduler.
scheduler_options options_for(const cell& asked);

/// Throws std::invalid_argument for a number of workers that is out of its bounds.
workloads::parameters parameters_for(const cell& asked);

/// Whether the runtime is one that takes the field (`of` in its declaration).
bool takes(const runtime_info& runtime, const workloads::field& field);

/// The cell as this worker understood it. A field that the runtime does not take is null, or has
/// its default where that is what the program does all the same (one worker).
json echo_of(const cell& asked, const workloads::parameters& given, const runtime_info& runtime);

}  // namespace skein::cells
