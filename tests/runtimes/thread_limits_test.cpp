// Which limit a thread that the system refused is told to have met.
#include "runtimes/shared/thread_limits.hpp"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtimes/shared/mappings.hpp"
#include "tests/catch.hpp"

namespace skein {
namespace {

#ifndef SKEIN_SANITIZED
/// Splits memory into mappings, a page each, until the process may have only `left` more.
bool use_up_mappings(std::int64_t left) {
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto pages = static_cast<std::size_t>(max_map_count() - mappings_in_use() - left);
  void* const all = ::mmap(nullptr, pages * page_bytes, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) return false;
  auto* const first = static_cast<std::byte*>(all);
  for (std::size_t page = 1; page < pages; page += 2) {
    if (::mprotect(first + page * page_bytes, page_bytes, PROT_READ) != 0) return false;
  }
  return true;
}

TEST_CASE("a refused thread is told the limit that has the least room, not the lowest one") {
  if (max_map_count() > 1'000'000) {
    WARN("too many mappings to use up: passed over");
    return;
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (!use_up_mappings(100)) std::_Exit(2);
    // kernel.pid_max, for one, is the lower number on many machines, and has room.
    const limit_error refused = refused_thread(1, 0);
    std::_Exit(refused.name == "vm.max_map_count" ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}
#endif

}  // namespace
}  // namespace skein
