// The defaults that no workload declares, in one place and the same for all runtimes: how a cell is
// measured, and the scheduler's own conditions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"

namespace skein::cells::defaults {

inline constexpr const char* rate_baseline = "epoll_floor";
inline constexpr int client_addresses = 8;  // 127.0.0.1 .. 127.0.0.8
inline constexpr const char* worker_cpus = "0";
inline constexpr const char* generator_cpus = "1";
inline constexpr time_ns quiesce_ns = 300 * ns_per_ms;      // before each memory reading,
inline constexpr time_ns test_quiesce_ns = 50 * ns_per_ms;  // at size `test`
/// Threads one worker may be asked for: far below what fills a machine that others use too.
inline constexpr std::int64_t thread_ceiling = 20'000;

// The scheduler's own conditions: equal for all, and not options on purpose.
inline constexpr std::uint32_t inline_budget = 128;
inline constexpr std::uint32_t events_per_wait = 1024;
inline constexpr time_ns tick_ns = 1 * ns_per_ms;
/// Tasks beside the workload's own (an acceptor, a starter), for arenas whose size is fixed in
/// advance.
inline constexpr std::size_t spare_tasks = 8;
/// PR_SET_TIMERSLACK of every process that the conductor starts: the kernel's own default, set so
/// that it is the same whatever the caller inherited.
inline constexpr std::int64_t timer_slack_ns = 50'000;

}  // namespace skein::cells::defaults
