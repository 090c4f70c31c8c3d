// The measurement that a share of saturation is based on. That it is made and recorded is tested
// end to end.
#include "harness/conductor/prepare/rate_share.hpp"

#include "harness/cells/defaults.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

run_request open_request() {
  run_request request;
  cell& asked = request.asked;
  asked.of = c10k::cell{};
  asked.runtime = "coroutine";
  asked.style = "coroutine";
  test::served(asked).connections = 1000;
  test::served(asked).active = 1000;
  test::served(asked).mode = c10k::mode::open;
  test::served(asked).arrival = c10k::arrival::uniform;
  test::served(asked).pipeline = 2;
  test::served(asked).payload_bytes = 128;
  test::served(asked).buffer = buffer_policy::own;
  test::served(asked).duration_ns = 5 * ns_per_s;
  request.counted = true;
  request.rate_share = 0.6;
  request.rate_baseline = "epoll_floor";
  request.quiesce_ns = 300 * ns_per_ms;
  request.worker_command = {"a", "foreign", "worker"};
  return request;
}

}  // namespace

TEST_CASE("the baseline is our own runtime in a short closed loop of the same sizes") {
  run_request baseline = baseline_request(open_request());
  CHECK(baseline.asked.runtime == "epoll_floor");
  CHECK(test::served(baseline.asked).mode == c10k::mode::fixed);
  CHECK(test::served(baseline.asked).connections == 1000);
  CHECK(test::served(baseline.asked).active == 1000);
  CHECK(test::served(baseline.asked).payload_bytes == 128);
  CHECK(test::served(baseline.asked).buffer == buffer_policy::own);
  CHECK_FALSE(test::served(baseline.asked).rate_per_s);
  CHECK_FALSE(test::served(baseline.asked).arrival);
  CHECK_FALSE(test::served(baseline.asked).pipeline);
  CHECK_FALSE(baseline.asked.stack_bytes);
  CHECK(*test::served(baseline.asked).duration_ns < 2 * ns_per_s);
  CHECK(baseline.worker_command.empty());
  CHECK_FALSE(baseline.rate_share);
  CHECK_FALSE(baseline.counted);
  CHECK_FALSE(baseline.reads_memory());
}

TEST_CASE("the baseline's buffers are lent where the runtime measured decides on its own") {
  run_request request = open_request();
  test::served(request.asked).buffer = buffer_policy::runtime;
  run_request baseline = baseline_request(request);
  CHECK(test::served(baseline.asked).buffer == buffer_policy::lent);
}

TEST_CASE("the baseline has one worker, however many the runtime measured has") {
  run_request request = open_request();
  request.asked.workers = 2;
  CHECK(baseline_request(request).asked.workers == 1);
}

TEST_CASE("a baseline whose tasks have stacks gets the usual ones") {
  run_request request = open_request();
  request.rate_baseline = "fiber";
  const run_request baseline = baseline_request(request);
  CHECK(baseline.asked.style == "direct");
  CHECK(baseline.asked.stack_bytes == workloads::usual::stack_bytes);
}

TEST_CASE("a measured rate is rounded to three digits, so that it can be typed") {
  CHECK(typeable_rate(123'456.7) == 123'000);
  CHECK(typeable_rate(99'960) == 100'000);
  CHECK(typeable_rate(20'049) == 20'000);
  CHECK(typeable_rate(1.2345) == 1.23);
  CHECK(typeable_rate(0.98765) == 0.988);
}

TEST_CASE(
    "a baseline that was disturbed makes the run invalid, one that was not adds what it says") {
  outcome baseline;
  baseline.mark("client-bound: the load generator was busy");
  baseline.mark("load: something else");
  outcome out;
  adopt_reasons(baseline, out);
  CHECK(out.how == status::ok);
  CHECK(out.reasons ==
        std::vector<std::string>{"rate: baseline: client-bound: the load generator was busy"});
  baseline = {};
  baseline.invalidate("away: the load generator was kept from running");
  out = {};
  adopt_reasons(baseline, out);
  CHECK(out.how == status::invalid);
  CHECK(out.reasons ==
        std::vector<std::string>{"rate: baseline: away: the load generator was kept from running"});
}
