// perf_event_open on a tracepoint, inherited by new threads.
#include "harness/measure/syscall_count.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/perf_event.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace skein::measure {
namespace {

constexpr const char* tracepoint_file = "events/raw_syscalls/sys_enter/id";

/// A descriptor that is closed with its owner.
class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

std::optional<std::int64_t> read_number(int from) {
  std::array<char, 32> text{};
  if (from < 0) return std::nullopt;
  const ssize_t got = ::read(from, text.data(), text.size());
  if (got <= 0) return std::nullopt;
  std::string_view digits(text.data(), static_cast<std::size_t>(got));
  digits = digits.substr(0, digits.find('\n'));
  return parse_integer(digits);
}

/// Asks a tracefs of our own that is mounted nowhere: no other process sees it, and it ends with
/// its descriptor.
std::optional<std::int64_t> ask_private_tracefs() {
  const descriptor context(::fsopen("tracefs", FSOPEN_CLOEXEC));
  if (context.get() < 0) return std::nullopt;
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return std::nullopt;
  const descriptor root(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (root.get() < 0) return std::nullopt;
  return read_number(descriptor(::openat(root.get(), tracepoint_file, O_RDONLY | O_CLOEXEC)).get());
}

std::vector<pid_t> threads_of(pid_t pid, const system_paths& paths) {
  std::vector<pid_t> threads;
  std::error_code error;
  const auto directory = paths.proc + '/' + std::to_string(pid) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (const auto thread = parse_integer(entry.path().filename().string())) {
      threads.push_back(static_cast<pid_t>(*thread));
    }
  }
  return threads;
}

}  // namespace

std::optional<std::int64_t> find_syscall_tracepoint(const system_paths& paths) {
  for (const char* place : {"/kernel/tracing/", "/kernel/debug/tracing/"}) {
    if (const auto number = read_integer(paths.sys + place + tracepoint_file)) return number;
  }
  return ask_private_tracefs();
}

syscall_count::~syscall_count() {
  for (const int counter : counters_) ::close(counter);
}

bool syscall_count::attach_thread(pid_t thread, std::int64_t tracepoint) {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = PERF_TYPE_TRACEPOINT;
  wanted.config = static_cast<std::uint64_t>(tracepoint);
  wanted.inherit = 1;
  const auto counter =
      ::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (counter >= 0) counters_.push_back(static_cast<int>(counter));
  return counter >= 0;
}

void syscall_count::attach(pid_t pid, const system_paths& paths) {
  const auto tracepoint = find_syscall_tracepoint(paths);
  if (!tracepoint) {
    obstacle_ = "no tracepoint raw_syscalls:sys_enter (tracefs can be read by root only)";
    return;
  }
  for (const pid_t thread : threads_of(pid, paths)) {
    if (attach_thread(thread, *tracepoint) || errno == ESRCH) continue;  // ESRCH: it has ended
    obstacle_ = std::string("perf_event_open: ") + std::strerror(errno) +
                " (see kernel.perf_event_paranoid)";
    return;
  }
  obstacle_ = counters_.empty() ? "the process has no threads to attach to" : "";
}

std::optional<std::int64_t> syscall_count::total() const {
  if (!obstacle_.empty()) return std::nullopt;
  std::int64_t sum = 0;
  for (const int counter : counters_) {
    std::uint64_t calls = 0;
    if (::read(counter, &calls, sizeof calls) != sizeof calls) return std::nullopt;
    sum += static_cast<std::int64_t>(calls);
  }
  return sum;
}

}  // namespace skein::measure
