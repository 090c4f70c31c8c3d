// From the cell a conductor asks for to the parameters a program is built from, and back to the
// echo. The echo is made from the parameters, not copied from the request: it says what the program
// was really given. Leaves out checking the values' sense (the command line did).
#pragma once

#include <optional>
#include <string>

#include "harness/cells/cell.hpp"
#include "runtimes/info.hpp"
#include "workloads/program.hpp"

namespace skein::cells {

/// The timer wheel's tick: on it lie all deadlines of the grid. 1 ms, less for a finer grid.
time_ns tick_for(const std::optional<time_ns>& grid_ns);

/// Throws std::invalid_argument for a field that is missing, negative or unknown.
workloads::parameters parameters_for(const cell& asked);

/// The cell as this worker understood it.
cell echo_of(const cell& asked, const workloads::parameters& parameters,
             const runtime_info& runtime);

}  // namespace skein::cells
