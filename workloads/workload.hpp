// What a workload's folder defines for the harness, beside its declaration (cell.toml): a struct
// named `workload` in its namespace, derived from workload_defaults and with a static function
//
//   template <class Runtimes>
//   std::unique_ptr<program> make(std::string_view runtime, const parameters& asked)
//
// which is usually make_on<>(). The other functions replace the defaults where the workload needs
// it. workloads/make.hpp includes the header, and nothing else names the workload.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "runtimes/errors.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/oracle.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::workloads {

template <class Cell>
struct workload_defaults {
  using parameters = parameters_of<Cell>;

  /// What makes the cell impossible beyond the bounds of its fields; empty where nothing does.
  static std::string objection(const Cell& /*asked*/) { return {}; }
  /// Sets what the workload needs other than usual. `max_tasks` has room for the cell's tasks.
  static void set_options(const Cell& /*asked*/, scheduler_options& /*options*/) {}
  static workloads::timing timing(const Cell& /*asked*/) { return {}; }
  /// Empty where the units depend on a load.
  static std::optional<oracle> expected(const parameters& /*asked*/) { return std::nullopt; }
};

/// What a workload takes of a scheduler.
struct connections {
  template <class S>
  static constexpr bool of = scheduler<S>;
  static constexpr const char* what = "connections";
};
struct sleeps {
  template <class S>
  static constexpr bool of = timer_scheduler<S>;
  static constexpr const char* what = "timers that can be cancelled";
};

/// Program<S> on the scheduler S of that name among the Runtimes (a runtime_list); Floor on the
/// floor. Throws limit_error, named `runtime`, for a scheduler that lacks what the workload takes,
/// and for the floor where Floor is void: the workload is not written for it. Throws
/// std::invalid_argument for an unknown runtime.
template <class Runtimes, template <class> class Program, class Floor, class Takes = connections,
          class Parameters>
std::unique_ptr<program> make_on(std::string_view runtime, const Parameters& asked) {
  std::unique_ptr<program> made;
  Runtimes::for_each([&]<class Runtime>() {
    if (Runtime::info().id != runtime) return;
    if constexpr (Takes::template of<Runtime>) {
      made = std::make_unique<Program<Runtime>>(asked);
    } else if constexpr (!std::is_void_v<Floor>) {
      if constexpr (task_scheduler<Runtime>) {
        throw limit_error::lacking("runtime", std::string(runtime) + " has no " + Takes::what);
      } else {
        made = std::make_unique<Floor>(asked);
      }
    } else {
      throw limit_error::lacking("runtime", std::string(runtime) + " does not do this work");
    }
  });
  if (!made) throw std::invalid_argument("no runtime is called '" + std::string(runtime) + "'");
  return made;
}

namespace detail {

/// Program<S> on the scheduler S of that name, where `has` is true of it. Otherwise throws
/// limit_error, named `sync`.
template <class Runtimes, template <class> class Program, class Parameters, class Has>
std::unique_ptr<program> make_if_synced(std::string_view runtime, const Parameters& asked, Has) {
  std::unique_ptr<program> made;
  Runtimes::for_each([&]<class Runtime>() {
    if (Runtime::info().id != runtime) return;
    if constexpr (Has::template of<Runtime>) {
      made = std::make_unique<Program<Runtime>>(asked);
    } else {
      throw limit_error::lacking(
          "sync", std::string(runtime) + " has no " + Has::what + " (runtimes/sync)");
    }
  });
  if (!made) throw std::invalid_argument("no runtime is called '" + std::string(runtime) + "'");
  return made;
}

struct all_sync {
  static constexpr const char* what = "channels or locks";
  template <class S>
  static constexpr bool of = scheduler<S> && sync_scheduler<S>;
};

struct scopes {
  static constexpr const char* what = "scopes by which tasks wait for each other";
  template <class S>
  static constexpr bool of = scope_scheduler<S>;
};

struct offloading {
  static constexpr const char* what = "pool of threads that a task could hand its work to";
  template <class S>
  static constexpr bool of = scheduler<S> && requires { typename S::offload_pool; };
};

}  // namespace detail

/// The same for a workload whose tasks wait for each other. Throws limit_error, named `sync`, for a
/// runtime that has nothing by which they could.
template <class Runtimes, template <class> class Program, class Parameters>
std::unique_ptr<program> make_talking(std::string_view runtime, const Parameters& asked) {
  return detail::make_if_synced<Runtimes, Program>(runtime, asked, detail::all_sync{});
}

/// The same for one whose tasks do nothing but spawn others and join them.
template <class Runtimes, template <class> class Program, class Parameters>
std::unique_ptr<program> make_joining(std::string_view runtime, const Parameters& asked) {
  return detail::make_if_synced<Runtimes, Program>(runtime, asked, detail::scopes{});
}

/// The same for one of which a task hands its work to the runtime's pool of threads.
template <class Runtimes, template <class> class Program, class Parameters>
std::unique_ptr<program> make_offloading(std::string_view runtime, const Parameters& asked) {
  return detail::make_if_synced<Runtimes, Program>(runtime, asked, detail::offloading{});
}

}  // namespace skein::workloads
