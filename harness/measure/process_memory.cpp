// Readings of /proc/PID, /proc/slabinfo and the memory cgroup of a process.
#include "harness/measure/process_memory.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "harness/measure/cgroup.hpp"

namespace skein::measure {
namespace {

// The caches that were seen to grow with 4,000 threads and 4,000 polled loopback connections on
// Linux 6.18. Caches that older kernels keep apart or newer ones merge are included; a merged cache
// shows under one of its names. Small kmalloc sizes are counted too (scheduler and socket
// attachments). Reclaimable ones and the caches of file systems are not: they grow with files read,
// not with tasks.
constexpr std::array counted_slabs = std::to_array<std::string_view>({
    "TCP",
    "TCPv6",
    "anon_vma",
    "anon_vma_chain",
    "cred",
    "cred_jar",
    "dentry",
    "ep_head",
    "eventpoll_epi",
    "eventpoll_pwq",
    "filp",
    "files_cache",
    "fs_cache",
    "lsm_file_cache",
    "lsm_inode_cache",
    "maple_node",
    "pid",
    "sighand_cache",
    "signal_cache",
    "sock_inode_cache",
    "task_struct",
    "tcp_bind_bucket",
    "tcp_bind2_bucket",
    "timerfd_ctx",
    "vm_area_struct",
    "task_delay_info",
    "vma_lock",
    "vmap_area",
});

struct cgroup_reading {
  std::optional<std::int64_t> bytes;
  std::optional<std::int64_t> kernel_bytes;
};

std::string process_file(const system_paths& paths, pid_t pid, const char* name) {
  return paths.proc + '/' + std::to_string(pid) + '/' + name;
}

/// If the value is missing, notes why. Returns the value.
template <typename Value>
std::optional<Value> noted(std::optional<Value> value, const std::string& what,
                           std::vector<std::string>& unreadable) {
  if (!value) unreadable.push_back("memory: cannot read " + what);
  return value;
}

void read_status(memory_point& point, const std::string& path) {
  const auto text = noted(read_text(path), path, point.unreadable);
  if (!text) return;
  point.rss_bytes = noted(field_bytes(*text, "VmRSS"), "VmRSS", point.unreadable);
  point.rss_anon_bytes = noted(field_bytes(*text, "RssAnon"), "RssAnon", point.unreadable);
  point.rss_anon_counter_bytes = point.rss_anon_bytes;
  point.virtual_bytes = noted(field_bytes(*text, "VmSize"), "VmSize", point.unreadable);
  point.page_table_bytes = noted(field_bytes(*text, "VmPTE"), "VmPTE", point.unreadable);
  point.threads = noted(field_value(*text, "Threads"), "Threads", point.unreadable);
  if (point.threads) point.kernel_stack_bytes = *point.threads * kernel_stack_bytes_per_thread;
}

/// Between Linux 6.2 and 6.15 the counters in status are approximate, by some 32 pages per CPU,
/// which would be 25 bytes a task at 10,000 tasks. The rollup walks the page tables. Its
/// "Anonymous" is the same quantity as RssAnon, but exact, and replaces it.
void read_rollup(memory_point& point, const std::string& path) {
  const auto text = noted(read_text(path), path, point.unreadable);
  if (!text) return;
  if (const auto anonymous = field_bytes(*text, "Anonymous")) point.rss_anon_bytes = anonymous;
  point.pss_bytes = noted(field_bytes(*text, "Pss"), "Pss", point.unreadable);
  point.private_dirty_bytes =
      noted(field_bytes(*text, "Private_Dirty"), "Private_Dirty", point.unreadable);
}

std::optional<std::int64_t> count_mappings(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return std::nullopt;
  return std::count(text->begin(), text->end(), '\n');
}

/// Columns of slabinfo 2.1: name, active objects, all objects, object size, ...
std::optional<std::map<std::string, std::int64_t>> read_slab(const std::string& path) {
  const auto text = read_text(path);
  if (!text || !text->starts_with("slabinfo - version: 2")) return std::nullopt;
  std::map<std::string, std::int64_t> slab;
  for (const auto line : split_lines(*text)) {
    const auto words = split_words(line);
    if (words.size() < 4 || !is_counted_slab(words[0])) continue;
    const auto objects = parse_integer(words[1]);
    const auto size = parse_integer(words[3]);
    if (objects && size) slab.emplace(words[0], *objects * *size);
  }
  return slab;
}

/// memory.stat has the sum since Linux 5.18; before that, only the parts.
std::optional<std::int64_t> unified_kernel_bytes(std::string_view statistics) {
  if (const auto sum = field_value(statistics, "kernel")) return sum;
  std::optional<std::int64_t> sum;
  for (const char* part : {"kernel_stack", "pagetables", "percpu", "sock", "slab"}) {
    if (const auto bytes = field_value(statistics, part)) sum = sum.value_or(0) + *bytes;
  }
  return sum;
}

cgroup_reading read_cgroup(const system_paths& paths, pid_t pid) {
  const auto place = find_cgroup(pid, "memory", paths);
  if (!place) return {};
  if (place->version == 1) {
    return {place->integer_of("memory.usage_in_bytes"),
            place->integer_of("memory.kmem.usage_in_bytes")};
  }
  const auto statistics = place->text_of("memory.stat");
  return {place->integer_of("memory.current"),
          statistics ? unified_kernel_bytes(*statistics) : std::nullopt};
}

}  // namespace

bool is_counted_slab(std::string_view cache) {
  if (cache.starts_with("kmalloc-rcl-")) return false;
  if (cache.starts_with("kmalloc-")) return true;
  return std::find(counted_slabs.begin(), counted_slabs.end(), cache) != counted_slabs.end();
}

std::optional<std::int64_t> memory_point::slab_bytes() const {
  if (!slab) return std::nullopt;
  std::int64_t sum = 0;
  for (const auto& [cache, bytes] : *slab) sum += bytes;
  return sum;
}

std::optional<std::int64_t> memory_point::kernel_bytes() const {
  const auto slabs = slab_bytes();
  if (!kernel_stack_bytes || !page_table_bytes || !slabs) return std::nullopt;
  return *kernel_stack_bytes + *page_table_bytes + *slabs;
}

memory_point read_memory_point(pid_t pid, std::int64_t tasks, const system_paths& paths) {
  memory_point point;
  point.tasks = tasks;
  read_status(point, process_file(paths, pid, "status"));
  read_rollup(point, process_file(paths, pid, "smaps_rollup"));
  const auto maps = process_file(paths, pid, "maps");
  point.mappings = noted(count_mappings(maps), maps, point.unreadable);
  const auto slabinfo = paths.proc + "/slabinfo";
  point.slab = noted(read_slab(slabinfo), slabinfo + " (root only)", point.unreadable);
  const auto cgroup = read_cgroup(paths, pid);
  point.cgroup_bytes = noted(cgroup.bytes, "a memory cgroup", point.unreadable);
  point.cgroup_kernel_bytes =
      noted(cgroup.kernel_bytes, "the kernel part of a memory cgroup", point.unreadable);
  return point;
}

bool reset_peak_rss(pid_t pid, const system_paths& paths) {
  const int descriptor =
      ::open(process_file(paths, pid, "clear_refs").c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool written = ::write(descriptor, "5", 1) == 1;
  ::close(descriptor);
  return written;
}

std::optional<std::int64_t> read_peak_rss_bytes(pid_t pid, const system_paths& paths) {
  const auto text = read_text(process_file(paths, pid, "status"));
  return text ? field_bytes(*text, "VmHWM") : std::nullopt;
}

json to_json(const memory_point& point) {
  json object;
  object["tasks"] = point.tasks;
  object["rss_bytes"] = or_null(point.rss_bytes);
  object["rss_anon_bytes"] = or_null(point.rss_anon_bytes);
  object["rss_anon_counter_bytes"] = or_null(point.rss_anon_counter_bytes);
  object["pss_bytes"] = or_null(point.pss_bytes);
  object["private_dirty_bytes"] = or_null(point.private_dirty_bytes);
  object["virtual_bytes"] = or_null(point.virtual_bytes);
  object["page_table_bytes"] = or_null(point.page_table_bytes);
  object["mappings"] = or_null(point.mappings);
  object["threads"] = or_null(point.threads);
  object["kernel_stack_bytes"] = or_null(point.kernel_stack_bytes);
  object["slab"] = or_null(point.slab);
  object["cgroup_bytes"] = or_null(point.cgroup_bytes);
  object["cgroup_kernel_bytes"] = or_null(point.cgroup_kernel_bytes);
  if (point.allocations) object["allocations"] = *point.allocations;
  return object;
}

}  // namespace skein::measure
