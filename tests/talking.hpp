// Programs of one workload whose tasks wait for each other, on all runtimes.
#pragma once

#include <cstddef>
#include <string>

#include "runtimes/errors.hpp"
#include "runtimes/info.hpp"
#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/programs.hpp"
#include "workloads/all.hpp"

namespace skein::test {

/// Calls `check` with the program of every runtime whose tasks can wait for each other, of which
/// there are `at_least` so many. The others say that theirs cannot.
template <class Parameters, class Check>
void with_talking_runtimes(const Parameters& asked, Check&& check, std::size_t at_least = 7) {
  std::size_t talking = 0;
  for (const runtime_info& runtime : workloads::runtimes()) {
    if (passes_over(runtime.takes_receive_ring)) continue;
    INFO(runtime.id);
    try {
      const auto program = make_program(runtime.id, asked);
      ++talking;
      check(*program);
    } catch (const limit_error& limit) {
      REQUIRE(limit.name == "sync");
      REQUIRE(std::string(limit.what()).find(runtime.id) == 0);
    }
  }
  REQUIRE(talking >= at_least);
}

}  // namespace skein::test
