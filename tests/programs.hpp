// Programs of one workload, made as the harness makes them.
#pragma once

#include <memory>
#include <string_view>

#include "runtimes/info.hpp"
#include "workloads/all.hpp"

namespace skein::test {

/// Whether the runtime does c10k, and timers some calls down; of others these are limits.
inline bool has_connections(const runtime_info& runtime) {
  return runtime.id != "coroutine_stealing" && runtime.id != "future_stealing";
}

template <class Cell>
std::unique_ptr<workloads::program> make_program(std::string_view runtime,
                                                 const workloads::parameters_of<Cell>& asked) {
  return workloads::make_program(
      runtime, {static_cast<const Cell&>(asked), asked.options, asked.seed, asked.nested});
}

}  // namespace skein::test
