// The arrival schedule, the payloads and the slices: everything of the generator that needs no
// socket.
#include <cmath>
#include <vector>

#include "harness/generator/arrival.hpp"
#include "harness/generator/handler_work.hpp"
#include "harness/generator/payload.hpp"
#include "harness/generator/slices.hpp"
#include "tests/catch.hpp"
#include "tests/harness/generator/fixture.hpp"

namespace {

using namespace skein;
using namespace skein::generator;
using skein::test::near;

std::vector<arrival> take(arrival_schedule schedule, int count) {
  std::vector<arrival> taken;
  for (int i = 0; i < count; ++i) taken.push_back(schedule.next());
  return taken;
}

bool same(const std::vector<arrival>& one, const std::vector<arrival>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const arrival& a, const arrival& b) {
                      return a.offset_ns == b.offset_ns && a.connection == b.connection;
                    });
}

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("a schedule is the same for the same seed and another for another", "[generator]") {
  const auto kind = GENERATE(arrival_kind::poisson, arrival_kind::uniform);
  const auto first = take({kind, 1000, 1, 100}, 1000);
  CHECK(same(first, take({kind, 1000, 1, 100}, 1000)));
  CHECK_FALSE(same(first, take({kind, 1000, 2, 100}, 1000)));
}

TEST_CASE("a schedule never goes back in time and stays within its connections", "[generator]") {
  const auto kind = GENERATE(arrival_kind::poisson, arrival_kind::uniform);
  std::vector<int> uses(7);
  time_ns last_ns = 0;
  for (const arrival& each : take({kind, 5000, 3, 7}, 7000)) {
    REQUIRE(each.offset_ns >= last_ns);
    REQUIRE(each.connection < 7);
    last_ns = each.offset_ns;
    ++uses[each.connection];
  }
  for (const int count : uses) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("uniform arrivals are evenly spaced without drift", "[generator]") {
  const auto taken = take({arrival_kind::uniform, 3000, 1, 1}, 3001);
  CHECK(taken[0].offset_ns == 0);
  CHECK(taken[1].offset_ns == 333'333);
  CHECK(std::abs(taken[3000].offset_ns - ns_per_s) <= 1);
}

TEST_CASE("poisson gaps have mean 1/rate and variance 1/rate squared", "[generator]") {
  constexpr int count = 100'000;
  const auto taken = take({arrival_kind::poisson, 10'000, 7, 1}, count);
  double sum = 0;
  double squares = 0;
  time_ns last_ns = 0;
  for (const arrival& each : taken) {
    const auto gap_us = static_cast<double>(each.offset_ns - last_ns) / 1000;
    sum += gap_us;
    squares += gap_us * gap_us;
    last_ns = each.offset_ns;
  }
  const double mean = sum / count;
  const double variance = squares / count - mean * mean;
  CHECK(near(mean, 100, 0.02));
  CHECK(near(variance, 100 * 100, 0.05));
}

TEST_CASE("both kinds of arrival visit the same connections", "[generator]") {
  const auto poisson = take({arrival_kind::poisson, 100, 5, 50}, 500);
  const auto uniform = take({arrival_kind::uniform, 900, 5, 50}, 500);
  for (std::size_t i = 0; i < poisson.size(); ++i) {
    REQUIRE(poisson[i].connection == uniform[i].connection);
  }
}

TEST_CASE("payloads depend on seed, connection and sequence", "[generator]") {
  const payload_pool pool(1, 64);
  const payload_pool again(1, 64);
  const payload_pool other(2, 64);
  const auto bytes = copy_of(pool.bytes(pool.offset(3, 9)));
  CHECK(bytes == copy_of(again.bytes(again.offset(3, 9))));
  CHECK(bytes != copy_of(other.bytes(other.offset(3, 9))));
  CHECK(bytes != copy_of(pool.bytes(pool.offset(3, 10))));
  CHECK(bytes != copy_of(pool.bytes(pool.offset(4, 9))));
  CHECK(pool.digest(3, 9) == again.digest(3, 9));
  CHECK(pool.digest(3, 9) != pool.digest(9, 3));
  CHECK(pool.digest(3, 9) != other.digest(3, 9));
}

TEST_CASE("a step of work is what it is in every language", "[generator]") {
  CHECK(c10k::work_on(1, 1) == 270'369);
  CHECK(c10k::work_on(1, 1000) == 269'958'183);
  CHECK(c10k::work_on(7, 0) == 7);
}

TEST_CASE("the outcome of any work is known without doing it", "[generator]") {
  random_stream words(7);
  for (const std::int64_t steps : {1, 2, 1000, 54'321}) {
    const worked_words known(steps);
    for (int i = 0; i < 100; ++i) {
      const auto word = static_cast<std::uint32_t>(words.next());
      REQUIRE(known(word) == c10k::work_on(word, steps));
    }
  }
}

TEST_CASE("a reply is the request, but for the word that was worked on", "[generator]") {
  std::vector<std::byte> room;
  const payload_pool plain(1, 64);
  const payload_pool worked(1, 64, 1000);
  const auto offset = plain.offset(3, 9);
  const auto request = copy_of(plain.bytes(offset));
  CHECK(copy_of(worked.bytes(offset)) == request);
  CHECK(copy_of(plain.reply(offset, room)) == request);
  auto expected = request;
  c10k::work_on(expected, 1000);
  CHECK(expected != request);
  CHECK(copy_of(worked.reply(offset, room)) == expected);
}

TEST_CASE("a step takes time, and is not measured where there is none", "[generator]") {
  CHECK(measured_step_ns(1).value() > 0);
  CHECK_FALSE(measured_step_ns(0));
}

TEST_CASE("verify catches every flipped byte and says how many", "[generator]") {
  const payload_pool pool(1, 100);
  const auto expected = pool.bytes(pool.offset(0, 0));
  CHECK(verify(expected, expected, 0).wrong_bytes == 0);
  CHECK(verify(expected, expected, 0).damage == 0);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto got = copy_of(expected);
    got[i] ^= std::byte{1};
    const verdict found = verify(expected, got, 0);
    REQUIRE(found.wrong_bytes == 1);
    REQUIRE(found.damage != 0);
    got[(i + 1) % got.size()] ^= std::byte{0x80};
    REQUIRE(verify(expected, got, 0).wrong_bytes == 2);
  }
}

TEST_CASE("slices keep count and percentiles apart by intended time", "[generator]") {
  slice_series series(600 * ns_per_ms);
  for (int i = 1; i <= 100; ++i) series.record(i, i * ns_per_us);
  series.record(550 * ns_per_ms, 20 * ns_per_s);
  const auto slices = series.summarize(600 * ns_per_ms);
  REQUIRE(slices.size() == 3);
  CHECK(slices[0].count == 100);
  CHECK(near(slices[0].p50_ns, 50'000, 0.008));
  CHECK(near(slices[0].p99_ns, 99'000, 0.008));
  CHECK(slices[1].count == 0);
  CHECK(slices[2].t_ns == 2 * slice_ns);
  CHECK(slices[2].duration_ns == 100 * ns_per_ms);
  CHECK(near(slices[2].p50_ns, 20e9, 0.008));
}

TEST_CASE("a slice's percentile is the most that its bucket holds", "[generator]") {
  slice_series series(slice_ns);
  for (const time_ns latency_ns : {1'000, 1'000, 1'000'001}) series.record(0, latency_ns);
  const auto summary = series.summarize(slice_ns);
  REQUIRE(summary.size() == 1);
  CHECK(summary[0].p50_ns == 1'003);      // [1000, 1003], four to a bucket
  CHECK(summary[0].p99_ns == 1'003'519);  // [999424, 1003519], 4096 to a bucket
}

TEST_CASE("a slice holds any latency, however long", "[generator]") {
  slice_series series(0);
  series.record(0, 0);
  series.record(0, 3600 * ns_per_s);
  series.record(5 * slice_ns, 1);
  const auto slices = series.summarize(5 * slice_ns + 1);
  REQUIRE(slices.size() == 6);
  CHECK(slices[0].count == 2);
  CHECK(slices[0].p99_ns >= 60 * ns_per_s);
}
