// What a request does between its read and its write where a cell asks for it: it waits, as for a
// backend, and computes. The tasks are in the folder, a file for each style.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "workloads/c10k/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// Room for a request in each connection, and so the most that a read may return.
inline constexpr std::size_t most_handled_bytes = 1024;

inline bool has_handler(const cell& asked) noexcept {
  return asked.handler_wait_ns || asked.handler_work;
}

/// What makes a cell with a handler impossible; empty where nothing does.
std::string objection_to_handler(const cell& asked);

/// The program on a runtime of ours. Throws std::invalid_argument for any other.
std::unique_ptr<workloads::program> make_with_handler(std::string_view runtime,
                                                      const parameters& asked);

}  // namespace skein::c10k
