// Every threshold of validity on each of its sides: at the bound a run is as good as ever, a little
// beyond it is not. The bounds are written out here, from harness/VALIDITY.md.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "harness/conductor/judge/validity.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

constexpr time_ns window_ns = 10 * ns_per_s;

/// A healthy run of ten seconds: worker on CPU 0, generator on CPU 1.
struct scene {
  scene() {
    asked.of = c10k::cell{};
    asked.runtime = "coroutine";
    test::served(asked).mode = c10k::mode::open;
    test::served(asked).connections = 10'000;
    test::served(asked).active = 100;
    pins.worker_cpus = {0};
    pins.generator_cpus = {1};
    out.window_ns = window_ns;
    out.host.emplace();
    out.host->cpus = {{0, {}}, {1, {}}};
    out.host->foreign_cpu_ns = {{0, 0}, {1, 0}};
    out.host->pressure["memory"] = {0, 0};
    out.cpu.emplace();
    out.cpu->total_ns = ns_per_s;
    out.operations = out.expected_samples.emplace(10'000);
    auto& load = out.load.emplace();
    load.offered_per_s = load.achieved_per_s = 1000.0;
    load.late_50us_fraction = 0.0;
    load.late_ns_p99 = 1'000;
  }
  void mode(c10k::mode which) { test::served(asked).mode = which; }
  void slices(std::int64_t first, std::int64_t last) {
    out.latency.emplace();
    for (int i = 0; i < 9; ++i) {
      out.latency->slices.emplace_back().p50 = i < 3 ? first : i < 6 ? 77 : last;
    }
  }
  /// Four readings of so many tasks, the last of them off a line of 4,000 bytes each.
  void memory(std::int64_t tasks, double off) {
    for (const std::int64_t at : {std::int64_t{0}, tasks / 4, tasks / 2, tasks}) {
      measure::memory_point point;
      point.tasks = at;
      point.rss_anon_bytes = at * 4'000;
      point.rss_anon_counter_bytes = point.private_dirty_bytes = point.rss_anon_bytes;
      point.kernel_stack_bytes = point.page_table_bytes = 0;
      point.slab.emplace();
      out.memory_points.push_back(point);
    }
    auto& last = out.memory_points.back();
    for (auto bytes :
         {&last.rss_anon_bytes, &last.rss_anon_counter_bytes, &last.private_dirty_bytes}) {
      *bytes = static_cast<std::int64_t>(static_cast<double>(**bytes) * off);
    }
    test::served(asked).connections = tasks;
  }

  cell asked;
  pinning pins;
  outcome out;
};

enum class verdict { good, marked, invalid };

struct threshold {
  std::string name;
  std::function<void(scene&)> at;      ///< the last value that is good
  std::function<void(scene&)> beyond;  ///< the first that is not
  verdict worse;
  std::string says;
};

std::int64_t share(double fraction) {
  return static_cast<std::int64_t>(fraction * window_ns);
}

const std::vector<threshold>& thresholds() {
  static const std::vector<threshold> all{
      {"steal on the worker's CPU, 1 %",
       [](scene& s) { s.out.host->cpus[0].steal_ns = share(.00999); },
       [](scene& s) { s.out.host->cpus[0].steal_ns = share(.01); }, verdict::invalid,
       "host: the hypervisor took 1.0 % of CPU 0"},
      {"steal on the generator's CPU, 1 %",
       [](scene& s) { s.out.host->cpus[1].steal_ns = share(.00999); },
       [](scene& s) { s.out.host->cpus[1].steal_ns = share(.01); }, verdict::invalid,
       "host: the hypervisor took 1.0 % of CPU 1"},
      {"steal, three ticks",
       [](scene& s) {
         s.out.window_ns = ns_per_s;
         s.out.host->cpus[0].steal_ns = 30 * ns_per_ms;
       },
       [](scene& s) {
         s.out.window_ns = ns_per_s;
         s.out.host->cpus[0].steal_ns = 30 * ns_per_ms + 1;
       },
       verdict::invalid, "the hypervisor took 3.0 %"},
      {"foreign time on the worker's CPU, 3 %",
       [](scene& s) { s.out.host->foreign_cpu_ns[0] = share(.02999); },
       [](scene& s) { s.out.host->foreign_cpu_ns[0] = share(.03); }, verdict::invalid,
       "host: others used 3.0 % of CPU 0"},
      {"foreign time on the generator's CPU, 3 %",
       [](scene& s) { s.out.host->foreign_cpu_ns[1] = share(.02999); },
       [](scene& s) { s.out.host->foreign_cpu_ns[1] = share(.03); }, verdict::invalid,
       "host: others used 3.0 % of CPU 1"},
      {"foreign time, three ticks",
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->foreign_cpu_ns[0] = 30 * ns_per_ms;
       },
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->foreign_cpu_ns[0] = 30 * ns_per_ms + 1;
       },
       verdict::invalid, "others used 6.0 %"},
      {"foreign time under churn, 6 %",
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.out.host->foreign_cpu_ns[0] = share(.0599);
       },
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.out.host->foreign_cpu_ns[0] = share(.06);
       },
       verdict::invalid, "others used 6.0 % of CPU 0"},
      {"foreign time where threads end, shown from 6 %",
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.asked.runtime = "thread";
         s.out.host->foreign_cpu_ns[0] = share(.0599);
       },
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.asked.runtime = "thread";
         s.out.host->foreign_cpu_ns[0] = share(.06);
       },
       verdict::marked, "host: 6.0 % of CPU 0 went to no process of ours"},
      {"foreign time where threads end, judged from 25 %",
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.asked.runtime = "thread";
         s.out.host->foreign_cpu_ns[0] = share(.2499);
       },
       [](scene& s) {
         s.mode(c10k::mode::churn);
         s.asked.runtime = "thread";
         s.out.host->foreign_cpu_ns[0] = share(.25);
       },
       verdict::invalid, "others used 25.0 % of CPU 0"},
      {"ksoftirqd on the worker's CPU, shown from 3 %",
       [](scene& s) { s.out.host->softirqd_ns[0] = share(.02999); },
       [](scene& s) { s.out.host->softirqd_ns[0] = share(.03); }, verdict::marked,
       "host: the kernel's softirq thread did 3.0 %"},
      {"ksoftirqd, three ticks",
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->softirqd_ns[0] = 30 * ns_per_ms;
       },
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->softirqd_ns[0] = 30 * ns_per_ms + 1;
       },
       verdict::marked, "softirq thread did 6.0 %"},
      {"the kernel's threads for memory and sockets, shown from 3 %",
       [](scene& s) { s.out.host->kernel_cpu_ns[1] = share(.02999); },
       [](scene& s) { s.out.host->kernel_cpu_ns[1] = share(.03); }, verdict::marked,
       "host: the kernel's threads for memory and sockets used 3.0 % of CPU 1"},
      {"the kernel's threads for memory and sockets, three ticks",
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->kernel_cpu_ns[0] = 30 * ns_per_ms;
       },
       [](scene& s) {
         s.out.window_ns = ns_per_s / 2;
         s.out.host->kernel_cpu_ns[0] = 30 * ns_per_ms + 1;
       },
       verdict::marked, "sockets used 6.0 % of CPU 0"},
      {"tasks stalled for memory, 1 %",
       [](scene& s) { s.out.host->pressure["memory"].some_ns = share(.00999); },
       [](scene& s) { s.out.host->pressure["memory"].some_ns = share(.01); }, verdict::invalid,
       "host: tasks stalled for memory 1.0 %"},
      {"achieved of offered, 98 %", [](scene& s) { s.out.load->achieved_per_s = 980.0; },
       [](scene& s) { s.out.load->achieved_per_s = 979.9; }, verdict::invalid,
       "load: 980 of 1000 requests per second, and the worker is not saturated"},
      {"the worker's CPU, saturated from 90 %",
       [](scene& s) { s.out.cpu->total_ns = share(.5); },  // achieves all: nothing is said
       [](scene& s) {
         s.out.load->achieved_per_s = 500.0;
         s.out.cpu->total_ns = share(.9);
       },
       verdict::marked, "load: 500 of 1000 requests per second: the worker is saturated"},
      {"sends more than 50 us late, 5 %", [](scene& s) { s.out.load->late_50us_fraction = .05; },
       [](scene& s) { s.out.load->late_50us_fraction = .0501; }, verdict::invalid,
       "load: 5.0 % of sends more than 50 us late"},
      {"p99 of the generator's lateness, 100 us",
       [](scene& s) { s.out.load->late_ns_p99 = 100'000; },
       [](scene& s) { s.out.load->late_ns_p99 = 100'001; }, verdict::invalid,
       "load: p99 of the load generator's own lateness is 100 us"},
      {"requests never sent, none", [](scene& s) { s.out.load->unsent = 0; },
       [](scene& s) { s.out.load->unsent = 1; }, verdict::invalid,
       "load: 1 requests were never sent"},
      {"the generator sets the pace, busy from 90 %",
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.load->generator_busy_fraction = .899;
       },
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.load->generator_busy_fraction = .9;
       },
       verdict::marked, "client-bound: the load generator was busy 90 %"},
      {"steady: slower by a quarter", [](scene& s) { s.slices(100, 125); },
       [](scene& s) { s.slices(100, 126); }, verdict::marked, "not steady: the last third's"},
      {"steady: faster by a quarter", [](scene& s) { s.slices(125, 100); },
       [](scene& s) { s.slices(126, 100); }, verdict::marked, "not steady: the last third's"},
      {"Little's law, 5 % above",
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.service_time.emplace().mean = 104'900'000.0;
       },
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.service_time.emplace().mean = 105'100'000.0;
       },
       verdict::marked, "load: throughput x service time is 105.1, not the 100"},
      {"Little's law, 5 % below",
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.service_time.emplace().mean = 95'100'000.0;
       },
       [](scene& s) {
         s.mode(c10k::mode::fixed);
         s.out.service_time.emplace().mean = 94'900'000.0;
       },
       verdict::marked, "load: throughput x service time is 94.9, not the 100"},
      {"a line of memory", [](scene& s) { s.memory(10'000, 1.15); },
       [](scene& s) { s.memory(10'000, 1.5); }, verdict::invalid, "memory: no line"},
      {"a line of memory, judged from 5,000 tasks", [](scene&) {},
       [](scene& s) { s.memory(5'000, 1.5); }, verdict::invalid, "memory: no line"},
      {"a line of memory, shown below 5,000 tasks", [](scene&) {},
       [](scene& s) { s.memory(4'996, 1.5); }, verdict::marked, "memory: the total is not linear"},
      {"the load ended early", [](scene&) {},
       [](scene& s) { s.out.load->early_end = "nothing completed for 10 s"; }, verdict::invalid,
       "load: nothing completed for 10 s"},
      {"the warm-up was short of requests", [](scene&) {},
       [](scene& s) { s.out.load->warmup_note = "warm-up ended"; }, verdict::marked,
       "load: warm-up ended"},
      {"/proc/stat cannot be read", [](scene&) {}, [](scene& s) { s.out.host->cpus.clear(); },
       verdict::marked, "host: /proc/stat cannot be read"},
  };
  return all;
}

void judged(scene& of) {
  judge(of.out, of.asked, of.pins);
}

}  // namespace

TEST_CASE("a run at a bound is as good as ever") {
  for (const threshold& each : thresholds()) {
    INFO(each.name);
    scene good;
    each.at(good);
    judged(good);
    CHECK(good.out.how == status::ok);
    for (const std::string& reason : good.out.reasons) {
      INFO(reason);
      // With threads that end there is something to show before there is something to judge.
      CHECK(reason.find("went to no process of ours") != std::string::npos);
    }
  }
}

TEST_CASE("a run a little beyond a bound says so, and is invalid where that is meant") {
  for (const threshold& each : thresholds()) {
    INFO(each.name);
    scene bad;
    each.beyond(bad);
    judged(bad);
    CHECK(bad.out.how == (each.worse == verdict::invalid ? status::invalid : status::ok));
    const auto& reasons = bad.out.reasons;
    const bool said = std::any_of(reasons.begin(), reasons.end(), [&](const std::string& reason) {
      return reason.starts_with(each.says) || reason.find(each.says) != std::string::npos;
    });
    INFO((reasons.empty() ? "no reason" : reasons.front()));
    CHECK(said);
  }
}

TEST_CASE("only an open load has an offered rate to achieve, and only a closed one a pace") {
  scene fixed;
  fixed.mode(c10k::mode::fixed);
  fixed.out.load->offered_per_s.reset();
  fixed.out.load->achieved_per_s = 10.0;
  judged(fixed);
  CHECK(fixed.out.reasons.empty());
  scene open;
  open.out.load->generator_busy_fraction = 1.0;
  open.out.service_time.emplace().mean = 1.0;
  judged(open);
  CHECK(open.out.reasons.empty());
}

TEST_CASE(
    "a generator that is saturated is told from one that was held up at 90 % of its CPU time") {
  for (const double busy : {.899, .9}) {
    scene of;
    of.out.load->late_50us_fraction = .2;
    of.out.load->generator_busy_fraction = busy;
    judged(of);
    CHECK(of.out.how == status::invalid);
    CHECK(of.out.reasons.front().starts_with(busy < .9 ? "load: 20.0 %" : "client-bound: "));
  }
}

TEST_CASE("a worker is saturated from 90 % of all of its CPUs on") {
  outcome out;
  pinning pins;
  pins.worker_cpus = {0, 2};
  CHECK_FALSE(is_saturated(out, pins));
  out.window_ns = 1'000;
  out.cpu.emplace();
  CHECK_FALSE(is_saturated(out, pins));
  out.cpu->total_ns = 1'799;
  CHECK_FALSE(is_saturated(out, pins));
  out.cpu->total_ns = 1'800;
  CHECK(is_saturated(out, pins));
}

TEST_CASE("fewer than six slices, and no latency, say nothing of steadiness") {
  scene few;
  few.slices(100, 200);
  auto& slices = few.out.latency->slices;
  slices.erase(slices.begin(), slices.begin() + 4);
  judged(few);
  CHECK(few.out.reasons.empty());
  scene six;
  six.slices(100, 200);
  auto& kept = six.out.latency->slices;
  kept.erase(kept.begin() + 3, kept.begin() + 6);
  judged(six);
  CHECK(six.out.reasons.size() == 1);
}
