// A load over a network, as it is asked for, prepared and judged; the network itself is tested end
// to end.
#include "harness/conductor/prepare/network.hpp"

#include <algorithm>

#include "harness/cells/usage_error.hpp"
#include "harness/conductor/judge/validity.hpp"
#include "harness/conductor/prepare/pinning.hpp"
#include "harness/conductor/prepare/preflight.hpp"
#include "harness/conductor/record/record.hpp"
#include "tests/catch.hpp"
#include "tests/cells.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

constexpr const char* nobodys = "192.0.2.1";  // of TEST-NET-1, which no machine has

std::string refusal_of(const std::string& name, const std::string& listen) {
  try {
    network_from(name, listen, {});
  } catch (const cells::usage_error& error) {
    return error.what();
  }
  return "nothing was refused";
}

cell open_cell() {
  cell asked;
  asked.runtime = "coroutine";
  asked.of = c10k::cell{};
  test::served(asked).mode = c10k::mode::open;
  test::served(asked).connections = 1'000;
  test::served(asked).active = 10;
  return asked;
}

/// A healthy run of a second over a network.
outcome healthy() {
  outcome out;
  out.window_ns = ns_per_s;
  out.operations = out.expected_samples.emplace(100);
  out.network.emplace().generators.emplace_back().pinned = true;
  return out;
}

pinning apart() {
  return plan_pinning_here({{0}, false}, {{1}, false}, {0, 1});
}

far_end& far_host(outcome& out) {
  return out.network->generators.front();
}

bool says(const outcome& out, const std::string& part) {
  return std::any_of(out.reasons.begin(), out.reasons.end(), [&](const std::string& reason) {
    return reason.find(part) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("what cannot be listened on is refused with what could") {
  CHECK_THAT(refusal_of("lab", nobodys), test::contains("cannot listen on 192.0.2.1"));
  CHECK_THAT(refusal_of("lab", nobodys), test::contains("127.0.0.1"));
  CHECK_THAT(refusal_of("lab", "127.0.0.1"), test::contains("not reached from another host"));
  CHECK_THAT(refusal_of("lab", "127.8.8.8"), test::contains("not reached from another host"));
  CHECK_THAT(refusal_of("lab", "0.0.0.0"), test::contains("not reached from another host"));
  CHECK_THAT(refusal_of("lab", "b"), test::contains("'b' is no IPv4 address"));
  CHECK_THAT(refusal_of("lab", "::1"), test::contains("is no IPv4 address"));
}

TEST_CASE("a network needs a name that can be told from others") {
  for (const char* name : {"", "two words", "a/b", "=lab"}) {
    INFO(name);
    CHECK_THAT(refusal_of(name, nobodys), test::contains("is no name"));
  }
  CHECK_THAT(refusal_of("10G_switch-1.b", nobodys), test::contains("cannot listen"));
}

TEST_CASE("over a network only the server's ends are on this machine, and no client's addresses") {
  const auto both = needs_of(open_cell());
  const auto servers = needs_of(open_cell(), ends_here::servers);
  CHECK(servers.descriptors == both.descriptors);
  CHECK(servers.files == both.files - 1'000);
  CHECK(servers.client_addresses == 0);
  CHECK(servers.client_ports == 0);
  CHECK(both.memory_bytes - servers.memory_bytes == 1'000 * 4'000);
  CHECK(slab_bounds_of(open_cell(), false, ends_here::servers).least == 4'000);
  CHECK(slab_bounds_of(open_cell(), false, ends_here::servers).most == 8'192);
}

TEST_CASE("the load generator's CPUs are of its own host, and nothing is said of this one's") {
  const pinning plan = plan_pinning_here({{0}, false}, {{0, 7}, true}, {0, 1});
  CHECK(plan.generator_elsewhere);
  CHECK(plan.worker_cpus == std::vector{0});
  CHECK(plan.generator_cpus.empty());
  CHECK(plan.reasons.empty());
  const pinning missing = plan_pinning_here({{5}, false}, {{1}, false}, {0, 1});
  REQUIRE(missing.reasons.size() == 1);
  CHECK_THAT(missing.reasons[0], test::contains("not pinned: worker"));
  CHECK_THROWS_AS(plan_pinning_here({{5}, true}, {{1}, false}, {0, 1}), cells::usage_error);
}

TEST_CASE("this machine's CPU of the conductor is not judged, the other host's are") {
  outcome out = healthy();
  out.host.emplace();
  out.host->cpus = {{0, {}}, {1, {}}};
  out.host->foreign_cpu_ns = {{0, 0}, {1, ns_per_s}};
  far_host(out).steal_ns = {{4, 5 * ns_per_ms}};
  far_host(out).foreign_ns = {{4, 20 * ns_per_ms}};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(out.reasons.empty());
  far_host(out).steal_ns = {{4, 40 * ns_per_ms}};
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(says(out, "host: the hypervisor took 4.0 % of CPU 4 of the load generator's host"));
}

TEST_CASE("what others used of the other host's CPUs is judged where the generator is pinned") {
  outcome out = healthy();
  far_host(out).foreign_ns = {{4, 50 * ns_per_ms}};
  far_host(out).pinned = false;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::ok);
  CHECK(says(out, "not pinned: generator"));
  far_host(out).pinned = true;
  judge(out, open_cell(), apart());
  CHECK(out.how == status::invalid);
  CHECK(says(out, "host: others used 5.0 % of CPU 4 of the load generator's host"));
}

TEST_CASE("a record says the network, as far as it is known, and nothing over loopback") {
  run_request request;
  request.asked = open_cell();
  CHECK_FALSE(run_record(request, healthy(), "s").contains("network"));
  request.network = network_request{.name = "lab", .listen = "10.0.0.1", .clients = {}};
  const json early = run_record(request, outcome(), "s").at("network");
  CHECK(early.at("name") == "lab");
  CHECK(early.at("generators").empty());
  outcome out = healthy();
  out.network->worker.mtu = 1'500;
  out.network->worker_counts.emplace().retransmitted = 3;
  far_host(out).round_trip = measure::round_trips{.count = 2, .min = 10, .p50 = 20, .max = 30};
  far_host(out).cpus = json::array({4, 5});
  const json network = run_record(request, out, "s").at("network");
  CHECK(network.at("worker").at("mtu") == 1'500);
  CHECK(network.at("worker").at("retransmitted") == 3);
  CHECK(network.at("worker").at("dropped").is_null());
  REQUIRE(network.at("generators").size() == 1);
  CHECK(network.at("generators")[0].at("round_trip_ns").at("p50") == 20);
  CHECK(network.at("generators")[0].at("cpus") == json::array({4, 5}));
  CHECK(network.at("generators")[0].at("environment").is_null());
}
