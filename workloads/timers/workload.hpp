// timers for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "workloads/timers/floor.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"
#include "workloads/timers/schedule.hpp"
#include "workloads/workload.hpp"

namespace skein::timers {

struct workload : workloads::workload_defaults<cell> {
  static std::string objection(const cell& asked) { return timers::objection(asked); }

  static void set_options(const cell& asked, scheduler_options& options) {
    options.timers = asked.timers.value_or(timer_structure::wheel);
    options.tick_ns = tick_for(asked.grid_ns, options.tick_ns);
  }

  /// A storm's first deadline is at the end of its window; other patterns begin with the window.
  static workloads::timing timing(const cell& asked) {
    return {.grid_ns = asked.grid_ns,
            .first_due_ns = asked.pattern == pattern::storm ? asked.window_ns : 0,
            .last_due_ns = asked.window_ns};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{timers::expected(asked), expected_fires(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    if (!asked.nested.is_plain()) return make_nested(runtime, asked);
    switch (asked.pattern) {
      case pattern::periodic:
        return make_one<Runtimes, wakers_program, floor_wakers>(runtime, asked);
      case pattern::churn:
        return make_one<Runtimes, timeouts_program, floor_timeouts>(runtime, asked);
      case pattern::spread:
      case pattern::storm:
        break;
    }
    return make_one<Runtimes, sleepers_program, floor_sleepers>(runtime, asked);
  }

 private:
  template <class Runtimes, template <class> class Program, class FloorPattern>
  static std::unique_ptr<workloads::program> make_one(std::string_view runtime,
                                                      const parameters& asked) {
    return workloads::make_on<Runtimes, Program, floor_program<FloorPattern>, workloads::sleeps>(
        runtime, asked);
  }
};

}  // namespace skein::timers
