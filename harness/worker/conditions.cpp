// Takes each condition from where it is in force: the kernel, the dynamic linker, the program's
// options.
#include "harness/worker/conditions.hpp"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <gnu/libc-version.h>
#include <string>
#include <sys/prctl.h>
#include <system_error>

#include "harness/measure/allocation_count.hpp"
#include "harness/measure/environment.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/loop/uring_loop.hpp"
#include "runtimes/socket.hpp"
#include "workloads/all.hpp"

namespace skein::worker {
namespace {

using measure::json;

template <typename Value>
json where(bool applies, const Value& value) {
  return applies ? json(value) : json(nullptr);
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

/// The target of a link (a descriptor under /proc, for example); the path itself if it is no link.
std::string linked(std::string_view path) {
  std::error_code none;
  const auto target = std::filesystem::read_symlink(path, none);
  return none ? std::string(path) : target.string();
}

/// File names only: the folders are the machine's business.
json preloaded() {
  const char* const list = std::getenv("LD_PRELOAD");
  if (list == nullptr || *list == '\0') return "none";
  std::string names;
  std::string_view left(list);
  while (!left.empty()) {
    const std::size_t end = left.find_first_of(" :");
    const std::string name = file_name(linked(left.substr(0, end)));
    if (!name.empty()) names += (names.empty() ? "" : " ") + name;
    left = end == std::string_view::npos ? "" : left.substr(end + 1);
  }
  return names;
}

/// Whether the cell's workload has a field of this name.
bool declares(const workloads::parameters& given, std::string_view name) {
  const auto& fields = workloads::declaration_of(given.of).fields;
  return std::any_of(fields.begin(), fields.end(),
                     [&](const workloads::field& each) { return each.name == name; });
}

json listener_field(const workloads::program& program) {
  const auto in_force = program.listener_in_force();
  if (!in_force) return nullptr;
  return {{"tcp_nodelay", in_force->no_delay},
          {"linger", in_force->linger},
          {"linger_s", in_force->linger_s ? json(*in_force->linger_s) : json(nullptr)},
          {"send_buffer_bytes", in_force->send_buffer_bytes},
          {"receive_buffer_bytes", in_force->receive_buffer_bytes},
          {"backlog", listen_backlog()}};
}

json stack_guard_field(const workloads::program& program) {
  const auto guard = program.stack_guard();
  return guard ? json(name_of(*guard)) : json(nullptr);
}

}  // namespace

std::string allocator_name() {
  Dl_info found{};
  // dladdr takes the function's address as a data pointer.
  const auto address = reinterpret_cast<const void*>(&std::malloc);
  if (::dladdr(address, &found) == 0 || found.dli_fname == nullptr) return "unknown";
  const std::string file = file_name(found.dli_fname);
  if (file.starts_with("libc.so") || measure::is_counter_here(found.dli_fname)) {
    return std::string("glibc malloc ") + ::gnu_get_libc_version();
  }
  return file;
}

json conditions_of(const runtime_info& runtime, const workloads::parameters& given,
                   const workloads::program& program) {
  const scheduler_options& options = given.options;
  const bool reads = declares(given, "buffer");
  // The timer floor waits on two descriptors, so the batch size does not apply to it.
  const bool batches = runtime.takes_events_per_wait && (reads || runtime.style != "none");
  const bool chooses_timers = runtime.takes_timers && declares(given, "timers");
  const bool on_heap = runtime.takes_timers && options.timers == timer_structure::heap;
  const json build = measure::build_settings();
  return {{"inline_budget", where(runtime.takes_inline_budget, options.inline_budget)},
          {"events_per_wait", where(batches, options.events_per_wait)},
          {"tick_ns", where(runtime.takes_tick && !on_heap, options.tick_ns)},
          {"timers", where(chooses_timers, workloads::word_of(options.timers))},
          {"timer_slack_ns", checked(::prctl(PR_GET_TIMERSLACK), "prctl(PR_GET_TIMERSLACK)")},
          {"buffer", where(reads, workloads::word_of(options.buffer))},
          {"buffer_bytes", where(reads, options.buffer_bytes)},
          {"receive_ring_buffers",
           where(reads && runtime.takes_receive_ring, uring_loop::buffers_for(options))},
          {"stack_bytes", where(runtime.takes_stack_bytes(), options.stack_bytes)},
          {"stack_guard", stack_guard_field(program)},
          {"listener", listener_field(program)},
          {"allocator", allocator_name()},
          {"preloaded", preloaded()},
          {"compiler", build.at("compiler")},
          {"build_flags", build.at("flags")},
          {"build_type", build.at("type")}};
}

}  // namespace skein::worker
