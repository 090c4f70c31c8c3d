// A server that gives up on silent peers: each of its reads has a deadline, nearly always
// withdrawn. The tasks are in the folder, a file for each style.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "workloads/c10k/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// What makes a cell with a read timeout impossible; empty where nothing does.
std::string objection_to_timeout(const cell& asked);

/// The program on a runtime of ours. Throws std::invalid_argument for any other.
std::unique_ptr<workloads::program> make_with_timeout(std::string_view runtime,
                                                      const parameters& asked);

}  // namespace skein::c10k
