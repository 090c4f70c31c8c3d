// Which threads of the kernel serve memory and sockets, what they used, and whose CPU that was.
#include "harness/measure/kernel_threads.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "harness/measure/host.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

constexpr auto kernel = "2129984", user = "4194560";  // flags: with PF_KTHREAD, and without

/// `cpu`: that it ran on last; without it the line of its state ends before.
void add(fixture_tree& tree, int pid, const std::string& name, const std::string& flags,
         const std::string& cpus, std::int64_t spent_ns, std::optional<int> cpu = {}) {
  const std::string at = "proc/" + std::to_string(pid);
  std::string line = std::to_string(pid) + " (" + name + ") S 2 0 0 0 -1 " + flags;
  for (int field = 10; field < 39; ++field) line += " 0";
  if (cpu) line += " " + std::to_string(*cpu) + " 0 0";
  tree.write(at + "/stat", line + "\n");
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
  CHECK(found.at(36).cpus == std::vector{0, 1});
  CHECK(found.at(31).name == "kworker");
  CHECK(found.at(51).name == "rcu) (preempt");
  CHECK(find_kernel_threads({0, 1}, {"/no-such-proc", "/no-such-sys"}).empty());
}

TEST_CASE("what a kernel thread used is told of those that were there at both ends") {
  fixture_tree tree;
  const kernel_threads threads{
      {45, {"kswapd0", {0}}}, {36, {"kcompactd0", {0}}}, {7, {"gone", {0}}}};
  add(tree, 45, "kswapd0", kernel, "0", 500, 0);
  add(tree, 36, "kcompactd0", kernel, "0", 90);
  const auto end = read_kernel_threads(threads, tree.paths());
  REQUIRE(end == kernel_times{{45, {500, 0}}, {36, {90}}});
  const auto used = kernel_between(threads, {{45, {100}}, {36, {90}}, {7, {3}}}, end);
  REQUIRE(used.size() == 1);  // kcompactd0 slept
  CHECK(used.front().name == "kswapd0");
  CHECK(used.front().cpu_ns == 400);
}

TEST_CASE("a kernel thread's time is of the CPU that it was seen on, though it may run elsewhere") {
  const kernel_threads threads{{45, {"kworker", {0, 1}}}};
  const auto cpus_of = [&](std::optional<int> begin, std::optional<int> end) {
    const auto used = kernel_between(threads, {{45, {100, begin}}}, {{45, {500, end}}});
    return used.empty() ? std::vector<int>() : used.front().cpus;
  };
  CHECK(cpus_of(1, 1) == std::vector{1});
  CHECK(cpus_of(0, 1) == std::vector{0, 1});
  CHECK(cpus_of(7, 1) == std::vector{7, 1});
  CHECK(cpus_of(7, 7).empty());  // a CPU that is not ours
  CHECK(cpus_of(std::nullopt, 1) == std::vector{0, 1});
}

TEST_CASE("a kworker that wrote pages to a disk at both ends is not taken for the run's") {
  fixture_tree tree;
  const kernel_threads threads{
      {31, {"kworker", {0}}}, {32, {"kworker", {0}}}, {33, {"kworker", {0}}}};
  add(tree, 31, "kworker/u8:1-flush-8:0", kernel, "0-3", 10, 0);
  add(tree, 32, "kworker/0:1H+kblockd", kernel, "0", 10, 0);
  add(tree, 33, "kworker/u8:2-writeback", kernel, "0-3", 10, 0);
  const auto begin = read_kernel_threads(threads, tree.paths());
  add(tree, 31, "kworker/u8:1-flush-254:16", kernel, "0-3", 20, 0);
  add(tree, 32, "kworker/0:1H-kblockd", kernel, "0", 20, 0);
  add(tree, 33, "kworker/u8:2-events_unbound", kernel, "0-3", 25, 0);  // and served others
  const auto used = kernel_between(threads, begin, read_kernel_threads(threads, tree.paths()));
  REQUIRE(used.size() == 1);
  CHECK(used.front().cpu_ns == 15);
}

TEST_CASE("a kernel thread's time is not foreign where it may run, and is told by its name") {
  const auto usage = host_between(busy(0, 0), busy(1'000, 1'000), {{.cpus = {0}, .cpu_ns = 200}},
                                  {{"kworker", {0}, 300}, {"kworker", {0}, 100}});
  CHECK(usage.foreign_cpu_ns.at(0) == 400);
  CHECK(usage.foreign_cpu_ns.at(1) == 1'000);
  CHECK(usage.kernel_cpu_ns.at(0) == 400);
  CHECK(to_json(usage)["kernel_threads_ns"] == nlohmann::json{{"kworker", 400}});
}

TEST_CASE("a kernel thread that was seen on two CPUs ran where time is left to account for") {
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

TEST_CASE("this machine's kernel threads tell their time and their CPU, where they can be seen") {
  const bool are_seen = read_line("/proc/2/comm") == "kthreadd";
  const auto begin_at = std::chrono::steady_clock::now();
  const auto threads = find_kernel_threads({0});
  const auto begin = read_kernel_threads(threads);
  CHECK(threads.empty() != are_seen);
  CHECK(begin.empty() != are_seen);
  for (const auto& [pid, reading] : begin) CHECK(reading.cpu.value_or(-1) >= 0);
  const auto used = kernel_between(threads, begin, read_kernel_threads(threads));
  const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - begin_at;
  constexpr std::chrono::milliseconds tick{10};  // by which a running thread's time may be old
  for (const auto& each : used) CHECK(each.cpu_ns <= (passed + tick).count());
}
