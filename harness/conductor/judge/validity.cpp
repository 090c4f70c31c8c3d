// One function for each kind of evidence.
#include "harness/conductor/judge/validity.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/conductor/prepare/preflight.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

using c10k::mode;
using cells::is_in_mode;
using measure::distribution;
using protocol::load_result;

void judge_share(outcome& out, const char* what, int cpu, time_ns spent_ns, double most,
                 const validity_rules& rules, const char* where = "") {
  const double fraction = static_cast<double>(spent_ns) / static_cast<double>(*out.window_ns);
  if (spent_ns <= rules.host_floor_ns || fraction < most) return;
  out.invalidate(fmt::format("host: {} {:.1f} % of CPU {}{}", what, 100 * fraction, cpu, where));
}

/// Where threads come and go, a CPU is busier than the processes on it account for. We take the
/// difference for the kernel's work after a thread's exit, and have not traced it. Up to a bound it
/// cannot be told from other programs.
bool threads_end(const cell& asked) {
  return is_in_mode(asked, mode::churn) && threads_of(asked) > 0;
}

void show_share(outcome& out, int cpu, time_ns spent_ns, double most, const char* why_not_judged,
                const validity_rules& rules) {
  const double fraction = static_cast<double>(spent_ns) / static_cast<double>(*out.window_ns);
  if (spent_ns <= rules.host_floor_ns || fraction < most) return;
  out.mark(fmt::format("host: {:.1f} % of CPU {} went to no process of ours; {}, so not judged",
                       100 * fraction, cpu, why_not_judged));
}

/// CPU time that the run's processes did not use. The kernel also frees what is left of a
/// connection outside any process, so churn is allowed more. While connections are only held,
/// nothing is timed, and nobody's CPU time changes how much memory they take.
void judge_foreign(outcome& out, int cpu, time_ns spent_ns, const cell& asked, bool is_workers,
                   const validity_rules& rules) {
  const bool churn = is_in_mode(asked, mode::churn);
  double most = churn ? rules.foreign_fraction_churn : rules.foreign_fraction;
  if (is_in_mode(asked, mode::idle)) {
    show_share(out, cpu, spent_ns, most, "connections are only held", rules);
    return;
  }
  if (is_workers && threads_end(asked)) {
    show_share(out, cpu, spent_ns, most, "threads come and go", rules);
    most = rules.foreign_fraction_threads_end;
  }
  judge_share(out, "others used", cpu, spent_ns, most, rules);
}

/// ksoftirqd processes all packets of its CPU, and on this CPU they are the run's. So its time is
/// no disturbance, but a part of a request's cost that is missing from the worker's CPU time.
void show_softirqd(outcome& out, int cpu, const validity_rules& rules) {
  const auto found = out.host->softirqd_ns.find(cpu);
  if (found == out.host->softirqd_ns.end() || found->second <= rules.host_floor_ns) return;
  const double fraction = static_cast<double>(found->second) / static_cast<double>(*out.window_ns);
  if (fraction < rules.foreign_fraction) return;
  out.mark(fmt::format(
      "host: the kernel's softirq thread did {:.1f} % of CPU {}'s time of network work, "
      "which the CPU per operation does not contain",
      100 * fraction, cpu));
}

/// "kcompactd0 92 ms, kworker 40 ms": what used most first.
std::string named(const std::map<std::string, time_ns>& spent_ns) {
  std::vector<std::pair<std::string, time_ns>> all(spent_ns.begin(), spent_ns.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::vector<std::string> words;
  for (const auto& [name, ns] : all) {
    if (ns < ns_per_ms) break;
    words.push_back(fmt::format("{} {} ms", name, ns / ns_per_ms));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

/// Threads of the kernel that serve memory and sockets work for the run, but beside it: what they
/// used of a CPU, neither worker nor generator had. In a hold nothing is timed and nothing is lost.
void show_kernel_threads(outcome& out, int cpu, const validity_rules& rules) {
  const auto found = out.host->kernel_cpu_ns.find(cpu);
  if (found == out.host->kernel_cpu_ns.end() || found->second <= rules.host_floor_ns) return;
  const double fraction = static_cast<double>(found->second) / static_cast<double>(*out.window_ns);
  if (fraction < rules.foreign_fraction) return;
  out.mark(
      fmt::format("host: the kernel's threads for memory and sockets used {:.1f} % of CPU {} "
                  "(on all CPUs: {})",
                  100 * fraction, cpu, named(out.host->kernel_threads_ns)));
}

void judge_cpu(outcome& out, int cpu, const cell& asked, bool is_workers,
               const validity_rules& rules) {
  if (const auto found = out.host->cpus.find(cpu); found != out.host->cpus.end()) {
    judge_share(out, "the hypervisor took", cpu, found->second.steal_ns, rules.steal_fraction,
                rules);
  }
  if (is_workers) show_softirqd(out, cpu, rules);
  show_kernel_threads(out, cpu, rules);
  const auto foreign = out.host->foreign_cpu_ns.find(cpu);
  if (foreign != out.host->foreign_cpu_ns.end()) {
    judge_foreign(out, cpu, foreign->second, asked, is_workers, rules);
  }
}

void judge_pressure(outcome& out, const validity_rules& rules) {
  const auto memory = out.host->pressure.find("memory");
  if (memory == out.host->pressure.end()) return;
  const double stalled =
      static_cast<double>(memory->second.some_ns.value_or(0)) / static_cast<double>(*out.window_ns);
  if (stalled < rules.pressure_fraction) return;
  out.invalidate(fmt::format("host: tasks stalled for memory {:.1f} % of the time", 100 * stalled));
}

void judge_host(outcome& out, const cell& asked, const pinning& pins, const validity_rules& rules) {
  if (!out.host || !out.window_ns || *out.window_ns <= 0) return;
  std::set<int> used(pins.worker_cpus.begin(), pins.worker_cpus.end());
  const auto* const served = asked.as<c10k::cell>();
  if (served != nullptr && served->active && !pins.generator_elsewhere)
    used.insert(pins.generator_cpus.begin(), pins.generator_cpus.end());
  if (out.host->cpus.empty()) out.mark("host: /proc/stat cannot be read: others may have run");
  for (const int cpu : used) {
    const auto& workers = pins.worker_cpus;
    const bool is_workers = std::find(workers.begin(), workers.end(), cpu) != workers.end();
    judge_cpu(out, cpu, asked, is_workers, rules);
  }
  judge_pressure(out, rules);
}

/// The same bounds on a host that a load came from, which has reported itself.
void judge_far_host(outcome& out, const far_end& there, const validity_rules& rules) {
  constexpr const char* where = " of the load generator's host";
  if (!there.pinned) {
    out.mark("not pinned: generator: its host does not let it have the CPUs, so it ran anywhere");
  }
  for (const auto& [cpu, ns] : there.steal_ns) {
    judge_share(out, "the hypervisor took", cpu, ns, rules.steal_fraction, rules, where);
  }
  if (!there.pinned) return;  // others may use what it does not
  for (const auto& [cpu, ns] : there.foreign_ns) {
    judge_share(out, "others used", cpu, ns, rules.foreign_fraction, rules, where);
  }
}

void judge_far_hosts(outcome& out, const validity_rules& rules) {
  if (!out.network || !out.window_ns || *out.window_ns <= 0) return;
  for (const far_end& each : out.network->generators) judge_far_host(out, each, rules);
}

void judge_party(outcome& out, const std::string& party, const char* how,
                 std::optional<time_ns> away_ns, time_ns window_ns, double most,
                 const validity_rules& rules) {
  const auto most_ns = most * static_cast<double>(window_ns);
  if (!away_ns || *away_ns <= rules.away_floor_ns) return;
  if (static_cast<double>(*away_ns) <= most_ns) return;
  out.invalidate(fmt::format("{} was {} {:.0f} ms, in a window of {:.0f} ms", party, how,
                             static_cast<double>(*away_ns) / ns_per_ms,
                             static_cast<double>(window_ns) / ns_per_ms));
}

/// The one rule about processes that did not run while they should have. `conductors` is the bound
/// of the conductor: a window's length leaves less to chance than its two ends.
void judge_absence(outcome& out, const std::string& where, const std::optional<absence>& away,
                   double conductors, const validity_rules& rules) {
  if (!away) return;
  const auto judge_one = [&](const char* party, const char* how, std::optional<time_ns> away_ns,
                             double most) {
    judge_party(out, where + "away: the " + party, how, away_ns, away->window_ns, most, rules);
  };
  judge_one("worker", "stopped or throttled for", away->worker_ns, rules.away_fraction);
  judge_one("load generator", "kept from running for", away->generator_ns, rules.away_fraction);
  judge_one("conductor", "late with its readings by", away->conductor_ns, conductors);
}

void judge_memory(outcome& out, const cell& asked, const validity_rules& rules) {
  if (out.memory_points.empty()) return;  // none was asked for
  const auto memory = measure::summarize_memory(out.memory_points, out.memory_extras);
  for (const std::string& reason : memory.reasons) out.mark(reason);
  const std::int64_t tasks = asked.count();
  if (!memory.linear && tasks >= rules.slope_tasks_min) {
    out.invalidate("memory: no line, so no bytes per task");
  }
}

/// The share of the generator's CPU time that was work and not waiting for something to do; 0 where
/// it is not known. It is a share of the time that the generator got, because a generator that
/// shares its CPU can be too slow as well.
double busy_fraction(const load_result& load) {
  return load.generator_busy_fraction.value_or(0);
}

/// A generator that could not keep its schedule offered less than the run says, whatever the worker
/// did. Returns true when it was also at its own limit: then nothing is known about the worker's
/// throughput.
bool judge_schedule(outcome& out, const load_result& load, double offered, double achieved,
                    const validity_rules& rules) {
  const double late = load.late_50us_fraction.value_or(0);
  const auto late_p99_ns = static_cast<double>(load.late_ns_p99.value_or(0));
  if (late <= rules.late_fraction && load.unsent == 0) {
    if (late_p99_ns > rules.late_p99_ns) {
      out.invalidate(fmt::format("load: p99 of the load generator's own lateness is {:.0f} us",
                                 late_p99_ns / static_cast<double>(ns_per_us)));
    }
    return false;
  }
  const bool client_bound = busy_fraction(load) >= rules.busy_fraction;
  if (client_bound) {
    out.invalidate(
        fmt::format("client-bound: {:.0f} of {:.0f} requests per second; "
                    "the load generator was busy {:.0f} % of its CPU time, "
                    "sent {:.1f} % of them more than 50 us late and {} not at all",
                    achieved, offered, 100 * busy_fraction(load), 100 * late, load.unsent));
  } else if (late > rules.late_fraction) {
    out.invalidate(fmt::format("load: {:.1f} % of sends more than 50 us late", 100 * late));
  } else {
    out.invalidate(fmt::format("load: {} requests were never sent", load.unsent));
  }
  return client_bound;
}

/// A window in which nothing was done has no figures, whatever the machine did. Connections that
/// are only held (mode idle) have none either, on purpose.
void judge_samples(outcome& out, const cell& asked) {
  if (is_in_mode(asked, mode::idle)) return;
  const workloads::declaration& declared = workloads::declaration_of(asked.of);
  if (declared.run == workloads::run_kind::tasks) {
    if (out.expected_samples == 0) {
      out.invalidate(fmt::format("lateness: no {} was left to have one; more {}", declared.task,
                                 declared.tasks));
    }
  } else if (out.load && out.load->offered_per_s == 0.0) {
    out.invalidate("load: no request fell into the window; a higher rate, or a longer window");
  } else if (out.operations == 0) {
    out.invalidate("load: nothing was completed in the window");
  } else if (out.expected_samples == 0) {
    out.invalidate("load: no request of the window was completed");
  }
}

/// Replies so late that no percentile includes them: without them the rest would look faster.
void judge_range(outcome& out) {
  const auto judge_one = [&](const char* name, const distribution& of) {
    if (of.overflow == 0) return;
    out.invalidate(
        fmt::format("{}: {} beyond 60 s, which are in no percentile", name, of.overflow));
  };
  if (out.latency) judge_one("latency", *out.latency);
  if (out.service_time) judge_one("service_time", *out.service_time);
  if (out.exchange) judge_one("exchange.latency", out.exchange->latency);
}

void judge_open_load(outcome& out, const load_result& load, const pinning& pins,
                     const validity_rules& rules) {
  if (!load.offered_per_s || !load.achieved_per_s || *load.offered_per_s <= 0) return;
  const double offered = *load.offered_per_s;
  const double achieved = *load.achieved_per_s;
  if (judge_schedule(out, load, offered, achieved, rules)) return;
  if (achieved >= rules.achieved_fraction * offered) return;
  const auto text = fmt::format("load: {:.0f} of {:.0f} requests per second", achieved, offered);
  if (is_saturated(out, pins, rules)) {
    out.mark(text + ": the worker is saturated");
  } else {
    out.invalidate(text + ", and the worker is not saturated");
  }
}

void judge_common_window(outcome& out, const validity_rules& rules) {
  if (out.common_fraction >= rules.common_fraction) return;
  out.invalidate(fmt::format("load: the load generators' windows have {:.0f} % in common",
                             100 * out.common_fraction));
}

void judge_generator(outcome& out, const load_result& load) {
  if (load.warmup_note) out.mark("load: " + *load.warmup_note);
  if (load.early_end) out.invalidate("load: " + *load.early_end);
}

/// In a closed loop one side sets the pace. If the generator does, CPU per request is still the
/// worker's, but throughput and times are not.
void judge_pace(outcome& out, const load_result& load, const cell& asked, const pinning& pins,
                const validity_rules& rules) {
  if (!is_in_mode(asked, mode::fixed) && !is_in_mode(asked, mode::churn)) return;
  if (busy_fraction(load) < rules.busy_fraction || is_saturated(out, pins, rules)) return;
  out.mark(
      fmt::format("client-bound: the load generator was busy {:.0f} % of its CPU time "
                  "and the worker was not: throughput and latency are the generator's",
                  100 * busy_fraction(load)));
}

void judge_closed_loop(outcome& out, const load_result& load, const cell& asked,
                       const validity_rules& rules) {
  const auto* const served = asked.as<c10k::cell>();
  if (!is_in_mode(asked, mode::fixed) || !served->active || !load.achieved_per_s) return;
  if (!out.service_time || !out.service_time->mean) return;
  if (served->pipeline.value_or(1) > 1) return;  // in flight then falls with each reply
  const double in_flight =
      *load.achieved_per_s * *out.service_time->mean / static_cast<double>(ns_per_s);
  const auto wanted = static_cast<double>(*served->active);
  if (std::abs(in_flight / wanted - 1) > rules.little_tolerance) {
    out.mark(fmt::format("load: throughput x service time is {:.1f}, not the {} in flight",
                         in_flight, *served->active));
  }
}

/// The mean of the slices' medians.
std::optional<double> level_of(std::span<const measure::slice> slices) {
  std::vector<double> medians;
  for (const measure::slice& each : slices) {
    if (each.p50) medians.push_back(static_cast<double>(*each.p50));
  }
  if (medians.empty()) return std::nullopt;
  return std::accumulate(medians.begin(), medians.end(), 0.0) / static_cast<double>(medians.size());
}

void judge_steadiness(outcome& out, const validity_rules& rules) {
  if (!out.latency || out.latency->slices.size() < 6) return;
  const std::span<const measure::slice> slices = out.latency->slices;
  const std::size_t third = slices.size() / 3;
  const auto first = level_of(slices.first(third));
  const auto last = level_of(slices.last(third));
  if (!first || !last || *first <= 0 || *last <= 0) return;
  const double ratio = *last / *first;
  if (ratio > rules.steady_ratio || ratio < 1 / rules.steady_ratio) {
    out.mark(
        fmt::format("not steady: the last third's median latency is {:.2f} x the first's", ratio));
  }
}

}  // namespace

bool is_saturated(const outcome& out, const pinning& pins, const validity_rules& rules) {
  if (!out.cpu || !out.cpu->total_ns || !out.window_ns) return false;
  const auto cpus = std::max<std::size_t>(pins.worker_set().size(), 1);
  return static_cast<double>(*out.cpu->total_ns) >=
         rules.saturated_fraction * static_cast<double>(*out.window_ns) * static_cast<double>(cpus);
}

void judge(outcome& out, const cell& asked, const pinning& pins, const validity_rules& rules) {
  judge_absence(out, "", out.away, out.load ? rules.apart_fraction : rules.away_fraction, rules);
  if (out.exchange) {
    judge_absence(out, "exchange: ", out.exchange->away, rules.away_fraction, rules);
  }
  judge_samples(out, asked);
  judge_range(out);
  judge_host(out, asked, pins, rules);
  judge_far_hosts(out, rules);
  judge_memory(out, asked, rules);
  if (!out.load) return;
  const load_result load = *out.load;
  judge_common_window(out, rules);
  judge_generator(out, load);
  judge_open_load(out, load, pins, rules);
  judge_closed_loop(out, load, asked, rules);
  judge_pace(out, load, asked, pins, rules);
  judge_steadiness(out, rules);
}

}  // namespace skein::conductor
