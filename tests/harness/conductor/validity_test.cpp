// Side evidence, kind by kind.
#include "harness/conductor/judge/validity.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

cell open_cell() {
  cell asked;
  asked.of = c10k::cell{};
  test::served(asked).mode = c10k::mode::open;
  test::served(asked).connections = 10;
  test::served(asked).active = 10;
  return asked;
}

pinning apart() {
  pinning pins;
  pins.worker_cpus = {0};
  pins.generator_cpus = {1};
  return pins;
}

/// A healthy run of five seconds.
outcome healthy() {
  outcome out;
  out.window_ns = 5 * ns_per_s;
  out.host.emplace();
  out.host->cpus[0] = {};
  out.host->cpus[1] = {};
  out.host->foreign_cpu_ns = {{0, 0}, {1, 0}};
  out.cpu.emplace();
  out.cpu->total_ns = ns_per_s;
  out.operations = 5'000;
  out.expected_samples = 5'000;
  auto& load = out.load.emplace();
  load.offered_per_s = load.achieved_per_s = 1000.0;
  load.late_50us_fraction = 0.0;
  return out;
}

bool has_reason(const outcome& out, const std::string& part) {
  return std::any_of(out.reasons.begin(), out.reasons.end(), [&](const std::string& reason) {
    return reason.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a healthy run stays ok") {
  outcome out = healthy();
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
}

TEST_CASE("stolen and foreign time on a pinned CPU make a run invalid") {
  outcome out = healthy();
  out.host->cpus[0].steal_ns = 60 * ns_per_ms;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "CPU 0"));
  out = healthy();
  out.host->foreign_cpu_ns[1] = 200 * ns_per_ms;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("a party that was away for too much of the window makes a run invalid, and is named") {
  struct part {
    std::optional<time_ns> absence::* of;
    std::string said;
  };
  const auto [of, said] =
      GENERATE(part{&absence::worker_ns,
                    "the worker was stopped or throttled for 151 ms, in a window of 5000"},
               part{&absence::generator_ns, "the load generator was kept from running for 151 ms"},
               part{&absence::conductor_ns, "the conductor was late with its readings by 151 ms"});
  const bool in_exchange = GENERATE(false, true);
  INFO(said);
  outcome out = healthy();
  out.load.reset();  // under a load the conductor is held to less: below
  absence& away = in_exchange ? out.exchange.emplace().away : out.away.emplace();
  away = {.window_ns = 5 * ns_per_s, .worker_ns = 0, .generator_ns = 0, .conductor_ns = 0};
  away.*of = 150 * ns_per_ms;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(out.reasons.empty());
  away.*of = 151 * ns_per_ms;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  REQUIRE(out.reasons.size() == 1);
  CHECK(
      out.reasons[0].starts_with(std::string(in_exchange ? "exchange: away: " : "away: ") + said));
}

TEST_CASE("a conductor's window is within 1 % of that of the load, whose clock may be another") {
  outcome out = healthy();
  out.away = absence{
      .window_ns = 5 * ns_per_s, .worker_ns = {}, .generator_ns = {}, .conductor_ns = 50'000'000};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  out.away->conductor_ns = 51'000'000;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "the conductor was late with its readings by 51 ms"));
}

TEST_CASE("replies beyond the histogram's range make a run invalid: they are in no percentile") {
  using part = std::function<measure::distribution&(outcome&)>;
  const auto [name, in] = GENERATE(
      std::pair<std::string, part>{
          "latency", [](outcome& of) -> measure::distribution& { return of.latency.emplace(); }},
      std::pair<std::string, part>{
          "service_time",
          [](outcome& of) -> measure::distribution& { return of.service_time.emplace(); }},
      std::pair<std::string, part>{"exchange.latency", [](outcome& of) -> measure::distribution& {
                                     return of.exchange.emplace().latency;
                                   }});
  outcome out = healthy();
  measure::distribution& distribution = in(out);
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  distribution.overflow = 3;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, name + ": 3 beyond 60 s, which are in no percentile"));
}

TEST_CASE("in a short window a party may be away for as long as a scheduler's tick") {
  outcome out = healthy();
  out.away = absence{.window_ns = 100 * ns_per_ms,
                     .worker_ns = {},
                     .generator_ns = 10 * ns_per_ms,
                     .conductor_ns = {}};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  out.away->generator_ns = 10 * ns_per_ms + 1;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("a window without an operation, or without a sample, is never valid") {
  outcome out = healthy();
  out.load->offered_per_s = 0.0;
  out.load->achieved_per_s = 0.0;
  out.operations = 0;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "load: no request fell into the window"));
  out = healthy();
  out.operations = 0;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "load: nothing was completed in the window"));
  out = healthy();
  out.expected_samples = 0;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "load: no request of the window was completed"));
  out = healthy();
  out.operations = 1;
  out.expected_samples = 1;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
}

TEST_CASE(
    "timers of which none fires have no lateness, which is invalid, and connections that idle "
    "none") {
  outcome out = healthy();
  out.load.reset();
  out.expected_samples = 0;
  cell timers;
  timers.of = timers::cell{};
  judge(out, timers, apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "lateness: no timer was left to have one; more tasks"));
  out = healthy();
  out.operations = 0;
  out.expected_samples.reset();
  cell idle = open_cell();
  test::served(idle).active.reset();
  test::served(idle).mode = c10k::mode::idle;
  out.load.reset();
  judge(out, idle, apart());
  CHECK(out.how == status::ok);
}

TEST_CASE("what is not known of a party is not held against it") {
  outcome out = healthy();
  out.away =
      absence{.window_ns = ns_per_s, .worker_ns = {}, .generator_ns = {}, .conductor_ns = {}};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
}

TEST_CASE("what ksoftirqd did on the worker's CPU is shown beside the CPU per operation") {
  outcome out = healthy();
  out.host->softirqd_ns[0] = ns_per_s / 2;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "softirq thread did 10.0 % of CPU 0"));
  out = healthy();
  out.host->softirqd_ns[1] = ns_per_s / 2;
  judge(out, open_cell(), apart());
  CHECK(!has_reason(out, "softirq"));
}

TEST_CASE(
    "kernel threads that serve memory and sockets are named, and strangers beside them judged") {
  outcome out = healthy();
  out.host->kernel_cpu_ns[0] = 2 * ns_per_s;
  out.host->kernel_threads_ns = {
      {"kworker", 40 * ns_per_ms}, {"kcompactd0", 1'960 * ns_per_ms}, {"rcu_preempt", 9}};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "used 40.0 % of CPU 0 (on all CPUs: kcompactd0 1960 ms, kworker 40 ms)"));
  out.host->foreign_cpu_ns[0] = ns_per_s;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "host: others used 20.0 % of CPU 0"));
}

TEST_CASE("where threads come and go, time that is nobody's is shown, and judged beyond a bound") {
  outcome out = healthy();
  out.host->foreign_cpu_ns[0] = ns_per_s / 2;
  cell asked = open_cell();
  test::served(asked).mode = c10k::mode::churn;
  asked.runtime = "thread";
  judge(out, asked, apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "10.0 % of CPU 0 went to no process of ours"));
  asked.runtime = "fiber";
  judge(out, asked, apart());
  CHECK(out.how == status::invalid);
  asked.runtime = "thread";
  out = healthy();
  out.host->foreign_cpu_ns[0] = 2 * ns_per_s;
  judge(out, asked, apart());
  CHECK(out.how == status::invalid);
  out = healthy();
  out.host->foreign_cpu_ns[1] = ns_per_s / 2;
  judge(out, asked, apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("while connections are only held, what others use is shown and not judged") {
  outcome out = healthy();
  out.host->foreign_cpu_ns[0] = ns_per_s;
  cell idle = open_cell();
  test::served(idle).mode = c10k::mode::idle;
  judge(out, idle, apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "20.0 % of CPU 0 went to no process of ours; connections are only held"));
  out.host->cpus[0].steal_ns = ns_per_s;
  judge(out, idle, apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("churn is allowed more time that is the kernel's, and not any amount") {
  cell asked = open_cell();
  test::served(asked).mode = c10k::mode::churn;
  asked.runtime = "coroutine";
  outcome out = healthy();
  out.host->foreign_cpu_ns[1] = 200 * ns_per_ms;
  judge(out, asked, apart());
  CHECK(out.how == status::ok);
  out.host->foreign_cpu_ns[1] = 350 * ns_per_ms;
  judge(out, asked, apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("a few ticks are below what the accounting can tell") {
  outcome out = healthy();
  out.window_ns = 100 * ns_per_ms;
  out.host->cpus[0].steal_ns = 20 * ns_per_ms;
  out.host->foreign_cpu_ns[0] = 20 * ns_per_ms;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
}

TEST_CASE("the generator's CPU is not judged where it had nothing to send") {
  outcome out = healthy();
  out.host->foreign_cpu_ns[1] = ns_per_s;
  cell idle = open_cell();
  test::served(idle).active.reset();
  judge(out, idle, apart());
  CHECK(out.how == status::ok);
}

TEST_CASE("a load that was not achieved is invalid unless the worker was saturated") {
  outcome out = healthy();
  out.load->achieved_per_s = 900.0;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  out = healthy();
  out.load->achieved_per_s = 900.0;
  out.cpu->total_ns = 5 * ns_per_s;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "saturated"));
}

TEST_CASE("a rate the generator cannot offer is client-bound, however busy the worker is") {
  const time_ns worker_ns = GENERATE(time_ns{ns_per_s}, 5 * ns_per_s);
  outcome out = healthy();
  out.cpu->total_ns = worker_ns;
  out.load->achieved_per_s = 400.0;
  out.load->late_50us_fraction = 0.9;
  out.load->generator_busy_fraction = 0.99;
  out.load->unsent = 500;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "client-bound: 400 of 1000 requests per second"));
  CHECK_FALSE(has_reason(out, "saturated"));
}

TEST_CASE("a generator that was only held up is not client-bound, and not valid either") {
  outcome out = healthy();
  out.load->late_50us_fraction = 0.06;
  out.load->generator_busy_fraction = 0.3;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "load: 6.0 % of sends more than 50 us late"));
  CHECK_FALSE(has_reason(out, "client-bound"));
}

TEST_CASE("a load generator that is late itself cannot vouch for a p99") {
  outcome out = healthy();
  out.load->late_ns_p99 = 99'000;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  out.load->late_ns_p99 = 101'000;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "own lateness is 101 us"));
}

TEST_CASE("a request that was never sent makes a run invalid, even one") {
  outcome out = healthy();
  out.load->unsent = 1;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(has_reason(out, "1 requests were never sent"));
}

TEST_CASE("a closed loop whose pace the generator sets says so") {
  outcome out = healthy();
  out.load->generator_busy_fraction = 0.97;
  cell asked = open_cell();
  test::served(asked).mode = GENERATE(c10k::mode::fixed, c10k::mode::churn);
  judge(out, asked, apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "client-bound"));
  outcome saturated = healthy();
  saturated.load->generator_busy_fraction = 0.97;
  saturated.cpu->total_ns = 5 * ns_per_s;
  judge(saturated, asked, apart());
  CHECK_FALSE(has_reason(saturated, "client-bound"));
}

TEST_CASE("late sends and an early end make a run invalid") {
  outcome out = healthy();
  out.load->late_50us_fraction = 0.06;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  out = healthy();
  out.load->early_end = "nobody answered";
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
}

TEST_CASE("a run that is not steady is shown, not refused") {
  outcome out = healthy();
  out.latency.emplace();
  for (int i = 0; i < 9; ++i) out.latency->slices.emplace_back().p50 = i < 3 ? 100 : 200;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(has_reason(out, "not steady"));
}

TEST_CASE("memory that is no line is refused only where there are tasks enough for one") {
  const auto bent = [](std::int64_t tasks) {
    outcome out = healthy();
    for (const std::int64_t at : {std::int64_t{0}, tasks / 4, tasks / 2, tasks}) {
      measure::memory_point point;
      point.tasks = at;
      point.rss_anon_bytes = at == tasks ? tasks * 100'000 : 0;
      out.memory_points.push_back(point);
    }
    return out;
  };
  cell asked = open_cell();
  test::served(asked).connections = 10'000;
  outcome large = bent(10'000);
  judge(large, asked, apart());
  CHECK(large.how == status::invalid);
  test::served(asked).connections = 100;
  outcome small = bent(100);
  judge(small, asked, apart());
  CHECK(small.how == status::ok);
  CHECK(has_reason(small, "not linear"));
}
