// The stack arena: reuse, guards, ceilings.
#include "runtimes/shared/stack_arena.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <optional>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/shared/mappings.hpp"
#include "tests/catch.hpp"

namespace skein {
namespace {

TEST_CASE("the stack released last is allocated first") {
  stack_arena arena(16384, 8);
  const stack first = arena.allocate();
  const stack second = arena.allocate();
  const stack third = arena.allocate();
  REQUIRE(arena.in_use() == 3);
  arena.release(first);
  arena.release(third);
  REQUIRE(arena.in_use() == 1);
  REQUIRE(arena.allocate().bottom == third.bottom);
  REQUIRE(arena.allocate().bottom == first.bottom);
  REQUIRE(arena.in_use() == 3);
  arena.release(second);
}

TEST_CASE("stacks are whole pages, apart from each other, and all of each can be used") {
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto wanted_bytes = GENERATE(std::size_t{1}, std::size_t{4096}, std::size_t{10'000});
  stack_arena arena(wanted_bytes, 50);
  REQUIRE(arena.stack_bytes() >= wanted_bytes);
  REQUIRE(arena.stack_bytes() % page_bytes == 0);
  std::set<std::byte*> bottoms;
  for (int i = 0; i < 50; ++i) {
    const stack made = arena.allocate();
    REQUIRE(made.size_bytes == arena.stack_bytes());
    std::memset(made.bottom, i, made.size_bytes);
    bottoms.insert(made.bottom);
  }
  REQUIRE(bottoms.size() == 50);
  const std::byte* before = nullptr;
  for (const std::byte* bottom : bottoms) {
    if (before != nullptr) {
      const auto distance_bytes = static_cast<std::size_t>(bottom - before);
      REQUIRE(distance_bytes >= arena.stack_bytes() + page_bytes);
    }
    before = bottom;
  }
}

TEST_CASE("one stack above the ceiling is a limit that says so") {
  stack_arena arena(4096, 3);
  for (int i = 0; i < 2; ++i) arena.allocate();
  const stack last = arena.allocate();
  try {
    arena.allocate();
    FAIL("a fourth stack of three");
  } catch (const limit_error& limit) {
    REQUIRE(limit.value == 3);
    REQUIRE(limit.needed == 4);
    REQUIRE_THAT(limit.name, test::contains("ceiling"));
  }
  REQUIRE(arena.in_use() == 3);
  arena.release(last);
  REQUIRE(arena.allocate().bottom == last.bottom);
}

/// The flags of the mapping that holds `address`, as /proc/self/smaps has them.
std::string mapping_flags(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream mappings("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(mappings, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= wanted && wanted < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line + ' ';
    }
  }
  return {};
}

TEST_CASE("no huge page makes a touched page of a stack into 512") {
  stack_arena arena(8192, 4);
  const std::string flags = mapping_flags(arena.allocate().bottom);
  if (flags.empty()) return;  // a kernel that does not tell
  REQUIRE_THAT(flags, test::contains(" nh "));
}

TEST_CASE("more address space than there is is a limit") {
  REQUIRE_THROWS_AS(stack_arena(std::size_t{1} << 40U, std::size_t{1} << 12U), limit_error);
}

TEST_CASE("slots are counted in the order of addresses, and kept when a stack is reused") {
  stack_arena arena(8192, 4);
  const stack first = arena.allocate();
  const stack second = arena.allocate();
  REQUIRE(first.slot == 0);
  REQUIRE(second.slot == 1);
  REQUIRE(first.bottom < second.bottom);
  arena.release(first);
  REQUIRE(arena.allocate().slot == 0);
}

TEST_CASE("an address in a guard is told from one in a stack and from one elsewhere") {
  stack_arena arena(8192, 4);
  arena.allocate();
  const stack second = arena.allocate();
  const int elsewhere = 0;
  REQUIRE(arena.is_guard(second.bottom - 1));
  REQUIRE(arena.is_guard(second.bottom - 4096));
  REQUIRE(arena.is_guard(second.top()));  // of the next slot
  REQUIRE_FALSE(arena.is_guard(second.bottom));
  REQUIRE_FALSE(arena.is_guard(second.top() - 1));
  REQUIRE_FALSE(arena.is_guard(&elsewhere));
  REQUIRE_FALSE(arena.is_guard(nullptr));
}

TEST_CASE("lightweight guards take no mapping each, mapped ones two") {
  constexpr std::int64_t stacks = 1000;
  const auto kind = GENERATE(guard_kind::lightweight, guard_kind::mapped);
  if (kind == guard_kind::lightweight && available_guards() != kind) return;  // Linux before 6.13
  stack_arena arena(8192, stacks, kind);
  REQUIRE(arena.guards() == kind);
  REQUIRE(arena.mapping_cap().has_value() == (kind == guard_kind::mapped));
  const std::int64_t before = mappings_in_use();
  for (std::int64_t i = 0; i < stacks; ++i) arena.allocate();
  const std::int64_t grown = mappings_in_use() - before;
  if (kind == guard_kind::lightweight) {
    REQUIRE(grown <= 10);  // the test's own, at most
  } else {
    REQUIRE(grown >= 2 * stacks - 10);
  }
}

TEST_CASE("the fallback can be asked for by the environment") {
  ::setenv("SKEIN_STACK_GUARD", "mapped", 1);
  const guard_kind asked = available_guards();
  ::unsetenv("SKEIN_STACK_GUARD");
  REQUIRE(asked == guard_kind::mapped);
  REQUIRE(name_of(asked) == "mapped");
}

#ifndef SKEIN_SANITIZED
TEST_CASE("mapped guards end at their cap, by the name of the limit, and the process goes on") {
  const std::int64_t allowed = max_map_count();
  if (allowed > 300'000) return;  // a machine that was set up for more: the test would take long
  const auto more_than_fit = static_cast<std::size_t>(allowed);
  stack_arena arena(4096, more_than_fit, guard_kind::mapped);
  std::size_t made = 0;
  try {
    for (; made < more_than_fit; ++made) arena.allocate();
    FAIL("more stacks than mappings allow");
  } catch (const limit_error& limit) {
    REQUIRE(limit.name == "vm.max_map_count");
    REQUIRE(limit.value == allowed);
    REQUIRE(limit.needed > allowed);
  }
  REQUIRE(made == arena.mapping_cap());
  REQUIRE(mappings_in_use() < allowed - 500);
  // Large blocks are mapped one by one: there is room for them.
  std::vector<std::vector<char>> blocks;
  for (int i = 0; i < 200; ++i) blocks.emplace_back(std::size_t{1} << 20U);
  REQUIRE(blocks.size() == 200);
}

TEST_CASE("arenas with mapped guards have one cap together, and what one gives up the other gets") {
  const std::int64_t allowed = max_map_count();
  if (allowed > 300'000) return;
  const auto most = static_cast<std::size_t>(allowed);
  std::optional<stack_arena> first(std::in_place, 4096, most, guard_kind::mapped);
  stack_arena second(4096, most / 4, guard_kind::mapped);
  REQUIRE(first->mapping_cap() == second.mapping_cap());
  for (std::size_t i = 10; i < *first->mapping_cap(); ++i) first->allocate();
  for (int i = 0; i < 10; ++i) second.allocate();
  try {
    second.allocate();
    FAIL("more stacks than mappings allow");
  } catch (const limit_error& limit) {
    REQUIRE(limit.name == "vm.max_map_count");
    REQUIRE(limit.value == allowed);
    REQUIRE(limit.needed > allowed);  // of both, though the second alone would have fitted
  }
  REQUIRE_THROWS_AS(first->allocate(), limit_error);
  first.reset();
  for (int i = 0; i < 1000; ++i) second.allocate();
  REQUIRE(second.in_use() == 1010);
}

/// From here on this process and its children are refused a system call. False where the kernel has
/// no filters.
bool refuse_call(unsigned number, unsigned error_number) {
  std::array<sock_filter, 4> steps{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
                                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number),
                                    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  const sock_fprog filter{static_cast<unsigned short>(steps.size()), steps.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// 0 if a guard that is refused with EACCES is an error of that name and not a limit.
int fail_to_guard() {
  stack_arena arena(4096, 4, guard_kind::mapped);
  if (!refuse_call(SYS_mprotect, EACCES)) return 0;
  try {
    arena.allocate();
  } catch (const std::system_error& refused) {
    return refused.code().value() == EACCES ? 0 : 2;
  } catch (...) {
    return 3;
  }
  return 1;
}

TEST_CASE("a guard that is refused for no want of mappings is an error of its own name") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) std::_Exit(fail_to_guard());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}

/// The signal that ends a child which writes `offset_bytes` from the bottom of a stack; 0 if none.
int signal_of_write_at(std::ptrdiff_t offset_bytes, guard_kind kind = available_guards()) {
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL);  // the test framework's handler would report
    stack_arena arena(8192, 4, kind);
    arena.allocate();
    const stack second = arena.allocate();
    arena.allocate();
    *const_cast<volatile std::byte*>(second.bottom + offset_bytes) = std::byte{1};
    ::_exit(0);
  }
  int status = 0;
  checked(::waitpid(child, &status, 0), "waitpid");
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST_CASE("writing below a stack ends the process, at either end of the guard") {
  REQUIRE(signal_of_write_at(0) == 0);
  REQUIRE(signal_of_write_at(-1) == SIGSEGV);
  REQUIRE(signal_of_write_at(-4096) == SIGSEGV);
  REQUIRE(signal_of_write_at(-1, guard_kind::mapped) == SIGSEGV);
}

TEST_CASE("writing above a stack's top meets the next guard") {
  REQUIRE(signal_of_write_at(8191) == 0);
  REQUIRE(signal_of_write_at(8192) == SIGSEGV);
}
#endif

}  // namespace
}  // namespace skein
