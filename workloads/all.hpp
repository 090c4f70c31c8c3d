// All workloads and runtimes by name, and how two names become a running program.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtimes/info.hpp"
#include "workloads/oracle.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::workloads {

/// The declaration of that workload; null if there is none. `declarations` has all of them.
const declaration* declaration_named(std::string_view id);
const declaration& declaration_of(const any_cell& asked);

/// Every runtime by name, in the order they are listed and plotted (runtimes/all.hpp is the list).
std::span<const runtime_info> runtimes();

/// The runtime of that name; null if none of ours has it.
const runtime_info* runtime_named(std::string_view id);

/// Builds the program for one cell. Throws std::invalid_argument for a runtime that is unknown,
/// limit_error where the workload is not written for it, and limit_error or std::system_error when
/// the machine cannot hold it.
std::unique_ptr<program> make_program(std::string_view runtime, const parameters& asked);

// The functions of workload.hpp, for the workload of the cell.
std::string objection(const any_cell& asked);
void set_options(const any_cell& asked, scheduler_options& options);
timing timing_of(const any_cell& asked);
std::optional<oracle> expected(const parameters& asked);

}  // namespace skein::workloads
