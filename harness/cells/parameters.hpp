// Turns the cell that a conductor asks for into the parameters of a program, and these into the
// echo. The echo is made from the parameters and not copied from the request, so it says what the
// program was really given. Leaves out checking whether the values make sense (the command line
// did).
#pragma once

#include <optional>
#include <string>

#include "harness/cells/cell.hpp"
#include "runtimes/info.hpp"
#include "workloads/program.hpp"

namespace skein::cells {

/// The timer wheel's tick, chosen so that all deadlines of the grid lie on it: 1 ms, or less for a
/// finer grid.
time_ns tick_for(const std::optional<time_ns>& grid_ns);

/// Throws std::invalid_argument for a field that is missing, negative or unknown.
workloads::parameters parameters_for(const cell& asked);

/// The cell as this worker understood it.
cell echo_of(const cell& asked, const workloads::parameters& parameters,
             const runtime_info& runtime);

}  // namespace skein::cells
