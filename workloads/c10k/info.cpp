#include "workloads/c10k/info.hpp"

#include <array>

namespace skein::c10k {

namespace {

constexpr std::array<std::string_view, 5> modes{"open", "idle_heavy", "fixed", "churn", "idle"};

constexpr std::array<workloads::size, 2> sizes{{
    {.name = "test",
     .connections = 64,
     .active = 16,
     .tasks = 0,
     .window_ns = 0,
     .rate_per_s = 2'000},
    {.name = "base",
     .connections = 10'000,
     .active = 100,
     .tasks = 0,
     .window_ns = 0,
     .rate_per_s = 20'000},
}};

}  // namespace

const workloads::workload_info& info() {
  static const workloads::workload_info value{
      .id = "c10k",
      .description = "an echo server with N connections over loopback TCP",
      .measures =
          "memory per connection (user and kernel), latency from the intended send time and from "
          "the actual one, throughput, CPU per request (churn: per connection)",
      .leaves_out =
          "networks, TLS, parsing, any work on the data, more than one server CPU; "
          "loopback charges half of TCP's work to whoever sends",
      .unfair =
          "most of the CPU is the kernel's and common to all, so totals look alike: "
          "compare above the floor. "
          "A thread has no loop whose scratch buffer it could be lent; its buffer is on its own "
          "stack and counts as its memory. "
          "libuv reads as a stream, the others one read at a time. "
          "Under churn the client has more to do than the server, and of a thread's end a part "
          "seems to be in nobody's CPU time",
      .modes = modes,
      .sizes = sizes,
  };
  return value;
}

}  // namespace skein::c10k
