// hog for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/hog/program.hpp"
#include "workloads/hog/schedule.hpp"
#include "workloads/workload.hpp"

namespace skein::hog {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a step of the hog's work is given: what is missing then is lost.
  static constexpr time_ns step_ns = 50;

  static workloads::timing timing(const cell& asked) {
    return {.grid_ns = grid_ns, .last_due_ns = asked.window_ns + steps_of(asked) * step_ns};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{hog::expected(asked), fires_of(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    if (asked.form == form::offloaded) {
      return workloads::make_offloading<Runtimes, offloading_program>(runtime, asked);
    }
    return workloads::make_on<Runtimes, computing_program, void, workloads::sleeps>(runtime, asked);
  }
};

}  // namespace skein::hog
