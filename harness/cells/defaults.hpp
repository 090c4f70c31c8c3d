// The default of every option, in one place and the same for all runtimes. The worker echoes what
// it was given, so no default can differ between two runtimes unnoticed. Leaves out the named
// sizes, which belong to the workloads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/clock.hpp"

namespace skein::cells::defaults {

// c10k
inline constexpr std::int64_t connections = 10'000;
inline constexpr std::int64_t active_closed_loop = 100;       // modes fixed and churn
inline constexpr std::int64_t active_percent_idle_heavy = 5;  // of the connections
inline constexpr std::int64_t least_percent_idle_heavy = 1;
inline constexpr std::int64_t most_percent_idle_heavy = 20;
inline constexpr double rate_per_s = 20'000;
inline constexpr std::int64_t payload_bytes = 64;
inline constexpr const char* mode = "fixed";
inline constexpr const char* arrival = "poisson";
inline constexpr const char* rate_baseline = "epoll_floor";
inline constexpr const char* buffer = "lent";
inline constexpr std::int64_t buffer_bytes = 1024;  // or the payload, where that is larger
inline constexpr time_ns duration_ns = 5 * ns_per_s;
inline constexpr time_ns warmup_ns = 1 * ns_per_s;
inline constexpr std::int64_t warmup_requests = 20'000;
inline constexpr time_ns hold_ns = 1 * ns_per_s;
inline constexpr std::int64_t most_loops = 64;
inline constexpr int client_addresses = 8;  // 127.0.0.1 .. 127.0.0.8

// c10k at size `test`: long enough to see every path, too short to publish.
inline constexpr time_ns test_duration_ns = 500 * ns_per_ms;
inline constexpr time_ns test_warmup_ns = 100 * ns_per_ms;
inline constexpr std::int64_t test_warmup_requests = 100;

// timers
inline constexpr std::int64_t tasks = 100'000;
inline constexpr const char* pattern = "spread";
inline constexpr const char* timers = "wheel";  // of runtimes that can choose
inline constexpr time_ns window_ns = 5 * ns_per_s;
inline constexpr time_ns grid_ns = 1 * ns_per_ms;  // libuv's interface is in whole milliseconds

// both
inline constexpr std::uint64_t seed = 1;
inline constexpr std::int64_t stack_bytes = 16 * 1024;
inline constexpr const char* worker_cpus = "0";
inline constexpr const char* generator_cpus = "1";
inline constexpr time_ns quiesce_ns = 300 * ns_per_ms;      // before each memory reading,
inline constexpr time_ns test_quiesce_ns = 50 * ns_per_ms;  // at size `test`
/// Threads one worker may be asked for: far below what fills a machine that others use too.
inline constexpr std::int64_t thread_ceiling = 20'000;

// The scheduler's own conditions: equal for all, and not options on purpose.
inline constexpr std::uint32_t inline_budget = 128;
inline constexpr std::uint32_t events_per_wait = 1024;
inline constexpr time_ns tick_ns = 1 * ns_per_ms;           // or the grid, where that is finer,
inline constexpr time_ns finest_tick_ns = 100 * ns_per_us;  // but no finer than this
/// Tasks beside the workload's own (an acceptor, a starter), for arenas whose size is fixed in
/// advance.
inline constexpr std::size_t spare_tasks = 8;
/// How many tasks of one churned connection (made again and again) may be alive at once.
inline constexpr std::size_t churn_room = 8;
/// PR_SET_TIMERSLACK of every worker: the kernel's own default, set so that it is the same whatever
/// the caller inherited.
inline constexpr std::int64_t timer_slack_ns = 50'000;

}  // namespace skein::cells::defaults
