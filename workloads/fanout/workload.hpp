// fanout for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/fanout/program.hpp"
#include "workloads/fanout/tree.hpp"
#include "workloads/workload.hpp"

namespace skein::fanout {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a leaf is given, with its part of the tree: what is missing then is lost.
  static constexpr time_ns leaf_ns = 100 * ns_per_us;
  /// The same for a step of its work, which takes some 2 ns.
  static constexpr time_ns step_ns = 20;

  /// Beside the leaves there are those who divide them.
  static void set_options(const cell& asked, scheduler_options& options) {
    const std::size_t count = all_leaves(asked).count;
    options.max_tasks += tasks_for(count) - count;
  }

  static workloads::timing timing(const cell& asked) {
    const time_ns each_ns = leaf_ns + asked.work.value_or(0) * step_ns;
    return {.last_due_ns = asked.tasks * each_ns, .tasks_before_epoch = false};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{fanout::expected(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    return workloads::make_joining<Runtimes, program>(runtime, asked);
  }
};

}  // namespace skein::fanout
