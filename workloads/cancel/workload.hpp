// cancel for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/cancel/program.hpp"
#include "workloads/cancel/waits.hpp"
#include "workloads/workload.hpp"

namespace skein::cancel {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a task is given: what is missing then is lost.
  static constexpr time_ns task_ns = 100 * ns_per_us;

  static workloads::timing timing(const cell& asked) {
    return {.last_due_ns = asked.tasks * task_ns};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{cancel::expected(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    return workloads::make_talking<Runtimes, program>(runtime, asked);
  }
};

}  // namespace skein::cancel
