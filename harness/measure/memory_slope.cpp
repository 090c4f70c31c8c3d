// Least squares over memory readings.
#include "harness/measure/memory_slope.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <unistd.h>
#include <utility>

namespace skein::measure {
namespace {

/// Two-sided 95 % quantiles of the t distribution for 1 to 10 degrees of freedom. Beyond those the
/// last one of the table is used, which only widens the interval.
double t_quantile(std::size_t degrees) {
  constexpr std::array table{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  return table[std::min(degrees, table.size()) - 1];
}

struct sums {
  double mean_x = 0;
  double mean_y = 0;
  double xx = 0;
  double xy = 0;
  double yy = 0;
};

sums centred_sums(std::span<const line_point> points) {
  sums of;
  const auto n = static_cast<double>(points.size());
  for (const auto& [x, y] : points) {
    of.mean_x += x / n;
    of.mean_y += y / n;
  }
  for (const auto& [x, y] : points) {
    of.xx += (x - of.mean_x) * (x - of.mean_x);
    of.xy += (x - of.mean_x) * (y - of.mean_y);
    of.yy += (y - of.mean_y) * (y - of.mean_y);
  }
  return of;
}

using component = std::function<std::optional<std::int64_t>(const memory_point&)>;

std::optional<std::int64_t> total_bytes(const memory_point& point) {
  const auto kernel = point.kernel_bytes();
  if (!kernel || !point.rss_anon_bytes) return std::nullopt;
  return *kernel + *point.rss_anon_bytes;
}

std::optional<line_fit> fit(const std::vector<memory_point>& points, const component& bytes_of) {
  std::vector<line_point> known;
  for (const auto& point : points) {
    const auto bytes = bytes_of(point);
    if (bytes) known.push_back({static_cast<double>(point.tasks), static_cast<double>(*bytes)});
  }
  return fit_line(known);
}

std::string not_linear(const char* part, double r2) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "memory: %s is not linear in tasks, R^2 %.4f below %.2f",
                part, r2, linear_r2_min);
  return text.data();
}

/// R^2 says nothing about a flat line among pages of 4 KiB: a slope of a few bytes per task, or of
/// none, has a poor R^2 and is still known well. So a poor R^2 makes a slope doubtful only where it
/// is also uncertain by more than 64 bytes, the smallest change in memory that is ever reported.
bool is_doubtful(const line_fit& line) {
  constexpr double uncertain_bytes = 64;
  if (line.r2 >= linear_r2_min) return false;
  return !line.slope_high || *line.slope_high - line.slope > uncertain_bytes;
}

void judge(memory_summary& summary) {
  auto& reasons = summary.reasons;
  if (summary.points.size() == 1) return;  // without tasks: no slope was asked for
  if (!summary.user) reasons.emplace_back("memory: no slope, fewer than two user readings");
  if (!summary.kernel) reasons.emplace_back("memory: the kernel's part is unknown");
  const auto& decisive = summary.total ? summary.total : summary.user;
  if (!decisive) return;
  summary.linear = !is_doubtful(*decisive);
  if (decisive->r2 < linear_r2_min) {
    reasons.push_back(not_linear(summary.total ? "the total" : "user memory", decisive->r2));
  }
  if (summary.total && is_doubtful(*summary.user)) {
    reasons.push_back(not_linear("user memory", summary.user->r2));
  }
}

std::optional<std::int64_t> growth(const memory_summary& summary, const component& bytes_of) {
  if (summary.points.size() < 2) return std::nullopt;
  const auto first = bytes_of(summary.points.front());
  const auto last = bytes_of(summary.points.back());
  if (!first || !last) return std::nullopt;
  return *last - *first;
}

std::int64_t cross_check_tolerance(std::int64_t grown) {
  const auto share = static_cast<double>(std::abs(grown)) * cross_check_fraction;
  const std::int64_t cpus = std::max<std::int64_t>(::sysconf(_SC_NPROCESSORS_ONLN), 1);
  return std::max(std::llround(share), static_cast<long long>(cpus * cross_check_cpu_bytes));
}

/// Compares three ways in which the kernel counts the same pages, two of them exact.
void cross_check(memory_summary& summary) {
  const auto user = growth(summary, [](const auto& point) { return point.rss_anon_bytes; });
  if (!user) return;
  const auto compare = [&](const char* name, const component& bytes_of) {
    const auto other = growth(summary, bytes_of);
    if (!other || std::abs(*other - *user) <= cross_check_tolerance(*user)) return;
    summary.reasons.push_back("memory: anonymous pages grew by " + std::to_string(*user) +
                              " bytes, " + name + " by " + std::to_string(*other));
  };
  compare("RssAnon", [](const auto& point) { return point.rss_anon_counter_bytes; });
  compare("Private_Dirty", [](const auto& point) { return point.private_dirty_bytes; });
}

void collect_unreadable(memory_summary& summary) {
  for (const auto& point : summary.points) {
    for (const auto& reason : point.unreadable) {
      const auto& known = summary.reasons;
      if (std::find(known.begin(), known.end(), reason) == known.end()) {
        summary.reasons.push_back(reason);
      }
    }
  }
}

/// Two decimals: finer is noise, and an exact binary fraction is unreadable in a record.
double rounded(double value) {
  return std::round(value * 100) / 100;
}

json slope_of(const std::optional<line_fit>& line) {
  return line ? json(rounded(line->slope)) : json(nullptr);
}

json interval_of(const std::optional<line_fit>& line) {
  if (!line || !line->slope_low || !line->slope_high) return nullptr;
  return json::array({rounded(*line->slope_low), rounded(*line->slope_high)});
}

json per_task(const memory_summary& summary) {
  const auto& decisive = summary.total ? summary.total : summary.user;
  json object;
  object["user_bytes"] = slope_of(summary.user);
  object["kernel_bytes"] = slope_of(summary.kernel);
  object["total_bytes"] = slope_of(summary.total);
  object["virtual_bytes"] = slope_of(summary.address_space);
  object["r2"] = decisive ? json(std::round(decisive->r2 * 1e6) / 1e6) : json(nullptr);
  object["interval"] = {{"user_bytes", interval_of(summary.user)},
                        {"kernel_bytes", interval_of(summary.kernel)},
                        {"total_bytes", interval_of(summary.total)},
                        {"virtual_bytes", interval_of(summary.address_space)}};
  return object;
}

}  // namespace

std::optional<line_fit> fit_line(std::span<const line_point> points) {
  const auto of = centred_sums(points);
  if (points.size() < 2 || of.xx <= 0) return std::nullopt;
  line_fit line{};
  line.slope = of.xy / of.xx;
  line.intercept = of.mean_y - line.slope * of.mean_x;
  double residuals = 0;
  for (const auto& [x, y] : points) {
    const double miss = y - (line.intercept + line.slope * x);
    residuals += miss * miss;
  }
  line.r2 = of.yy > 0 ? 1 - residuals / of.yy : 1;
  if (points.size() < 3) return line;
  const auto degrees = points.size() - 2;
  const double error = std::sqrt(residuals / static_cast<double>(degrees) / of.xx);
  line.slope_low = line.slope - t_quantile(degrees) * error;
  line.slope_high = line.slope + t_quantile(degrees) * error;
  return line;
}

memory_summary summarize_memory(std::vector<memory_point> points, memory_extras extras) {
  memory_summary summary;
  summary.points = std::move(points);
  summary.extras = extras;
  summary.user = fit(summary.points, [](const auto& point) { return point.rss_anon_bytes; });
  summary.kernel = fit(summary.points, [](const auto& point) { return point.kernel_bytes(); });
  summary.total = fit(summary.points, total_bytes);
  summary.address_space =
      fit(summary.points, [](const auto& point) { return point.virtual_bytes; });
  summary.allocations = fit(summary.points, [](const auto& point) { return point.allocations; });
  judge(summary);
  cross_check(summary);
  collect_unreadable(summary);
  return summary;
}

std::optional<double> returned_fraction(const memory_summary& summary) {
  const auto grown = growth(summary, [](const auto& point) { return point.rss_anon_bytes; });
  const auto left = summary.extras.after_drain_bytes;
  if (!grown || !left || *grown < returned_growth_min_bytes) return std::nullopt;
  const auto returned = *summary.points.back().rss_anon_bytes - *left;
  return std::round(static_cast<double>(returned) / static_cast<double>(*grown) * 1e4) / 1e4;
}

json to_json(const memory_summary& summary) {
  json object;
  object["points"] = json::array();
  for (const auto& point : summary.points) object["points"].push_back(to_json(point));
  object["per_task"] = per_task(summary);
  object["fixed_bytes"] =
      summary.user ? json(std::llround(summary.user->intercept)) : json(nullptr);
  object["mappings"] =
      summary.points.empty() ? json(nullptr) : or_null(summary.points.back().mappings);
  object["peak_rss_bytes"] = or_null(summary.extras.peak_rss_bytes);
  object["after_drain_bytes"] = or_null(summary.extras.after_drain_bytes);
  object["frame_bytes"] = or_null(summary.extras.frame_bytes);
  object["allocations_per_task"] = slope_of(summary.allocations);
  object["returned_fraction"] = or_null(returned_fraction(summary));
  return object;
}

}  // namespace skein::measure
