// Each check is a few lines. All of them run, so that a refused record names everything that is
// wrong.
#include "harness/conductor/judge/lint.hpp"

#include <exception>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>

#include "harness/measure/histogram_json.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

using problems = std::vector<std::string>;

void append(problems& all, problems more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void check_order(const std::string& name, const json& distribution, problems& found) {
  const char* lower = nullptr;
  double below = 0;
  for (const char* key : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
    const auto value = distribution.find(key);
    if (value == distribution.end() || !value->is_number()) continue;
    const auto number = value->get<double>();
    if (lower != nullptr && number < below) {
      found.push_back(
          fmt::format("{}.{} {} is below {}.{} {}", name, key, number, name, lower, below));
    }
    lower = key;
    below = number;
  }
}

/// A bucket is 1/1024 wide and is counted at its middle, so the mean may pass an exact extreme by
/// that much.
void check_mean(const std::string& name, const json& distribution, problems& found) {
  constexpr double bucket = 1.0 / 1024;
  const auto number = [&](const char* key) { return distribution.value(key, json()); };
  const json mean = number("mean");
  const json max = number("max");
  const json min = number("min");
  if (!mean.is_number()) return;
  if (max.is_number() && mean.get<double>() > max.get<double>() * (1 + bucket) + 1) {
    found.push_back(fmt::format("{}.mean {} is above the maximum {}", name, measure::to_text(mean),
                                measure::to_text(max)));
  }
  if (min.is_number() && mean.get<double>() < min.get<double>() * (1 - bucket) - 1) {
    found.push_back(fmt::format("{}.mean {} is below the minimum {}", name, measure::to_text(mean),
                                measure::to_text(min)));
  }
}

void check_counts(const std::string& name, const json& distribution,
                  std::optional<std::int64_t> expected, problems& found) {
  try {
    const histogram decoded = measure::histogram_from_json(distribution);
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
void check_early(const std::string& name, const json& distribution, time_ns early_by_at_most_ns,
                 problems& found) {
  const auto count = [&](const char* key) {
    return measure::integer_at(distribution, key).value_or(0);
  };
  if (count("early_count") > 0 && count("early_max_ns") > early_by_at_most_ns) {
    found.push_back(fmt::format("{}: {} fired early, by up to {} ns, and the worker may by {} ns",
                                name, count("early_count"), count("early_max_ns"),
                                early_by_at_most_ns));
  }
}

/// A timer that fired so late counts as lost. Replies may be that late, because a load can be more
/// than any server can serve; validity.cpp judges that.
problems lost_timers(const json& lateness) {
  if (!lateness.is_object()) return {};
  const auto beyond = measure::integer_at(lateness, "overflow").value_or(0);
  if (beyond == 0) return {};
  return {fmt::format("lateness: {} beyond 60 s, which are in no percentile", beyond)};
}

void check_work(const outcome& out, problems& found) {
  if (!out.work.is_object()) {
    found.emplace_back("no work was reported");
    return;
  }
  const json checksum = out.work.value("checksum", json());
  const json expected = out.work.value("expected_checksum", json());
  if (!checksum.is_string() || checksum != expected) {
    found.push_back("work: checksum " + measure::to_text(checksum) + " is not the expected " +
                    measure::to_text(expected));
  }
}

}  // namespace

problems lint_distribution(const std::string& name, const json& distribution,
                           std::optional<std::int64_t> expected, time_ns early_by_at_most_ns) {
  problems found;
  if (distribution.is_null()) return found;
  if (!distribution.is_object()) return {name + " is no object"};
  check_order(name, distribution, found);
  check_mean(name, distribution, found);
  check_counts(name, distribution, expected, found);
  check_early(name, distribution, early_by_at_most_ns, found);
  return found;
}

problems lint(const cell& asked, const outcome& out) {
  problems found = cells::echo_differences(to_json(asked), out.echoed);
  check_work(out, found);
  append(found, lint_distribution("latency", out.latency, out.expected_samples));
  append(found, lint_distribution("service_time", out.service_time, out.expected_samples));
  append(found, lint_distribution("lateness", out.lateness, out.expected_samples,
                                  out.early_by_at_most_ns));
  append(found, lost_timers(out.lateness));
  if (out.exchange.is_object()) {
    append(found, lint_distribution("exchange.latency", out.exchange.value("latency", json()),
                                    asked.count()));
  }
  const bool has_deadlines = workloads::timing_of(asked.of).grid_ns > 0;
  if (has_deadlines && out.lateness.is_null()) found.emplace_back("lateness is missing");
  return found;
}

void refuse_contradictions(const cell& asked, const outcome& out) {
  const problems found = lint(asked, out);
  if (!found.empty()) throw failed_by_conductor(fmt::format("lint: {}", fmt::join(found, "; ")));
}

}  // namespace skein::conductor
