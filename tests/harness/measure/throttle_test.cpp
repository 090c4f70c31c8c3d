// Quotas of control groups, from planted files of both kinds.
#include "harness/measure/throttle.hpp"

#include <string>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

void be_in_group(const fixture_tree& tree, const std::string& line) {
  tree.write("proc/" + std::to_string(::getpid()) + "/cgroup", line + "\n");
}

}  // namespace

TEST_CASE("the time that a quota took is summed over the groups that have one") {
  fixture_tree tree;
  be_in_group(tree, "0::/slice/run");
  tree.write("sys/fs/cgroup/slice/run/cpu.stat",
             "usage_usec 5\nnr_throttled 1\nthrottled_usec 40\n");
  tree.write("sys/fs/cgroup/slice/cpu.stat", "usage_usec 5\nthrottled_usec 2\n");
  tree.write("sys/fs/cgroup/cpu.stat", "usage_usec 5\n");  // the root has no quota
  const throttle_counter counter(::getpid(), tree.paths());
  CHECK(counter.read_ns() == 42'000);
  tree.write("sys/fs/cgroup/slice/run/cpu.stat", "throttled_usec 140\n");
  CHECK(counter.read_ns() == 142'000);
}

TEST_CASE("version 1 counts it in nanoseconds") {
  fixture_tree tree;
  be_in_group(tree, "4:cpu,cpuacct:/box\n0::/");
  tree.write("sys/fs/cgroup/cpu/box/cpu.stat", "nr_periods 9\nnr_throttled 1\nthrottled_time 77\n");
  CHECK(throttle_counter(::getpid(), tree.paths()).read_ns() == 77);
}

TEST_CASE("a controller whose name only begins alike is another") {
  fixture_tree tree;
  be_in_group(tree, "5:cpuset:/others\n4:cpu,cpuacct:/box\n0::/");
  tree.write("sys/fs/cgroup/cpu/box/cpu.stat", "throttled_time 77\n");
  CHECK(throttle_counter(::getpid(), tree.paths()).read_ns() == 77);
}

TEST_CASE("without a quota, or a control group, there is nothing to tell") {
  fixture_tree tree;
  CHECK_FALSE(throttle_counter(::getpid(), tree.paths()).read_ns());
  be_in_group(tree, "0::/");
  tree.write("sys/fs/cgroup/cpu.stat", "usage_usec 5\n");
  CHECK_FALSE(throttle_counter(::getpid(), tree.paths()).read_ns());
}
