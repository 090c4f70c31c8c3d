// Preloaded into a worker to make it worse than it is, so that a gate can be shown to detect it:
// adds CPU time, instructions and system calls to every request, and memory to every connection.
// The measured code stays unchanged; without this library there is not even a branch. The library
// itself adds some branches, so the arm it is compared with loads it too, with nothing to add.
//
//   SKEIN_INJECT_CPU_NS        busy time per request, ns
//   SKEIN_INJECT_INSTRUCTIONS  user instructions per request, to the nearest even number
//   SKEIN_INJECT_SYSCALLS      system calls per request
//   SKEIN_INJECT_BYTES         memory per connection, bytes, touched and never given back
//
// A request is a read that returned bytes from an accepted socket, whether the worker reads with
// recv, read or readv. A worker that uses none of these in libc (io_uring) is not changed. Only
// processes started as `skein worker` are changed, because the conductor and the generator inherit
// the variables and the library too.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

struct costs {
  std::int64_t cpu_ns = 0;
  std::int64_t instructions = 0;
  std::int64_t syscalls = 0;
  std::size_t bytes = 0;
};

constinit costs injected{};

constexpr int most_descriptors = 1 << 20;
constinit std::atomic<std::uint64_t> accepted_sockets[most_descriptors / 64]{};

bool is_accepted(int descriptor) noexcept {
  if (descriptor < 0 || descriptor >= most_descriptors) return false;
  const std::uint64_t word = accepted_sockets[descriptor / 64].load(std::memory_order_relaxed);
  return (word >> (descriptor % 64) & 1) != 0;
}

std::int64_t number_in(const char* variable) noexcept {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtoll(text, nullptr, 10);
}

bool is_worker() noexcept {
  char line[256]{};
  const int descriptor = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const ssize_t size = ::syscall(SYS_read, descriptor, line, sizeof line - 1);
  ::close(descriptor);
  if (size <= 0) return false;
  const char* const second = line + std::strlen(line) + 1;
  return second < line + size && std::strcmp(second, "worker") == 0;
}

[[gnu::constructor]] void read_costs() noexcept {
  if (!is_worker()) return;
  injected = {.cpu_ns = number_in("SKEIN_INJECT_CPU_NS"),
              .instructions = number_in("SKEIN_INJECT_INSTRUCTIONS"),
              .syscalls = number_in("SKEIN_INJECT_SYSCALLS"),
              .bytes = static_cast<std::size_t>(number_in("SKEIN_INJECT_BYTES"))};
}

std::int64_t now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// A loop of two instructions: count down, and jump.
void execute(std::int64_t instructions) noexcept {
  std::int64_t left = (instructions + 1) / 2;
  if (left <= 0) return;
  do {
    asm volatile("" : "+r"(left));
  } while (--left != 0);
}

/// Adds the cost of one request.
void pay_for_request() noexcept {
  execute(injected.instructions);
  for (std::int64_t i = 0; i < injected.syscalls; ++i) ::syscall(SYS_getppid);
  if (injected.cpu_ns <= 0) return;
  const std::int64_t end_ns = now_ns() + injected.cpu_ns;
  while (now_ns() < end_ns) continue;
}

/// Adds the memory of one connection. It comes from blocks of our own, so that a connection costs
/// exactly what was asked for.
void pay_for_connection() noexcept {
  constexpr std::size_t block_bytes = std::size_t{16} << 20U;
  static std::atomic_flag taken = ATOMIC_FLAG_INIT;
  static std::byte* block = nullptr;
  static std::size_t left_bytes = 0;
  if (injected.bytes == 0 || injected.bytes > block_bytes) return;
  while (taken.test_and_set(std::memory_order_acquire)) continue;
  if (left_bytes < injected.bytes) {
    void* const mapped =
        ::mmap(nullptr, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    block = mapped == MAP_FAILED ? nullptr : static_cast<std::byte*>(mapped);
    left_bytes = block == nullptr ? 0 : block_bytes;
  }
  if (block != nullptr) {
    std::memset(block, 1, injected.bytes);
    block += injected.bytes;
    left_bytes -= injected.bytes;
  }
  taken.clear(std::memory_order_release);
}

ssize_t after_reading(int descriptor, ssize_t count) noexcept {
  if (count > 0 && is_accepted(descriptor)) pay_for_request();
  return count;
}

template <class Function>
Function next(const char* name) noexcept {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  static const auto theirs = next<int (*)(int, sockaddr*, socklen_t*, int)>("accept4");
  const int descriptor = theirs(listener, address, size, flags);
  if (descriptor >= 0 && descriptor < most_descriptors) {
    accepted_sockets[descriptor / 64].fetch_or(std::uint64_t{1} << (descriptor % 64),
                                               std::memory_order_relaxed);
    pay_for_connection();
  }
  return descriptor;
}

ssize_t recv(int descriptor, void* buffer, std::size_t size_bytes, int flags) {
  static const auto theirs = next<ssize_t (*)(int, void*, std::size_t, int)>("recv");
  return after_reading(descriptor, theirs(descriptor, buffer, size_bytes, flags));
}

ssize_t read(int descriptor, void* buffer, std::size_t size_bytes) {
  static const auto theirs = next<ssize_t (*)(int, void*, std::size_t)>("read");
  return after_reading(descriptor, theirs(descriptor, buffer, size_bytes));
}

ssize_t readv(int descriptor, const iovec* parts, int count) {
  static const auto theirs = next<ssize_t (*)(int, const iovec*, int)>("readv");
  return after_reading(descriptor, theirs(descriptor, parts, count));
}

}  // extern "C"
