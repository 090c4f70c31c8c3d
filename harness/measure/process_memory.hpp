// One reading of a process's memory, user and kernel, taken from outside through /proc. The
// kernel's part is a sum of named components; the memory cgroup's figures are kept beside it as a
// cross-check. Leaves out slopes (memory_slope.hpp): one reading is never a result.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "harness/measure/json.hpp"
#include "harness/measure/proc_file.hpp"

namespace skein::measure {

/// The size of a thread's kernel stack on x86-64 and arm64 (THREAD_SIZE). The kernel reports only
/// the system-wide sum, so kernel stacks are computed as threads x this.
inline constexpr std::int64_t kernel_stack_bytes_per_thread = std::int64_t{16} * 1024;

/// One reading at a known number of tasks. A field that could not be read is empty, never 0, and
/// `unreadable` says why.
struct memory_point {
  std::int64_t tasks = 0;
  std::optional<std::int64_t> rss_bytes;
  /// RssAnon; its exact count from smaps_rollup where that can be read.
  std::optional<std::int64_t> rss_anon_bytes;
  /// RssAnon as the kernel's running counter has it, to compare with the exact count.
  std::optional<std::int64_t> rss_anon_counter_bytes;
  std::optional<std::int64_t> pss_bytes;
  std::optional<std::int64_t> private_dirty_bytes;
  std::optional<std::int64_t> virtual_bytes;
  std::optional<std::int64_t> page_table_bytes;
  std::optional<std::int64_t> mappings;
  std::optional<std::int64_t> threads;
  std::optional<std::int64_t> kernel_stack_bytes;
  /// Active objects x object size, by cache, for the whole system: only differences mean anything.
  std::optional<std::map<std::string, std::int64_t>> slab;
  std::optional<std::int64_t> cgroup_bytes;
  std::optional<std::int64_t> cgroup_kernel_bytes;
  /// Heap allocations since the process began, in a counted run (allocation_count.hpp). Not read
  /// here, and in the record only where known.
  std::optional<std::int64_t> allocations;
  std::vector<std::string> unreadable;

  /// All counted caches of the machine.
  std::optional<std::int64_t> slab_bytes() const;
  /// Kernel stacks + page tables + slab; empty when any of the three is.
  std::optional<std::int64_t> kernel_bytes() const;
};

/// Reads the process now; the caller has waited for it to settle. Costs a walk over its mappings.
/// For another user's process, or for slabinfo as a plain user, fields stay empty.
memory_point read_memory_point(pid_t pid, std::int64_t tasks, const system_paths& paths = {});

/// Resets the peak to the present resident size. False when the kernel refuses (not our process).
bool reset_peak_rss(pid_t pid, const system_paths& paths = {});
/// The largest resident size since the last reset (VmHWM). Never ru_maxrss: that survives exec.
std::optional<std::int64_t> read_peak_rss_bytes(pid_t pid, const system_paths& paths = {});

/// One element of run.memory.points.
json to_json(const memory_point& point);

/// True for the slab caches that grow with threads, mappings, sockets and polled descriptors.
bool is_counted_slab(std::string_view cache);

}  // namespace skein::measure
