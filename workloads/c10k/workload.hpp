// c10k for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtimes/errors.hpp"
#include "workloads/c10k/floor.hpp"
#include "workloads/c10k/handler.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/c10k/sharded.hpp"
#include "workloads/c10k/timeout.hpp"
#include "workloads/workload.hpp"

namespace skein::c10k {

using echo_floor = floor_program<echo_counters<workloads::tasks_on::one_thread>>;

struct workload : workloads::workload_defaults<cell> {
  static std::string objection(const cell& asked) {
    if (asked.loops.value_or(1) > asked.connections) {
      return "--loops: " + std::to_string(*asked.loops) + " are more than the connections, " +
             std::to_string(asked.connections);
    }
    const std::string handler = objection_to_handler(asked);
    return handler.empty() ? objection_to_timeout(asked) : handler;
  }

  static void set_options(const cell& asked, scheduler_options& options) {
    options.buffer = asked.buffer;
    options.buffer_bytes = static_cast<std::size_t>(asked.buffer_bytes);
    if (asked.mode == mode::churn) {
      options.max_tasks += churn_room * static_cast<std::size_t>(asked.active.value_or(0));
    }
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    if (asked.options.buffer == buffer_policy::runtime) {
      throw limit_error::lacking("buffer", std::string(runtime) +
                                               " reads into buffers of the loop or of the "
                                               "connection: --buffer lent or own");
    }
    const auto make_one = [runtime = std::string(runtime)](const parameters& own) {
      if (!own.nested.is_plain()) return make_nested(runtime, own);
      if (has_handler(own)) return make_with_handler(runtime, own);
      if (own.read_timeout_ns) return make_with_timeout(runtime, own);
      return workloads::make_on<Runtimes, echo_program, echo_floor>(runtime, own);
    };
    if (asked.loops.value_or(1) == 1) return make_one(asked);
    return std::make_unique<sharded_program>(asked, make_one);
  }
};

}  // namespace skein::c10k
