// The echo server where a connection's read happens some calls down, or something is held
// meanwhile. The tasks are in the folder, a file for each style. A write waits on the outermost
// level.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/nested_makers.hpp"
#include "workloads/nesting.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::c10k {

/// What the connections share, with how they wait.
template <class S>
class nested_counters : public echo_counters<workloads::tasks_of<S>> {
 public:
  explicit nested_counters(const parameters& asked) : nested_(asked.nested) {}

  [[nodiscard]] const workloads::nesting& nested() const noexcept { return nested_; }
  /// The levels between a task and its read.
  [[nodiscard]] std::int64_t levels_below() const noexcept { return nested_.depth - 1; }

  void check(bool is_kept) {
    if (!is_kept) this->damaged();
  }

 private:
  workloads::nesting nested_;
};

// Each is defined, for the runtimes of its style, where the tasks are.
template <direct_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters);
template <coroutine_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters);
template <callback_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters);
template <poll_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters);

// For the runtimes of one style each.
workloads::nested_maker<parameters> make_nested_direct;
workloads::nested_maker<parameters> make_nested_coroutine;
workloads::nested_maker<parameters> make_nested_callback;
workloads::nested_maker<parameters> make_nested_poll;

/// The program on a runtime of ours. Throws limit_error where the runtime has no such tasks.
inline std::unique_ptr<workloads::program> make_nested(std::string_view runtime,
                                                       const parameters& asked) {
  return workloads::make_by_any<parameters>(
      {make_nested_direct, make_nested_coroutine, make_nested_callback, make_nested_poll}, runtime,
      asked);
}

}  // namespace skein::c10k
