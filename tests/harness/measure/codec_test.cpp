// Histograms into payloads and records, and back; and payloads that are none.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "harness/measure/distribution.hpp"
#include "harness/measure/hdr_codec.hpp"
#include "tests/catch.hpp"

using skein::histogram;
using skein::measure::decode_hdr;
using skein::measure::distribution;
using skein::measure::distribution_of;
using skein::measure::encode_hdr;
using skein::measure::histogram_of;
using skein::measure::json;
using skein::test::contains;

namespace {

histogram scattered(std::size_t count, unsigned seed) {
  std::mt19937_64 source(seed);
  std::uniform_int_distribution<std::int64_t> values(-1'000, histogram::highest_ns + 1'000'000);
  histogram result;
  for (std::size_t i = 0; i < count; ++i) result.record_signed(values(source) >> (i % 36));
  return result;
}

}  // namespace

TEST_CASE("a payload decodes to the same counts") {
  for (const std::size_t count : {0U, 1U, 2U, 1'000U, 30'000U}) {
    const auto source = scattered(count, static_cast<unsigned>(count));
    CHECK(std::ranges::equal(decode_hdr(encode_hdr(source)).counts(), source.counts()));
  }
}

TEST_CASE("the first and the last bucket survive, and so does a count of many bytes") {
  histogram source;
  source.add_to_bucket(0, std::int64_t{1} << 50);
  source.add_to_bucket(histogram::counts_size - 1, 3);
  const auto decoded = decode_hdr(encode_hdr(source));
  CHECK(decoded.counts().front() == std::int64_t{1} << 50);
  CHECK(decoded.counts().back() == 3);
}

TEST_CASE("a payload begins with the cookie of the V2 compressed encoding") {
  CHECK_THAT(encode_hdr(histogram{}), contains("HISTF"));
}

TEST_CASE("a distribution has the fields of the protocol, and comes back whole from its message") {
  auto source = scattered(4'000, 5);
  source.record(histogram::highest_ns + 1);
  source.record_signed(-7);
  const auto object = skein::measure::to_json(distribution_of(source));
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"count", "min", "mean", "stddev", "p50", "p90", "p99",
                                          "p999", "p9999", "max", "overflow", "early_count",
                                          "early_max_ns", "histogram"});
  const auto read = skein::measure::from_json<distribution>(json::parse(object.dump()), "");
  const auto copy = histogram_of(read);
  CHECK(skein::measure::to_json(distribution_of(copy)) == object);
  CHECK(copy.min() == source.min());
  CHECK(copy.max() == source.max());
  CHECK(copy.overflow() == source.overflow());
  CHECK(copy.early_count() == source.early_count());
  CHECK(copy.early_max_ns() == source.early_max_ns());
}

TEST_CASE("an empty histogram comes back empty") {
  const auto copy = histogram_of(distribution_of(histogram{}));
  CHECK(copy.count() == 0);
  CHECK(copy.max() == 0);
}

TEST_CASE("a damaged payload is refused with a reason") {
  const auto good = encode_hdr(scattered(100, 9));
  CHECK_THROWS_WITH(decode_hdr("not base64!"), contains("base64"));
  CHECK_THROWS_WITH(decode_hdr(""), contains("ends"));
  CHECK_THROWS_WITH(decode_hdr(good.substr(0, good.size() / 2)), contains("shorter"));
  CHECK_THROWS_WITH(decode_hdr("AAAA" + good), contains("V2"));
  auto flipped = good;
  flipped[flipped.size() / 2] = flipped[flipped.size() / 2] == 'A' ? 'B' : 'A';
  CHECK_THROWS(decode_hdr(flipped));
}

TEST_CASE("a record whose count contradicts its payload is refused") {
  auto figures = distribution_of(scattered(50, 2));
  figures.count = 51;
  CHECK_THROWS_WITH(histogram_of(figures), contains("count"));
}
