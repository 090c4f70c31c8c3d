// The histogram against a plain sorted vector, and its edges.
#include "histogram/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "harness/measure/distribution.hpp"
#include "histogram/nearest_rank.hpp"
#include "tests/catch.hpp"

using skein::histogram;
using skein::nearest_rank;
using skein::percentile_of;
using skein::measure::distribution_of;
using skein::measure::percentile_rule;
using skein::test::approx;

namespace {

/// Durations over the whole range, as many below a microsecond as above a second.
std::vector<std::int64_t> log_uniform(std::size_t count, unsigned seed) {
  std::mt19937_64 source(seed);
  std::uniform_real_distribution<double> exponent(0, std::log10(6e10));
  std::vector<std::int64_t> values(count);
  for (auto& value : values) value = static_cast<std::int64_t>(std::pow(10, exponent(source)));
  return values;
}

histogram filled(const std::vector<std::int64_t>& values) {
  histogram result;
  for (const auto value : values) result.record(value);
  return result;
}

/// The definition that the histogram's percentile approximates: the smallest value that at least
/// this share of all values do not exceed, counted in thousandths of a percent.
std::int64_t oracle_percentile(std::vector<std::int64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto share = static_cast<std::size_t>(std::llround(percent * 1'000));
  std::size_t rank = 1;
  while (rank * 100'000 < share * values.size()) ++rank;
  return values[rank - 1];
}

}  // namespace

TEST_CASE("percentiles agree with a sorted vector to three digits") {
  const auto values = log_uniform(20'000, 7);
  const auto recorded = filled(values);
  for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto expected = oracle_percentile(values, percent);
    const auto got = recorded.percentile(percent);
    INFO("percent " << percent << " expected " << expected << " got " << got);
    CHECK(got >= expected);
    CHECK(static_cast<double>(got - expected) <= 1e-3 * static_cast<double>(expected));
  }
}

TEST_CASE("a percentile is the value at the nearest rank, however few there are") {
  for (std::size_t count = 1; count <= 300; ++count) {
    std::vector<std::int64_t> values(count);
    std::iota(values.begin(), values.end(), 1);
    const auto recorded = filled(values);
    for (const double percent : {0.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      INFO("p" << percent << " of " << count);
      CHECK(recorded.percentile(percent) == oracle_percentile(values, percent));
    }
  }
}

TEST_CASE("the rank of a percentile is whole where its share of the values is") {
  CHECK(nearest_rank(90, 16) == 15);
  CHECK(nearest_rank(90, 10) == 9);
  CHECK(nearest_rank(99.9, 1'000) == 999);
  CHECK(nearest_rank(99.99, 10'000) == 9'999);
  CHECK(nearest_rank(99.99, 1'000'000'000) == 999'900'000);
  CHECK(nearest_rank(0, 7) == 1);
  CHECK(nearest_rank(100, 7) == 7);
}

TEST_CASE("the percentile of plain values is the one at that rank, and nothing of nothing") {
  std::vector<std::int64_t> values(200);
  std::iota(values.rbegin(), values.rend(), 1);
  CHECK(percentile_of(values, 50) == 100);
  CHECK(percentile_of(values, 99) == 198);
  CHECK(percentile_of({7}, 1) == 7);
  CHECK(percentile_of({}, 50) == std::nullopt);
}

TEST_CASE("count, min and max are exact and the mean is good to three digits") {
  const auto values = log_uniform(5'000, 11);
  const auto recorded = filled(values);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  CHECK(recorded.count() == 5'000);
  CHECK(recorded.min() == *std::min_element(values.begin(), values.end()));
  CHECK(recorded.max() == *std::max_element(values.begin(), values.end()));
  CHECK(recorded.mean() == approx(sum / 5'000).epsilon(1e-3));
}

TEST_CASE("small values are stored exactly") {
  histogram recorded;
  for (std::int64_t value = 0; value < 2'048; ++value) recorded.record(value);
  CHECK(recorded.percentile(50) == 1'023);
  CHECK(recorded.mean() == approx(1'023.5));
  CHECK(recorded.stddev() == approx(std::sqrt((2'048.0 * 2'048.0 - 1) / 12)));
}

TEST_CASE("every bucket borders on the next one") {
  for (std::size_t index = 0; index + 1 < histogram::counts_size; ++index) {
    const auto low = histogram::lowest_equivalent(index);
    const auto high = histogram::highest_equivalent(index);
    if (histogram::index_of(low) != index || histogram::index_of(high) != index ||
        histogram::lowest_equivalent(index + 1) != high + 1) {
      FAIL("bucket " << index << " from " << low << " to " << high);
    }
  }
}

TEST_CASE("values beyond 60 s are counted apart and change nothing else") {
  auto recorded = filled({5, histogram::highest_ns});
  recorded.record(histogram::highest_ns + 1);
  CHECK(recorded.count() == 2);
  CHECK(recorded.overflow() == 1);
  CHECK(recorded.max() == histogram::highest_ns);
}

TEST_CASE("early firings are counted apart with the earliest of them") {
  histogram recorded;
  recorded.record_signed(-3);
  recorded.record_signed(-999'000);
  recorded.record_signed(0);
  recorded.record_signed(8);
  CHECK(recorded.count() == 2);
  CHECK(recorded.early_count() == 2);
  CHECK(recorded.early_max_ns() == 999'000);
  CHECK(recorded.min() == 0);
}

TEST_CASE("merging two histograms equals recording everything in one") {
  const auto one = log_uniform(1'000, 1);
  const auto other = log_uniform(700, 2);
  auto merged = filled(one);
  merged.merge(filled(other));
  auto all = one;
  all.insert(all.end(), other.begin(), other.end());
  const auto expected = filled(all);
  CHECK(std::ranges::equal(merged.counts(), expected.counts()));
  CHECK(merged.min() == expected.min());
  CHECK(merged.max() == expected.max());
}

TEST_CASE("merging adds up what is in no bucket, and keeps the furthest that fired early") {
  auto merged = filled({4, histogram::highest_ns + 1, -7});
  merged.merge(filled({5, histogram::highest_ns + 1, histogram::highest_ns + 2, -3, -9}));
  CHECK(merged.count() == 2);
  CHECK(merged.overflow() == 3);
  CHECK(merged.early_count() == 3);
  CHECK(merged.early_max_ns() == 9);
  merged.merge(filled({-8}));
  CHECK(merged.early_count() == 4);
  CHECK(merged.early_max_ns() == 9);
}

TEST_CASE("merging with an empty histogram changes nothing") {
  auto merged = filled({4, 9});
  merged.merge(histogram{});
  CHECK(merged.count() == 2);
  CHECK(merged.min() == 4);
  CHECK(merged.max() == 9);
}

TEST_CASE("concurrent recording loses nothing") {
  constexpr int threads = 4;
  const auto values = log_uniform(5'000, 3);
  histogram shared;
  std::vector<std::thread> recorders;
  for (int i = 0; i < threads; ++i) {
    recorders.emplace_back([&] {
      for (const auto value : values) shared.record_concurrent(value);
      shared.record_signed_concurrent(-7);
      shared.record_concurrent(histogram::highest_ns + 1);
    });
  }
  for (auto& recorder : recorders) recorder.join();
  const auto expected = filled(values);
  CHECK(shared.count() == threads * expected.count());
  CHECK(shared.percentile(90) == expected.percentile(90));
  CHECK(shared.min() == expected.min());
  CHECK(shared.max() == expected.max());
  CHECK(shared.early_count() == threads);
  CHECK(shared.early_max_ns() == 7);
  CHECK(shared.overflow() == threads);
}

TEST_CASE("an empty histogram has no statistics, and none of them is zero in its record") {
  const auto object = skein::measure::to_json(distribution_of(histogram{}));
  CHECK(object["count"] == 0);
  for (const auto* key : {"min", "mean", "stddev", "p50", "p99", "max", "early_max_ns"}) {
    INFO(key);
    CHECK(object[key].is_null());
  }
}

TEST_CASE("a high percentile is null below the published number of values") {
  const auto below = distribution_of(filled(std::vector<std::int64_t>(19'999, 5)));
  CHECK(below.p90 == 5);
  CHECK(!below.p99);
  const auto enough = distribution_of(filled(std::vector<std::int64_t>(20'000, 5)));
  CHECK(enough.p99 == 5);
  CHECK(!enough.p999);
}

TEST_CASE("the rule for test sizes prints every percentile") {
  CHECK(distribution_of(filled({5}), percentile_rule::any()).p9999 == 5);
}

TEST_CASE("no statistic lies above the exact maximum") {
  const auto recorded = filled({1'000'001, 1'000'001});
  CHECK(recorded.percentile(100) == 1'000'001);
  CHECK(recorded.mean() <= 1'000'001);
}
