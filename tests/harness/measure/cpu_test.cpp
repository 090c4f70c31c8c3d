// A child that uses a known amount of CPU time. Bounds are wide: this checks what is counted, not
// how fast the machine is.
#include <unistd.h>

#include "harness/measure/process_cpu.hpp"
#include "harness/measure/taskstats.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::approx;
using skein::test::fixture_tree;
using skein::test::measured_child;

namespace {

constexpr std::int64_t spun_ns = 200'000'000;

cpu_snapshot snapshot_of(std::int64_t total_ns, std::int64_t user_ns, std::int64_t system_ns) {
  cpu_snapshot snapshot;
  snapshot.total_ns = total_ns;
  snapshot.user_ticks_ns = user_ns;
  snapshot.system_ticks_ns = system_ns;
  return snapshot;
}

}  // namespace

TEST_CASE("CPU time spun by another process is counted to it") {
  measured_child child;
  REQUIRE(child.command("spin 0"));
  const auto begin = read_cpu(child.pid());
  REQUIRE(child.command("spin " + std::to_string(spun_ns)));
  const auto usage = cpu_between(begin, read_cpu(child.pid()));
  CHECK(usage.total_ns.value() >= spun_ns);
  CHECK(usage.total_ns.value() < 4 * spun_ns);
  CHECK(usage.user_ns.value() + usage.system_ns.value() == usage.total_ns.value());
  CHECK(usage.threads_max == 1);
  CHECK(usage.run_delay_ns.value() >= 0);
  CHECK(usage.voluntary_switches.value() >= 0);
  CHECK(usage.involuntary_switches.value() >= 0);
}

TEST_CASE("both ways of summing threads agree on a process at rest") {
  measured_child child;
  REQUIRE(child.command("threads 10"));
  const auto group = read_thread_group_stats(child.pid());
  if (!group) {
    WARN("no taskstats here (needs CAP_NET_ADMIN): only the way by thread is in use");
    return;
  }
  auto by_thread = read_cpu_by_thread(child.pid());
  // It waits for commands, or is preempted as it answers: until one count is well above the other,
  // so that they cannot be taken for each other.
  const auto alike = [&] {
    return std::abs(*by_thread.voluntary_switches - *by_thread.involuntary_switches) < 50;
  };
  for (int i = 0; i < 5'000 && alike(); ++i) {
    REQUIRE(child.command("spin 0"));
    by_thread = read_cpu_by_thread(child.pid());
  }
  const auto summed = read_cpu(child.pid());
  CHECK(by_thread.threads == 11);
  // A thread may still have been on its way to sleep.
  const auto agree = [](const std::optional<std::int64_t>& one,
                        const std::optional<std::int64_t>& other) {
    return std::abs(one.value() - other.value()) <= 11;
  };
  CHECK(agree(summed.voluntary_switches, by_thread.voluntary_switches));
  CHECK(agree(summed.involuntary_switches, by_thread.involuntary_switches));
}

TEST_CASE("the precise total is divided in the proportion of the ticks") {
  const auto usage = cpu_between(snapshot_of(1'000, 0, 0),
                                 snapshot_of(1'000 + 41'000'000, 30'000'000, 10'000'000));
  CHECK(usage.total_ns == 41'000'000);
  CHECK(usage.user_ns == 30'750'000);
  CHECK(usage.system_ns == 10'250'000);
}

TEST_CASE("without a tick the division is unknown and the total is not") {
  const auto usage = cpu_between(snapshot_of(5, 0, 0), snapshot_of(9, 0, 0));
  CHECK(usage.total_ns == 4);
  CHECK(!usage.user_ns);
}

TEST_CASE("the most threads are those of the end at which there were more") {
  cpu_snapshot few;
  cpu_snapshot many;
  few.threads = 1;
  many.threads = 9;
  CHECK(cpu_between(few, many).threads_max == 9);
  CHECK(cpu_between(many, few).threads_max == 9);
  CHECK(cpu_between(many, {}).threads_max == 9);
}

TEST_CASE("a counter that went backwards is unknown") {
  cpu_snapshot begin;
  cpu_snapshot end;
  begin.run_delay_ns = 10;
  end.run_delay_ns = 4;
  CHECK(!cpu_between(begin, end).run_delay_ns);
}

TEST_CASE("CPU per operation is over the operations given, and null over none") {
  const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  const auto usage =
      cpu_between(snapshot_of(0, 0, 0), snapshot_of(1'000, 50 * tick_ns, 150 * tick_ns));
  const auto figures = figures_of(usage, 8);
  CHECK(figures.per_op_ns == 125.0);
  CHECK(figures.user_per_op_ns.value() == approx(31.3));
  CHECK(figures.ticks == 200);
  CHECK(!figures.instructions);
  CHECK(!figures_of(usage, 0).per_op_ns);
}

TEST_CASE("user time per operation is null where too few ticks tell it from system time") {
  const std::int64_t tick_ns = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  const auto user_of = [&](std::int64_t ticks) {
    const auto usage =
        cpu_between(snapshot_of(0, 0, 0), snapshot_of(8'000, tick_ns, (ticks - 1) * tick_ns));
    return figures_of(usage, 8).user_per_op_ns;
  };
  CHECK(!user_of(user_ticks_min - 1));
  CHECK(user_of(user_ticks_min));
}

TEST_CASE("a process that does not exist has no CPU figures, with reasons") {
  const auto snapshot = read_cpu(2'000'000'000);
  CHECK(!snapshot.total_ns);
  CHECK(!snapshot.run_delay_ns);
  CHECK(!snapshot.voluntary_switches);
  CHECK(snapshot.unreadable.size() >= 3);
}

TEST_CASE("a process name with blanks and parentheses does not shift the fields") {
  fixture_tree tree;
  const auto pid = std::to_string(::getpid());
  tree.write("proc/" + pid + "/stat",
             pid + " (a) R 1) S 1 2 3 4 5 6 101 102 103 104 7 8 9 10 20 0 33 0 1\n");
  const auto snapshot = read_cpu_by_thread(::getpid(), tree.paths());
  CHECK(snapshot.minor_faults == 101);
  CHECK(snapshot.major_faults == 103);
  CHECK(snapshot.user_ticks_ns == 7 * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
  CHECK(snapshot.threads == 33);
}
