// The programs are those of program.hpp and floor.hpp: that their connections share
// timeout_counters makes them run what is in the folder.
//
// Compiled apart, as handler.cpp is and for the same reason.
#include "workloads/c10k/timeout.hpp"

#include "runtimes/all.hpp"
#include "workloads/c10k/floor.hpp"
#include "workloads/c10k/handler.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/c10k/timeout/callback.hpp"
#include "workloads/c10k/timeout/coroutine.hpp"
#include "workloads/c10k/timeout/direct.hpp"
#include "workloads/c10k/timeout/poll.hpp"
#include "workloads/styles.hpp"
#include "workloads/workload.hpp"

namespace skein::c10k {
namespace {

template <class S>
using timeout_program = program<S, timeout_counters<workloads::tasks_of<S>>>;
using timeout_floor = floor_program<timeout_counters<workloads::tasks_on::one_thread>>;

}  // namespace

std::string objection_to_timeout(const cell& asked) {
  if (!asked.read_timeout_ns || !has_handler(asked)) return {};
  return "--read-timeout: a handled request reads without one: no --handler-wait and no "
         "--handler-work";
}

std::unique_ptr<workloads::program> make_with_timeout(std::string_view runtime,
                                                      const parameters& asked) {
  return workloads::make_on<all_runtimes, timeout_program, timeout_floor>(runtime, asked);
}

}  // namespace skein::c10k
