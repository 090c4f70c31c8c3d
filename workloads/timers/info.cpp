#include "workloads/timers/info.hpp"

#include <array>

namespace skein::timers {

namespace {

constexpr std::array<std::string_view, 4> patterns{"spread", "storm", "periodic", "churn"};

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
      .description =
          "N tasks that sleep to absolute deadlines: each once, again and again, or with a timeout "
          "that is cancelled",
      .measures =
          "lateness (woke - due, signed), early fires, memory per sleeping task (user and kernel), "
          "CPU per timer that fires, CPU per arming and cancelling (churn)",
      .leaves_out =
          "sleeping beside other work: nothing competes with the timers here. "
          "churn arms each timer 8 times, with deadlines 30 s away; "
          "timeouts of many lengths in one program are not measured",
      .unfair =
          "deadlines are whole milliseconds by default, which is libuv's resolution and the "
          "wheel's tick; "
          "on a finer grid the wheel's tick follows down to 100 us and turns so much more often, "
          "and libuv is not measured. "
          "Threads wake by the kernel's timer with its slack, each on its own; "
          "the others wake once per tick for all that are due. "
          "In spread and storm the floor sorts its table once and has no insertion to pay for. "
          "In churn a task is cancelled by another task, 16 to a group, because a blocked thread "
          "cannot cancel itself: a thread pays for being woken and for blocking again, each a "
          "switch through the kernel, where the others pay for a turn of their run queue; "
          "a program that wants timeouts on a thread per task would rather hand them to the "
          "blocking call. "
          "libuv's users stop a timer without a callback to follow; here the waiting session is "
          "told, in the next turn. "
          "The floor knows that all timeouts are equally long, and keeps them in a list",
      .modes = patterns,
      .sizes = sizes,
  };
  return value;
}

}  // namespace skein::timers
