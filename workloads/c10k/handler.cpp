// The programs are those of program.hpp and floor.hpp: that their connections share
// handler_counters makes them run what is in the folder.
//
// Compiled apart: beside other sessions of the same runtime the ordinary ones would be compiled
// otherwise (callback: 20 instructions more a request).
#include "workloads/c10k/handler.hpp"

#include <cstdint>

#include "runtimes/all.hpp"
#include "runtimes/clock.hpp"
#include "workloads/c10k/floor.hpp"
#include "workloads/c10k/handler/callback.hpp"
#include "workloads/c10k/handler/coroutine.hpp"
#include "workloads/c10k/handler/direct.hpp"
#include "workloads/c10k/handler/poll.hpp"
#include "workloads/c10k/handler_work.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/styles.hpp"
#include "workloads/workload.hpp"

namespace skein::c10k {
namespace {

template <class S>
using handler_program = program<S, handler_counters<workloads::tasks_of<S>>>;
using handler_floor = floor_program<handler_counters<workloads::tasks_on::one_thread>>;

}  // namespace

std::string objection_to_handler(const cell& asked) {
  if (!has_handler(asked)) return {};
  const std::string of = asked.handler_wait_ns ? "--handler-wait: " : "--handler-work: ";
  const bool one_at_a_time =
      asked.mode == mode::churn || asked.pipeline.value_or(asked.mode == mode::fixed ? 1 : 0) == 1;
  if (!one_at_a_time) return of + "a connection has one request at a time: --pipeline 1";
  if (asked.rate_per_s && asked.handler_wait_ns) {
    const auto all_per_s = asked.active.value_or(asked.connections) * ns_per_s;
    const std::int64_t most_per_s = all_per_s / *asked.handler_wait_ns;
    if (*asked.rate_per_s > static_cast<double>(most_per_s)) {
      return of + "connections that wait so long serve " + std::to_string(most_per_s) +
             " requests a second together: --rate at most so many";
    }
  }
  if (asked.buffer_bytes > std::int64_t{most_handled_bytes}) {
    return of + "a request has room for " + std::to_string(most_handled_bytes) +
           " bytes: --buffer-bytes at most so many";
  }
  if (asked.handler_work && *asked.payload_bytes < std::int64_t{work_word_bytes}) {
    return of + "it works on " + std::to_string(work_word_bytes) +
           " bytes: --payload-bytes at least so many";
  }
  return {};
}

std::unique_ptr<workloads::program> make_with_handler(std::string_view runtime,
                                                      const parameters& asked) {
  return workloads::make_on<all_runtimes, handler_program, handler_floor>(runtime, asked);
}

}  // namespace skein::c10k
