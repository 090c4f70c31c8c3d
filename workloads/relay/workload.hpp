// relay for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/relay/program.hpp"
#include "workloads/relay/token.hpp"
#include "workloads/workload.hpp"

namespace skein::relay {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a hop is given: what is missing then is lost.
  static constexpr time_ns hop_ns = 100 * ns_per_us;

  static workloads::timing timing(const cell& asked) {
    return {.last_due_ns = asked.hops * hop_ns};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{relay::expected(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    return workloads::make_talking<Runtimes, program>(runtime, asked);
  }
};

}  // namespace skein::relay
