#include "workloads/timers/info.hpp"

#include <array>

namespace skein::timers {

namespace {

constexpr std::array<std::string_view, 2> patterns{"spread", "storm"};

constexpr std::array<workloads::size, 2> sizes{{
    {.name = "test",
     .connections = 0,
     .active = 0,
     .tasks = 1'000,
     .window_ns = 200 * ns_per_ms,
     .rate_per_s = 0},
    {.name = "base",
     .connections = 0,
     .active = 0,
     .tasks = 100'000,
     .window_ns = 5 * ns_per_s,
     .rate_per_s = 0},
}};

}  // namespace

const workloads::workload_info& info() {
  static const workloads::workload_info value{
      .id = "timers",
      .description = "N tasks, each sleeping once to its own absolute deadline",
      .measures =
          "lateness (woke - due, signed), early fires, memory per sleeping task (user and kernel), "
          "CPU per timer",
      .leaves_out =
          "timers that are cancelled, periodic ones, and sleeping beside other work: nothing "
          "competes with the timers here",
      .unfair =
          "deadlines are whole milliseconds by default, which is libuv's resolution and the "
          "wheel's tick: a finer grid costs both up to a tick of lateness. Threads wake by the "
          "kernel's timer with its slack, each on its own; the others "
          "wake once per tick for all that are due. The floor sorts its table once and has no "
          "insertion to pay for",
      .modes = patterns,
      .sizes = sizes,
  };
  return value;
}

}  // namespace skein::timers
