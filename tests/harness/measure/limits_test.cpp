// Needs against limits, from given limits; and that this machine's can be read.
#include "harness/measure/limits.hpp"

#include <algorithm>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/measure/loopback.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::contains;
using skein::test::fixture_tree;

TEST_CASE("a need above its limit fails with the limit's name, value and remedy") {
  machine_limits limits;
  limits.descriptors = 20'000;
  const auto checks = checks_for({.descriptors = 100'016}, limits);
  REQUIRE(checks.size() == 1);
  const auto exceeded = first_exceeded(checks);
  REQUIRE(exceeded);
  CHECK(exceeded->name == "RLIMIT_NOFILE");
  CHECK(exceeded->value == 20'000);
  CHECK(exceeded->needed == 100'016);
  CHECK_THAT(exceeded->remedy, contains("ulimit -n 100016"));
}

TEST_CASE("a need equal to its limit fits and needs no remedy") {
  machine_limits limits;
  limits.max_map_count = 65'530;
  const auto checks = checks_for({.mappings = 65'530}, limits);
  CHECK(!first_exceeded(checks));
  CHECK(to_json(checks.front())["remedy"].is_null());
}

TEST_CASE("an unknown limit stops nothing and shows as unknown") {
  const auto checks = checks_for({.descriptors = 5, .cpus = 2}, machine_limits{});
  REQUIRE(checks.size() == 2);
  CHECK(!first_exceeded(checks));
  CHECK(to_json(checks.front())["value"].is_null());
}

TEST_CASE("threads are held against every limit that counts them") {
  machine_limits limits;
  limits.pid_max = 4'000;
  const auto checks = checks_for({.threads = 5'000}, limits);
  CHECK(checks.size() == 4);
  CHECK(first_exceeded(checks)->name == "kernel.pid_max");
}

TEST_CASE("limits of the whole machine leave room for the threads of others") {
  constexpr std::int64_t asked = 5'000;
  constexpr std::int64_t others = 512;
  const auto exceeded = [](const machine_limits& limits) {
    const auto found = first_exceeded(checks_for({.threads = asked}, limits));
    return found ? found->name : "none";
  };
  machine_limits limits;
  limits.threads_max = limits.pid_max = asked + others;
  limits.processes = limits.cgroup_pids = asked;  // what others have does not count here
  CHECK(exceeded(limits) == "none");
  --*limits.threads_max;
  CHECK(exceeded(limits) == "kernel.threads-max");
  ++*limits.threads_max;
  --*limits.pid_max;
  CHECK(exceeded(limits) == "kernel.pid_max");
}

TEST_CASE("a loopback address that cannot be connected from is named") {
  machine_limits limits;
  limits.client_addresses = 1;
  const auto exceeded = first_exceeded(checks_for({.client_addresses = 8}, limits));
  REQUIRE(exceeded);
  CHECK(exceeded->name == "loopback addresses");
  CHECK_THAT(exceeded->remedy, contains("127.0.0.2 cannot be connected from"));
  limits.client_addresses = 8;
  CHECK_FALSE(first_exceeded(checks_for({.client_addresses = 8}, limits)));
}

TEST_CASE("loopback addresses are tried out, as many as are wanted") {
  CHECK(usable_loopback_addresses(8) == 8);
  CHECK(usable_loopback_addresses(1) == 1);
  CHECK(usable_loopback_addresses(0) == 0);
  CHECK(checks_for({.client_addresses = 8}).front().value == 8);
}

TEST_CASE("want of descriptors is no want of loopback addresses") {
  const int lowest_free = ::dup(STDIN_FILENO);
  ::close(lowest_free);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  // For nothing, and for what listens but not for what connects.
  low.rlim_cur = static_cast<rlim_t>(lowest_free + GENERATE(0, 1));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto usable = usable_loopback_addresses(8);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK_FALSE(usable);
}

TEST_CASE("what a cell does not need is not checked") {
  CHECK(checks_for(cell_needs{}, machine_limits{}).empty());
}

TEST_CASE("this machine's limits are read") {
  const auto limits = read_limits();
  CHECK(limits.pid_max.value() > 0);
  CHECK(limits.memory_bytes.value() > 0);
  CHECK(limits.cpus_allowed.value() >= 1);
  CHECK(limits.client_ports.value() > 0);
}

TEST_CASE("the least pids.max of a group and those around it counts") {
  fixture_tree tree;
  tree.write("proc/" + std::to_string(::getpid()) + "/cgroup", "0::/outer/middle/inner\n");
  tree.write("sys/fs/cgroup/outer/middle/inner/pids.max", "max\n");
  tree.write("sys/fs/cgroup/outer/middle/pids.max", "900\n");
  tree.write("sys/fs/cgroup/outer/pids.max", "700\n");
  CHECK(read_limits(tree.paths()).cgroup_pids == 700);
}

TEST_CASE("limits that cannot be read are unknown") {
  fixture_tree tree;
  tree.write("proc/sys/net/ipv4/ip_local_port_range", "1000\t1009\n");
  const auto limits = read_limits(tree.paths());
  CHECK(limits.client_ports == 10);
  CHECK(!limits.max_map_count);
  CHECK(!limits.memory_bytes);
}

TEST_CASE("soft limits on descriptors and processes are lifted to the hard ones") {
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_NPROC}) {
    rlimit before{};
    REQUIRE(::getrlimit(resource, &before) == 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(before.rlim_max, 1'000);
    REQUIRE(::setrlimit(resource, &low) == 0);
    raise_soft_limits();
    rlimit after{};
    ::getrlimit(resource, &after);
    CHECK(after.rlim_cur == before.rlim_max);
    if (resource == RLIMIT_NOFILE && before.rlim_max != RLIM_INFINITY) {
      CHECK(descriptor_limit() == static_cast<std::int64_t>(before.rlim_max));
    }
    ::setrlimit(resource, &before);
  }
}
