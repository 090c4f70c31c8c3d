// What a cell needs, by workload and runtime. Descriptors are counted for one process: each side
// holds N sockets.
#include "harness/conductor/prepare/preflight.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/cells/defaults.hpp"
#include "harness/cells/parameters.hpp"
#include "harness/cells/units.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

constexpr std::int64_t own_descriptors = 64;  // standard streams, epoll, timers, libraries
constexpr std::int64_t pipes_of_a_child = 3;
constexpr std::int64_t own_threads = 1;
// The least that one of each is known to cost, a connection with both ends on this machine.
constexpr std::int64_t connection_bytes = 8'000;
constexpr std::int64_t thread_bytes = 28'000;
constexpr std::int64_t thread_slab_bytes = 3'000;  // of these
// The most that is believed of one: twice what the published runs show (8 KB and 6 KB).
constexpr std::int64_t most_connection_slab_bytes = 16 * 1024;
constexpr std::int64_t most_thread_slab_bytes = 16 * 1024;
constexpr std::int64_t stack_page_bytes = 4'096;
constexpr std::int64_t object_bytes = 64;

// A guard, and what threads need beside the stack proper.
constexpr std::int64_t overhead_of_a_stack_bytes = 32'768;

/// Half of what user space has on x86-64 and most AArch64 kernels: 64 TiB, or RLIMIT_AS if that is
/// less.
std::int64_t address_space_bytes() {
  constexpr std::int64_t processor_bytes = std::int64_t{1} << 46;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return processor_bytes;
  }
  return std::min(processor_bytes, static_cast<std::int64_t>(limit.rlim_cur));
}

std::int64_t rounded_up(std::int64_t value, std::int64_t parts) {
  return (value + parts - 1) / parts;
}

/// Of what both ends of a connection take, the part that those on this machine do.
std::int64_t share_of(std::int64_t of_both, ends_here here) {
  return here == ends_here::both ? of_both : of_both / 2;
}

measure::cell_needs needs_of_served(const c10k::cell& asked, ends_here here) {
  measure::cell_needs needs;
  const std::int64_t loops = asked.loops.value_or(1);
  // Each loop has a descriptor table and a port of its own.
  const std::int64_t of_a_loop = rounded_up(asked.connections, loops);
  needs.descriptors = of_a_loop + own_descriptors;
  // A reconnected connection may arrive before the server has seen the end of the old one.
  if (asked.mode == c10k::mode::churn) needs.descriptors += asked.active.value_or(0);
  const std::int64_t pipes = pipes_of_a_child * (1 + loops);  // the conductor's
  needs.descriptors = std::max(needs.descriptors, pipes + own_descriptors);
  needs.files = share_of(2 * asked.connections, here) + own_descriptors;
  needs.memory_bytes = asked.connections * share_of(connection_bytes, here);
  if (here != ends_here::both) return needs;  // addresses and ports are the generator's to look at
  needs.client_addresses = std::min<std::int64_t>(cells::defaults::client_addresses, of_a_loop);
  needs.client_ports = rounded_up(of_a_loop, cells::defaults::client_addresses);
  return needs;
}

std::int64_t task_bytes(const cell& asked) {
  const std::int64_t held_bytes = asked.held_bytes.value_or(0);
  if (threads_of(asked) > 0) return std::max(thread_bytes, held_bytes);
  return std::max(cells::has_stacks(asked.style.value_or("")) ? stack_page_bytes : object_bytes,
                  held_bytes);
}

}  // namespace

slab_bounds slab_bounds_of(const cell& asked, bool foreign, ends_here here) {
  slab_bounds slabs;
  if (asked.as<c10k::cell>() != nullptr) {
    slabs = {share_of(connection_bytes, here), share_of(most_connection_slab_bytes, here)};
  }
  if (threads_of(asked) > 0) slabs.least += thread_slab_bytes;
  if (threads_of(asked) > 0 || foreign) slabs.most += most_thread_slab_bytes;
  return slabs;
}

std::int64_t threads_of(const cell& asked) {
  const runtime_info* const ours = workloads::runtime_named(asked.runtime);
  return ours != nullptr && ours->thread_per_task ? asked.count() : 0;
}

bool takes_stack_bytes(const cell& asked) {
  const runtime_info* const ours = workloads::runtime_named(asked.runtime);
  return ours != nullptr ? ours->takes_stack_bytes()
                         : cells::has_stacks(asked.style.value_or("direct"));
}

std::int64_t largest_stack_bytes(const cell& asked) {
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  const std::int64_t memory_bytes = ::sysconf(_SC_PHYS_PAGES) * page_bytes;
  const auto tasks = static_cast<std::int64_t>(cells::options_for(asked).max_tasks);
  const std::int64_t per_task_bytes = address_space_bytes() / tasks - overhead_of_a_stack_bytes;
  return std::min(memory_bytes, per_task_bytes) / page_bytes * page_bytes;
}

std::int64_t loops_for(std::int64_t connections, std::optional<std::int64_t> descriptors) {
  if (!descriptors || *descriptors <= own_descriptors) return 1;
  return rounded_up(connections, *descriptors - own_descriptors);
}

measure::cell_needs needs_of(const cell& asked, ends_here here) {
  measure::cell_needs needs;
  if (const auto* const served = asked.as<c10k::cell>()) needs = needs_of_served(*served, here);
  if (threads_of(asked) > 0) needs.threads = threads_of(asked) + own_threads;
  needs.memory_bytes += asked.count() * task_bytes(asked);
  return needs;
}

std::optional<limit_fact> grid_obstacle(const cell& asked, const runtime_info& runtime) {
  const time_ns grid_ns = workloads::timing_of(asked.of).grid_ns;
  if (grid_ns == 0) return std::nullopt;
  // Deadlines lie on whole milliseconds and on the grid, so the step needed is what divides both.
  const time_ns needed_ns = std::gcd(grid_ns, ns_per_ms);
  if (needed_ns >= runtime.timer_resolution_ns) return std::nullopt;
  return limit_fact{
      fmt::format("timer resolution of {}", runtime.id), runtime.timer_resolution_ns, needed_ns,
      fmt::format("{} takes deadlines in steps of {}, a grid of {} needs {}; it would round them "
                  "up, and the rounding would be measured as lateness",
                  runtime.id, cells::format_duration(runtime.timer_resolution_ns),
                  cells::format_duration(grid_ns), cells::format_duration(needed_ns))};
}

std::optional<limit_fact> first_obstacle(const cell& asked, std::int64_t thread_ceiling,
                                         std::optional<std::int64_t> memory_ceiling_bytes,
                                         ends_here here) {
  if (threads_of(asked) > thread_ceiling) {
    return limit_fact{"skein thread ceiling", thread_ceiling, threads_of(asked),
                      fmt::format("skein thread ceiling {} < {}; "
                                  "it keeps a machine that others use from being filled; "
                                  "--thread-ceiling raises it",
                                  thread_ceiling, threads_of(asked))};
  }
  const measure::cell_needs needs = needs_of(asked, here);
  if (memory_ceiling_bytes && needs.memory_bytes > *memory_ceiling_bytes) {
    return limit_fact{"memory", *memory_ceiling_bytes, needs.memory_bytes,
                      fmt::format("memory {} < {} bytes that are needed at least; "
                                  "--memory-ceiling raises it, or fewer tasks",
                                  *memory_ceiling_bytes, needs.memory_bytes)};
  }
  const auto exceeded = measure::first_exceeded(measure::checks_for(needs));
  if (!exceeded) return std::nullopt;
  return limit_fact{exceeded->name, exceeded->value, exceeded->needed,
                    fmt::format("{} {} < {}; {}", exceeded->name, exceeded->value.value_or(0),
                                exceeded->needed, exceeded->remedy)};
}

measure::cell_needs needs_of_published_cells() {
  cell largest;
  largest.of = c10k::cell{};
  largest.runtime = "thread";
  largest.style = "direct";
  measure::cell_needs needs = needs_of(largest);
  constexpr std::int64_t mappings_per_thread = 3;  // a stack, its guard, what the library adds
  needs.mappings = largest.count() * mappings_per_thread + 1'000;
  needs.cpus = 2;
  return needs;
}

}  // namespace skein::conductor
