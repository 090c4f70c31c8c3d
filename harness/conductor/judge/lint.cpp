// Each check is a few lines. All of them run, so that a refused record names everything that is
// wrong.
#include "harness/conductor/judge/lint.hpp"

#include <exception>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <utility>

#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

using measure::distribution;
using problems = std::vector<std::string>;

void append(problems& all, problems more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void check_order(const std::string& name, const distribution& of, problems& found) {
  using figure = std::pair<const char*, std::optional<std::int64_t>>;
  figure lower{nullptr, {}};
  for (const figure& each :
       {figure{"min", of.min}, figure{"p50", of.p50}, figure{"p90", of.p90}, figure{"p99", of.p99},
        figure{"p999", of.p999}, figure{"p9999", of.p9999}, figure{"max", of.max}}) {
    if (!each.second) continue;
    if (lower.second && *each.second < *lower.second) {
      found.push_back(fmt::format("{}.{} {} is below {}.{} {}", name, each.first, *each.second,
                                  name, lower.first, *lower.second));
    }
    lower = each;
  }
}

/// A bucket is 1/1024 wide and is counted at its middle, so the mean may pass an exact extreme by
/// that much.
void check_mean(const std::string& name, const distribution& of, problems& found) {
  constexpr double bucket = 1.0 / 1024;
  if (!of.mean) return;
  if (of.max && *of.mean > static_cast<double>(*of.max) * (1 + bucket) + 1) {
    found.push_back(fmt::format("{}.mean {} is above the maximum {}", name, *of.mean, *of.max));
  }
  if (of.min && *of.mean < static_cast<double>(*of.min) * (1 - bucket) - 1) {
    found.push_back(fmt::format("{}.mean {} is below the minimum {}", name, *of.mean, *of.min));
  }
}

void check_counts(const std::string& name, const distribution& of,
                  std::optional<std::int64_t> expected, problems& found) {
  try {
    const histogram decoded = measure::histogram_of(of);
    const std::int64_t samples = decoded.count() + decoded.overflow() + decoded.early_count();
    if (expected && samples != *expected) {
      found.push_back(
          fmt::format("{} holds {} samples for {} completions", name, samples, *expected));
    }
  } catch (const std::exception& error) {
    found.push_back(name + ": " + error.what());
  }
}

/// Early values are in no percentile: there may be none, or only as the worker declares.
void check_early(const std::string& name, const distribution& of, time_ns early_by_at_most_ns,
                 problems& found) {
  const time_ns furthest_ns = of.early_max_ns.value_or(0);
  if (of.early_count > 0 && furthest_ns > early_by_at_most_ns) {
    found.push_back(fmt::format("{}: {} fired early, by up to {} ns, and the worker may by {} ns",
                                name, of.early_count, furthest_ns, early_by_at_most_ns));
  }
}

/// A request is read after it was sent, and its reply is sent after the wait.
problems skipped_waits(const cell& asked, const outcome& out) {
  const auto* const served = asked.as<c10k::cell>();
  if (served == nullptr || !served->handler_wait_ns || !out.service_time) return {};
  const std::int64_t least_ns = *served->handler_wait_ns - out.early_by_at_most_ns;
  const std::int64_t soonest_ns = out.service_time->min.value_or(least_ns);
  if (soonest_ns >= least_ns) return {};
  return {fmt::format("service_time: a reply came after {} ns, and a handler waits {} ns",
                      soonest_ns, *served->handler_wait_ns)};
}

/// A timer that fired so late counts as lost. Replies may be that late, because a load can be more
/// than any server can serve; validity.cpp judges that.
problems lost_timers(const std::optional<distribution>& lateness) {
  if (!lateness || lateness->overflow == 0) return {};
  return {fmt::format("lateness: {} beyond 60 s, which are in no percentile", lateness->overflow)};
}

void check_work(const std::optional<protocol::work_done>& work, problems& found) {
  if (!work) {
    found.emplace_back("no work was reported");
  } else if (work->checksum != work->expected_checksum) {
    found.push_back(fmt::format("work: checksum {} is not the expected {}", work->checksum,
                                work->expected_checksum));
  }
}

}  // namespace

problems lint_distribution(const std::string& name, const distribution& of,
                           std::optional<std::int64_t> expected, time_ns early_by_at_most_ns) {
  problems found;
  check_order(name, of, found);
  check_mean(name, of, found);
  check_counts(name, of, expected, found);
  check_early(name, of, early_by_at_most_ns, found);
  return found;
}

problems lint(const cell& asked, const outcome& out) {
  problems found = cells::echo_differences(to_json(asked), out.echoed);
  const auto look_at = [&](const char* name, const auto& of, auto... more) {
    if (of) append(found, lint_distribution(name, *of, more...));
  };
  check_work(out.work, found);
  look_at("latency", out.latency, out.expected_samples);
  look_at("service_time", out.service_time, out.expected_samples);
  look_at("lateness", out.lateness, out.expected_samples, out.early_by_at_most_ns);
  append(found, lost_timers(out.lateness));
  append(found, skipped_waits(asked, out));
  if (out.exchange) {
    append(found, lint_distribution("exchange.latency", out.exchange->latency, asked.count()));
  }
  const bool has_deadlines = workloads::timing_of(asked.of).has_deadlines();
  if (has_deadlines && !out.lateness) found.emplace_back("lateness is missing");
  return found;
}

void refuse_contradictions(const cell& asked, const outcome& out) {
  const problems found = lint(asked, out);
  if (!found.empty()) throw failed_by_conductor(fmt::format("lint: {}", fmt::join(found, "; ")));
}

}  // namespace skein::conductor
