// contention for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/contention/program.hpp"
#include "workloads/contention/turns.hpp"
#include "workloads/workload.hpp"

namespace skein::contention {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a hand-over is given: what is missing then is lost.
  static constexpr time_ns hand_over_ns = 100 * ns_per_us;

  static workloads::timing timing(const cell& asked) {
    const time_ns turns_ns = asked.tasks * asked.locks * hand_over_ns;
    if (asked.across != across::blocking) return {.last_due_ns = turns_ns};
    return {.last_due_ns = turns_ns + 2 * lock_timeout_ns(asked)};  // blocking_mutex.hpp
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{contention::expected(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    if (asked.across == across::blocking) {
      return workloads::make_on<Runtimes, blocking_program, void, workloads::sleeps>(runtime,
                                                                                     asked);
    }
    return workloads::make_talking<Runtimes, program>(runtime, asked);
  }
};

}  // namespace skein::contention
