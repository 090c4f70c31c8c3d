// Slopes of exact lines, of noisy ones, and of too little data.
#include <array>

#include "harness/measure/memory_slope.hpp"
#include "tests/catch.hpp"

using namespace skein::measure;
using skein::test::approx;
using skein::test::contains;

namespace {

memory_point reading(std::int64_t tasks, std::int64_t user_bytes, std::int64_t slab_bytes) {
  memory_point point;
  point.tasks = tasks;
  point.rss_anon_bytes = user_bytes;
  point.virtual_bytes = 2 * user_bytes;
  point.page_table_bytes = 4096;
  point.kernel_stack_bytes = 16 * 1024;
  point.slab = {{"TCP", slab_bytes}};
  return point;
}

std::vector<memory_point> line(std::int64_t user_slope, std::int64_t slab_slope) {
  std::vector<memory_point> points;
  for (const std::int64_t tasks : {0, 2'500, 5'000, 10'000}) {
    points.push_back(reading(tasks, 1'000'000 + user_slope * tasks, 500'000 + slab_slope * tasks));
  }
  return points;
}

}  // namespace

TEST_CASE("an exact line gives its slope and intercept with an R^2 of one") {
  const std::array points{line_point{0, 10}, line_point{1, 12}, line_point{2, 14}};
  const auto fitted = fit_line(points);
  REQUIRE(fitted);
  CHECK(fitted->slope == approx(2));
  CHECK(fitted->intercept == approx(10));
  CHECK(fitted->r2 == approx(1));
  CHECK(*fitted->slope_high - *fitted->slope_low == approx(0).margin(1e-9));
}

TEST_CASE("the interval is the textbook's") {
  // Residuals 0, +1, -1, 0 ... worked by hand: slope 0.9, s^2 = 0.35, Sxx = 5, t(2) = 4.303.
  const std::array points{line_point{0, 0}, line_point{1, 1}, line_point{2, 1}, line_point{3, 3}};
  const auto fitted = fit_line(points);
  REQUIRE(fitted);
  CHECK(fitted->slope == approx(0.9));
  CHECK(fitted->r2 == approx(1 - 0.7 / 4.75));
  CHECK(*fitted->slope_high - 0.9 == approx(4.303 * 0.2645751).epsilon(1e-4));
}

TEST_CASE("two readings give a slope without an interval and one gives nothing") {
  const std::array points{line_point{0, 1}, line_point{4, 9}};
  CHECK(fit_line(points)->slope == approx(2));
  CHECK(!fit_line(points)->slope_low);
  CHECK(!fit_line(std::span(points).first(1)));
  const std::array same{line_point{4, 1}, line_point{4, 9}};
  CHECK(!fit_line(same));
}

TEST_CASE("a summary splits user and kernel bytes per task") {
  const auto summary = summarize_memory(line(128, 8'000), {.peak_rss_bytes = 77});
  CHECK(summary.linear);
  CHECK(summary.reasons.empty());
  const auto object = to_json(summary);
  CHECK(object["points"].size() == 4);
  CHECK(object["per_task"]["user_bytes"] == 128.0);
  CHECK(object["per_task"]["kernel_bytes"] == 8'000.0);
  CHECK(object["per_task"]["total_bytes"] == 8'128.0);
  CHECK(object["per_task"]["virtual_bytes"] == 256.0);
  CHECK(object["per_task"]["r2"] == 1.0);
  CHECK(object["per_task"]["interval"]["user_bytes"].size() == 2);
  CHECK(object["fixed_bytes"] == 1'000'000);
  CHECK(object["peak_rss_bytes"] == 77);
  CHECK(object["frame_bytes"].is_null());
}

TEST_CASE("readings that are no line are reported") {
  auto points = line(128, 8'000);
  *points[1].rss_anon_bytes += 60'000'000;
  const auto summary = summarize_memory(points);
  CHECK(!summary.linear);
  REQUIRE(!summary.reasons.empty());
  CHECK_THAT(summary.reasons.front(), contains("R^2"));
}

TEST_CASE("a flat line that is known to a few bytes is reported and stays valid") {
  auto points = line(0, 0);
  *points[1].rss_anon_bytes += 4096;
  const auto summary = summarize_memory(points);
  CHECK(summary.linear);
  REQUIRE(summary.reasons.size() == 1);
  CHECK_THAT(summary.reasons.front(), contains("R^2"));
}

TEST_CASE("a poor line is doubtful where its slope is uncertain by more than 64 bytes either way") {
  // One of four readings is off: by hand, t(2) = 4.303 makes it 51 and 68 bytes of a flat line.
  const auto judged = [](std::int64_t off_bytes) {
    auto points = line(0, 0);
    *points[1].rss_anon_bytes += off_bytes;
    return summarize_memory(points);
  };
  const auto known = judged(150'000);
  REQUIRE(known.user->slope_high);
  CHECK(*known.user->slope_high - known.user->slope == approx(51.1).epsilon(1e-2));
  CHECK(known.linear);
  CHECK_FALSE(judged(200'000).linear);
}

TEST_CASE("where the kernel's part is unknown the user slope stands alone") {
  auto points = line(128, 8'000);
  for (auto& point : points) {
    point.slab.reset();
    point.unreadable = {"memory: cannot read slabinfo"};
  }
  const auto summary = summarize_memory(points);
  const auto object = to_json(summary);
  CHECK(object["per_task"]["user_bytes"] == 128.0);
  CHECK(object["per_task"]["kernel_bytes"].is_null());
  CHECK(object["per_task"]["total_bytes"].is_null());
  CHECK(summary.reasons.size() == 2);  // each reason once, however many readings give it
}

TEST_CASE("user memory that another count of the same pages denies is reported") {
  constexpr std::int64_t user_bytes = 4'096;
  const auto reasons_with = [&](double share_seen) {
    auto points = line(user_bytes, 8'000);
    for (auto& point : points) {
      const auto grown = static_cast<double>(*point.rss_anon_bytes - *points[0].rss_anon_bytes);
      point.rss_anon_counter_bytes = point.rss_anon_bytes;
      point.private_dirty_bytes = 77 + static_cast<std::int64_t>(share_seen * grown);
    }
    return summarize_memory(points).reasons;
  };
  CHECK(reasons_with(1.0).empty());
  CHECK(reasons_with(0.99).empty());
  REQUIRE(reasons_with(0.5).size() == 1);
  CHECK_THAT(reasons_with(0.5).front(), contains("Private_Dirty"));
}

TEST_CASE("what is given back is the share of what memory had grown by") {
  const auto points = line(4'096, 8'000);
  const auto share_at = [&](std::int64_t left_bytes) {
    const auto object = to_json(summarize_memory(points, {.after_drain_bytes = left_bytes}));
    return object["returned_fraction"];
  };
  const std::int64_t empty = *points.front().rss_anon_bytes;
  const std::int64_t full = *points.back().rss_anon_bytes;
  CHECK(share_at(full) == 0.0);
  CHECK(share_at(empty) == 1.0);
  CHECK(share_at((empty + full) / 2) == 0.5);
  CHECK(share_at(full + (full - empty)) == -1.0);
  CHECK(to_json(summarize_memory(points))["returned_fraction"].is_null());
  CHECK(to_json(summarize_memory(line(1, 0), {.after_drain_bytes = empty}))["returned_fraction"]
            .is_null());
}

TEST_CASE("allocations per task are a slope, and absent where nobody counted") {
  auto points = line(128, 8'000);
  CHECK(to_json(summarize_memory(points))["allocations_per_task"].is_null());
  for (auto& point : points) point.allocations = 1'234 + 3 * point.tasks;
  CHECK(to_json(summarize_memory(points))["allocations_per_task"] == 3.0);
}

TEST_CASE("no readings give nulls and a reason") {
  const auto summary = summarize_memory({});
  CHECK(!summary.reasons.empty());
  CHECK(to_json(summary)["per_task"]["user_bytes"].is_null());
  CHECK(to_json(summary)["fixed_bytes"].is_null());
}
