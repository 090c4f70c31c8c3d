// What the rest of the machine did, from fixtures; and that this machine can be read at all.
#include "harness/measure/host.hpp"

#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

std::int64_t ticks(std::int64_t count) {
  return count * (1'000'000'000 / ::sysconf(_SC_CLK_TCK));
}

host_snapshot two_cpus(std::int64_t busy_0, std::int64_t busy_1) {
  host_snapshot snapshot;
  snapshot.cpus[0] = {.busy_ns = busy_0, .steal_ns = 0, .irq_ns = 0};
  snapshot.cpus[1] = {.busy_ns = busy_1, .steal_ns = 0, .irq_ns = 0};
  return snapshot;
}

}  // namespace

TEST_CASE("the columns of a CPU are summed by what they mean") {
  fixture_tree tree;
  tree.write("proc/stat",
             "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 4 100 100 8 16 32 64 64\nintr 5 6\nctxt 7\n");
  tree.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n");
  const auto snapshot = read_host({}, tree.paths());
  REQUIRE(snapshot.cpus.size() == 1);
  CHECK(snapshot.cpus.at(0).busy_ns == ticks(1 + 2 + 4 + 8 + 16));
  CHECK(snapshot.cpus.at(0).irq_ns == ticks(8 + 16));
  CHECK(snapshot.cpus.at(0).steal_ns == ticks(32));
  CHECK(snapshot.pressure.at("cpu").some_ns == 12'000);
  CHECK(!snapshot.pressure.at("cpu").full_ns);
  CHECK(!snapshot.pressure.contains("io"));
}

TEST_CASE("time of our own processes is not foreign") {
  const auto usage = host_between(two_cpus(100, 100), two_cpus(1'100, 600),
                                  {{.cpus = {0}, .cpu_ns = 900}, {.cpus = {1}, .cpu_ns = 700}});
  CHECK(usage.foreign_cpu_ns.at(0) == 100);
  CHECK(usage.foreign_cpu_ns.at(1) == 0);  // ticks are coarse: never negative
}

TEST_CASE("what ksoftirqd did for our packets is not foreign either, and is told") {
  auto begin = two_cpus(100, 100);
  auto end = two_cpus(1'100, 1'100);
  begin.softirqd_ns = {{0, 50}};
  end.softirqd_ns = {{0, 250}};
  const auto usage = host_between(begin, end, {{.cpus = {0}, .cpu_ns = 700}});
  CHECK(usage.softirqd_ns.at(0) == 200);
  CHECK(usage.foreign_cpu_ns.at(0) == 100);
  CHECK(usage.foreign_cpu_ns.at(1) == 1'000);
  CHECK(to_json(usage)["softirqd_ns"] == nlohmann::json{{"0", 200}});
}

TEST_CASE("the kernel's softirq threads are found by name, and their CPU time read") {
  fixture_tree tree;
  tree.write("proc/14/comm", "ksoftirqd/0\n");
  tree.write("proc/14/schedstat", "123456 7 8\n");
  tree.write("proc/22/comm", "ksoftirqd/1\n");
  tree.write("proc/30/comm", "bash\n");
  tree.write("proc/cpuinfo", "\n");
  const auto threads = find_softirq_threads(tree.paths());
  REQUIRE(threads == softirq_threads{{0, 14}, {1, 22}});
  const auto snapshot = read_host(threads, tree.paths());
  CHECK(snapshot.softirqd_ns == std::map<int, std::int64_t>{{0, 123'456}});
}

TEST_CASE("own time on several CPUs is taken off them as they were busy") {
  const auto usage =
      host_between(two_cpus(0, 0), two_cpus(3'000, 1'000), {{.cpus = {0, 1}, .cpu_ns = 2'000}});
  CHECK(usage.foreign_cpu_ns.at(0) == 1'500);
  CHECK(usage.foreign_cpu_ns.at(1) == 500);
}

TEST_CASE("a machine that tells nothing gives nulls") {
  const auto nothing = read_host({}, {"/no-such-proc", "/no-such-sys"});
  CHECK(nothing.cpus.empty());
  const auto object = to_json(host_between(nothing, nothing, {}));
  for (const auto* key : {"steal_ns", "foreign_cpu_ns", "softirqd_ns", "kernel_threads_ns",
                          "pressure", "irq_ns", "anchor_ns"}) {
    INFO(key);
    REQUIRE(object.contains(key));
    CHECK(object[key].is_null());
  }
}

TEST_CASE("this machine's CPUs can be read twice") {
  const auto begin = read_host();
  const auto object = to_json(host_between(begin, read_host(), {}));
  CHECK(object["steal_ns"].size() == begin.cpus.size());
  CHECK(object["steal_ns"].begin().value().is_number_integer());
}
