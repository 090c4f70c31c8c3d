// A child that allocates, or calls the kernel, a known number of times.
#include <cstdlib>

#include "harness/measure/allocation_count.hpp"
#include "harness/measure/syscall_count.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::contains;
using skein::test::measured_child;

namespace {

constexpr std::int64_t known = 20'000;
/// A thread is started and a line is read and answered beside what was asked for.
constexpr std::int64_t beside = 100;

}  // namespace

TEST_CASE("every allocation of another process is counted, on all its threads") {
  const allocation_count counter(SKEIN_COUNT_LIBRARY);
  measured_child child(counter.environment());
  REQUIRE(child.command("allocate 2"));
  const auto before = counter.total();
  REQUIRE(before);
  REQUIRE(child.command("allocate " + std::to_string(known)));
  const auto counted = *counter.total() - *before;
  CHECK(counted >= known);
  CHECK(counted <= known + beside);
}

TEST_CASE("memory that is mapped is no allocation") {
  const allocation_count counter(SKEIN_COUNT_LIBRARY);
  measured_child child(counter.environment());
  REQUIRE(child.command("touch 4096"));
  const auto before = counter.total();
  REQUIRE(child.command("touch 8388608"));
  CHECK(*counter.total() - *before <= beside);
}

TEST_CASE("a process that did not load the counter has no allocations, with a reason") {
  const allocation_count counter(SKEIN_COUNT_LIBRARY);
  measured_child child;
  REQUIRE(child.command("allocate 100"));
  CHECK(!counter.total());
  CHECK_THAT(counter.why_not(), contains("did not load"));
}

TEST_CASE("a counter that is not there is named") {
  const allocation_count counter("/nowhere/libskein_count.so");
  CHECK(counter.environment().empty());
  CHECK(!counter.total());
  CHECK_THAT(counter.why_not(), contains("/nowhere/libskein_count.so"));
}

TEST_CASE("every system call of another process is counted, of threads it starts later too") {
  measured_child child;
  REQUIRE(child.command("spin 0"));
  syscall_count counter;
  counter.attach(child.pid());
  if (!counter.total()) {
    WARN("this kernel does not let us count system calls: " << counter.why_not());
    return;
  }
  const auto before = counter.total();
  REQUIRE(child.command("calls " + std::to_string(known)));
  const auto counted = *counter.total() - *before;
  CHECK(counted >= known);
  CHECK(counted <= known + beside);
}

TEST_CASE("threads that were there before are counted as well") {
  measured_child child;
  REQUIRE(child.command("threads 5"));
  syscall_count counter;
  counter.attach(child.pid());
  if (!counter.total()) return;  // said by the test above
  const auto before = counter.total();
  REQUIRE(child.command("calls 1000"));
  CHECK(*counter.total() - *before >= 1'000);
}

TEST_CASE("a process that does not exist has no system calls, with a reason") {
  syscall_count counter;
  CHECK(!counter.total());
  counter.attach(2'000'000'000);
  CHECK(!counter.total());
  CHECK(!counter.why_not().empty());
}
