// Which threads of the kernel serve memory and sockets, what they used, and whose CPU that was.
#include "harness/measure/kernel_threads.hpp"

#include <string>
#include <unistd.h>

#include "harness/measure/host.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

constexpr auto kernel = "2129984", user = "4194560";  // flags: with PF_KTHREAD, and without

void add(fixture_tree& tree, int pid, const std::string& name, const std::string& flags,
         const std::string& cpus, std::int64_t spent_ns) {
  const std::string at = "proc/" + std::to_string(pid);
  tree.write(at + "/stat",
             std::to_string(pid) + " (" + name + ") S 2 0 0 0 -1 " + flags + " 0 0\n");
  tree.write(at + "/status", "Name:\t" + name + "\nCpus_allowed_list:\t" + cpus + "\n");
  tree.write(at + "/schedstat", std::to_string(spent_ns) + " 7 8\n");
}

host_snapshot busy(std::int64_t ns_0, std::int64_t ns_1) {
  host_snapshot snapshot;
  snapshot.cpus[0].busy_ns = ns_0;
  snapshot.cpus[1].busy_ns = ns_1;
  return snapshot;
}

}  // namespace

TEST_CASE("the kernel's threads for memory and sockets are found, by the kernel's own mark") {
  fixture_tree tree;
  add(tree, 45, "kswapd0", kernel, "0-3", 1);
  add(tree, 36, "kcompactd0", kernel, "0-3", 1);
  add(tree, 31, "kworker/0:2-virt", kernel, "0", 1);
  add(tree, 37, "ksmd", kernel, "0-3", 1);             // serves those that ask for it
  add(tree, 14, "ksoftirqd/0", kernel, "0", 1);        // has a reading of its own
  add(tree, 26, "kworker/R-inet_", kernel, "0-3", 1);  // always sleeps
  add(tree, 99, "kswapd0", user, "0-3", 1);            // a program of that name
  add(tree, 50, "kworker/3:0", kernel, "3", 1);        // on a CPU that is not ours
  add(tree, 51, "rcu) (preempt", kernel, "1-2", 1);    // a name may hold anything
  const auto found = find_kernel_threads({0, 1}, tree.paths());
  REQUIRE(found.size() == 4);
  CHECK(found.at(45).name == "kswapd0");
  CHECK(found.at(36).cpus == std::vector{0, 1, 2, 3});
  CHECK(found.at(31).name == "kworker");
  CHECK(found.at(51).name == "rcu) (preempt");
  CHECK(find_kernel_threads({0, 1}, {"/no-such-proc", "/no-such-sys"}).empty());
}

TEST_CASE("what a kernel thread used is told of those that were there at both ends") {
  fixture_tree tree;
  const kernel_threads threads{
      {45, {"kswapd0", {0}}}, {36, {"kcompactd0", {0}}}, {7, {"gone", {0}}}};
  add(tree, 45, "kswapd0", kernel, "0", 500);
  add(tree, 36, "kcompactd0", kernel, "0", 90);
  const auto end = read_kernel_threads(threads, tree.paths());
  REQUIRE(end == kernel_times{{45, 500}, {36, 90}});
  const auto used = kernel_between(threads, {{45, 100}, {36, 90}, {7, 3}}, end);
  REQUIRE(used.size() == 1);  // kcompactd0 slept
  CHECK(used.front().name == "kswapd0");
  CHECK(used.front().cpu_ns == 400);
}

TEST_CASE("a kernel thread's time is not foreign where it may run, and is told by its name") {
  const auto usage = host_between(busy(0, 0), busy(1'000, 1'000), {{.cpus = {0}, .cpu_ns = 200}},
                                  {{"kworker", {0}, 300}, {"kworker", {0}, 100}});
  CHECK(usage.foreign_cpu_ns.at(0) == 400);
  CHECK(usage.foreign_cpu_ns.at(1) == 1'000);
  CHECK(usage.kernel_cpu_ns.at(0) == 400);
  CHECK(to_json(usage)["kernel_threads_ns"] == nlohmann::json{{"kworker", 400}});
}

TEST_CASE("a kernel thread that may run anywhere ran where time is left to account for") {
  const auto usage = host_between(busy(0, 0), busy(900, 1'000), {{.cpus = {1}, .cpu_ns = 900}},
                                  {{"kcompactd0", {0, 1}, 500}});
  CHECK(usage.foreign_cpu_ns.at(0) == 450);
  CHECK(usage.foreign_cpu_ns.at(1) == 50);
  CHECK(usage.kernel_cpu_ns.at(0) == 450);
}

TEST_CASE("a kernel thread that used more than is left leaves nothing, and nothing negative") {
  const auto usage = host_between(busy(0, 0), busy(100, 100), {{.cpus = {1}, .cpu_ns = 300}},
                                  {{"kswapd0", {0, 1, 7}, 5'000}});
  CHECK(usage.foreign_cpu_ns.at(0) == 0);
  CHECK(usage.foreign_cpu_ns.at(1) == 0);
  CHECK(usage.kernel_cpu_ns.at(0) == 100);
  CHECK(usage.kernel_threads_ns.at("kswapd0") == 5'000);
}

TEST_CASE("this machine's kernel threads can be read twice, or there are none to be seen") {
  const auto threads = find_kernel_threads({0});
  const auto begin = read_kernel_threads(threads);
  CHECK(begin.size() <= threads.size());
  for (const auto& each : kernel_between(threads, begin, read_kernel_threads(threads))) {
    CHECK(each.cpu_ns > 0);
  }
}
