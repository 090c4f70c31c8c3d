// What a run may take, from planted files of both kinds of control groups.
#include <string>
#include <unistd.h>

#include "harness/measure/memory_budget.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

constexpr std::int64_t gib = std::int64_t{1024} * 1024 * 1024;

std::string meminfo(int total_gib, int available_gib) {
  const auto kib = [](int gibibytes) { return std::to_string(std::int64_t{gibibytes} << 20); };
  return "MemTotal: " + kib(total_gib) + " kB\nMemAvailable: " + kib(available_gib) + " kB\n";
}

void be_in_group(fixture_tree& tree, const std::string& line) {
  tree.write("proc/" + std::to_string(::getpid()) + "/cgroup", line + "\n");
}

}  // namespace

TEST_CASE("a sixteenth of the machine's memory is left alone") {
  fixture_tree tree;
  tree.write("proc/meminfo", meminfo(32, 20));
  CHECK(memory_budget_bytes(tree.paths()) == 18 * gib);
}

TEST_CASE("no less than 256 MiB is left alone, and the budget is never negative") {
  fixture_tree tree;
  tree.write("proc/meminfo", meminfo(2, 1));
  CHECK(memory_budget_bytes(tree.paths()) == gib - memory_reserve_min_bytes);
  tree.write("proc/meminfo", meminfo(2, 0));
  CHECK(memory_budget_bytes(tree.paths()) == 0);
}

TEST_CASE("the tightest group counts, less what it holds and cannot drop") {
  fixture_tree tree;
  tree.write("proc/meminfo", meminfo(32, 20));
  be_in_group(tree, "0::/outer/inner");
  tree.write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  tree.write("sys/fs/cgroup/outer/memory.max", std::to_string(4 * gib) + "\n");
  tree.write("sys/fs/cgroup/outer/memory.current", std::to_string(3 * gib) + "\n");
  tree.write("sys/fs/cgroup/outer/memory.stat",
             "anon 5\ninactive_file " + std::to_string(1 * gib) + "\n");
  CHECK(memory_budget_bytes(tree.paths()) == 2 * gib);
}

TEST_CASE("a group of version 1 without a limit says so by a number no machine has") {
  fixture_tree tree;
  tree.write("proc/meminfo", meminfo(32, 20));
  be_in_group(tree, "4:memory:/job");
  tree.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  tree.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1000\n");
  CHECK(memory_budget_bytes(tree.paths()) == 18 * gib);
  tree.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "5000\n");
  CHECK(memory_budget_bytes(tree.paths()) == 4000);
}

TEST_CASE("a budget that cannot be read is unknown") {
  fixture_tree tree;
  CHECK(!memory_budget_bytes(tree.paths()));
}
