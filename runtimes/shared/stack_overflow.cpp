// The handler makes async-signal-safe calls only: it reads atomics and what was set before the
// handler was installed, writes, and puts the default action back.
#include "runtimes/shared/stack_overflow.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/shared/stack_arena.hpp"

namespace skein::stack_overflow {

namespace {

#ifdef SKEIN_SANITIZED
constexpr bool left_to_sanitizers = true;
#else
constexpr bool left_to_sanitizers = false;
#endif

/// How far a fault may be from the end of a system stack and still count as an overflow: room for
/// the guard and a large frame.
constexpr std::uintptr_t near_bytes = 64 * 1024;

/// Stacks that the handler runs on, shared among threads: two that overflow at the same time hardly
/// ever have the same one (the header says what happens if they do). Untouched until an overflow.
constexpr std::size_t alternate_stacks = 64;

/// How long the first overflowing thread has for its notices if there is a second one.
constexpr unsigned patience_s = 1;

/// Set before the handler is installed, and never freed: the handler may run at any time.
struct reporting {
  std::vector<notice> notices;
  std::size_t stack_bytes;  ///< of one
  std::unique_ptr<std::byte[]> stacks;
};

std::atomic<const reporting*> active{nullptr};
std::array<std::atomic<const stack_arena*>, 64> arenas{};

/// The lowest address of the calling thread's stack, where the system made it; else 0.
thread_local std::uintptr_t system_stack_end = 0;

bool is_overflow(const void* address) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (system_stack_end != 0 && at >= system_stack_end - near_bytes &&
      at < system_stack_end + near_bytes) {
    return true;
  }
  return std::any_of(arenas.begin(), arenas.end(), [&](const auto& each) {
    const stack_arena* const arena = each.load(std::memory_order_acquire);
    return arena != nullptr && arena->is_guard(address);
  });
}

void write_all(const notice& said) noexcept {
  const char* next = said.text.data();
  std::size_t left = said.text.size();
  while (left > 0) {
    const ssize_t count = ::write(said.descriptor, next, left);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) {
      next += count;
      left -= static_cast<std::size_t>(count);
    }
  }
}

/// Returning repeats the fault, which then has its default effect and ends the process. Of several
/// threads that overflow the first writes the notices, and the others wait for the process to end.
/// They do not wait forever: where two are on one alternate stack, the first may continue inside
/// the other's wait.
void on_fault(int number, siginfo_t* info, void*) noexcept {
  static std::atomic_flag speaking = ATOMIC_FLAG_INIT;
  if (is_overflow(info->si_addr)) {
    if (speaking.test_and_set(std::memory_order_acq_rel)) {
      ::sleep(patience_s);
    } else {
      for (const notice& each : active.load(std::memory_order_acquire)->notices) write_all(each);
    }
  }
  std::signal(number, SIG_DFL);
}

}  // namespace

void report(std::vector<notice> notices) {
  if (left_to_sanitizers) return;
  constexpr std::size_t least_bytes = 16 * 1024;
  const auto needed = ::sysconf(_SC_SIGSTKSZ);  // depends on the processor's registers
  const std::size_t size_bytes = std::max(least_bytes, static_cast<std::size_t>(needed));
  active.store(
      new reporting{std::move(notices), size_bytes,
                    std::make_unique_for_overwrite<std::byte[]>(alternate_stacks * size_bytes)},
      std::memory_order_release);
  cover_this_thread();
  struct sigaction action{};
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGSEGV, SIGBUS}) {
    checked(::sigaction(number, &action, nullptr), "sigaction");
  }
}

void cover_this_thread() noexcept {
  const reporting* const now = active.load(std::memory_order_acquire);
  if (now == nullptr) return;
  static std::atomic<std::size_t> covered{0};
  const std::size_t place = covered.fetch_add(1, std::memory_order_relaxed) % alternate_stacks;
  stack_t alternate{};
  alternate.ss_sp = now->stacks.get() + place * now->stack_bytes;
  alternate.ss_size = now->stack_bytes;
  ::sigaltstack(&alternate, nullptr);
}

void cover_this_thread(const void* top, std::size_t stack_bytes) noexcept {
  system_stack_end = reinterpret_cast<std::uintptr_t>(top) - stack_bytes;
  cover_this_thread();
}

void know(const stack_arena& arena) noexcept {
  for (auto& each : arenas) {
    const stack_arena* none = nullptr;
    if (each.compare_exchange_strong(none, &arena, std::memory_order_acq_rel)) return;
  }
}

void forget(const stack_arena& arena) noexcept {
  for (auto& each : arenas) {
    const stack_arena* known = &arena;
    if (each.compare_exchange_strong(known, nullptr, std::memory_order_acq_rel)) return;
  }
}

}  // namespace skein::stack_overflow
