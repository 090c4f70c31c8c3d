// Several loops in one process: their descriptor tables, their counts, and every way to end.
#include "workloads/c10k/sharded.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "runtimes/errors.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/programs.hpp"
#include "workloads/all.hpp"

using namespace skein;

namespace {

c10k::parameters three_loops() {
  c10k::parameters asked{};
  asked.options = test::options_for(50 + 8);
  asked.connections = 50;
  asked.loops = 3;
  return asked;
}

int count_descriptors() {
  int count = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) ++count;
  }
  return count;
}

/// A program that fails as soon as it runs.
class failing_program final : public workloads::program {
 public:
  void run(inbox&) override { throw limit_error("planted", 1, 2); }
  void stop() override {}
  workloads::work_counts counts() const override { return {}; }
  live_counts live() const override { return {}; }
};

/// A program that has done what its number says and ends at once. The first made no error.
class counted_program final : public workloads::program {
 public:
  explicit counted_program(int number) : number_(static_cast<std::uint64_t>(number)) {}
  void run(inbox&) override {}
  void stop() override {}
  workloads::work_counts counts() const override {
    const std::uint64_t errors = number_ == 1 ? 0 : number_;
    return {.units = number_,
            .bytes = 10 * number_,
            .checksum = 100 * number_,
            .errors = errors,
            .first_error = errors == 0 ? "" : "of loop " + std::to_string(number_)};
  }
  live_counts live() const override { return {number_, 2 * number_}; }

 private:
  std::uint64_t number_;
};

}  // namespace

TEST_CASE("every runtime serves on several loops, and their counts add up") {
  const std::string runtime = GENERATE("coroutine", "fiber", "thread", "libuv", "epoll_floor");
  CAPTURE(runtime);
  const auto program = test::make_program(runtime, three_loops());
  const auto ports = program->ports();
  REQUIRE(ports.size() == 3);
  REQUIRE(ports[0] != ports[1]);
  REQUIRE(program->listener_in_force()->no_delay);
  const bool on_guarded_stacks = runtime == "fiber" || runtime == "thread";
  REQUIRE(program->stack_guard().has_value() == on_guarded_stacks);

  std::atomic<std::uint64_t> units{0};
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
  test::action_inbox inbox([&] {
    units = program->counts().units;
    connections = program->live().connections;
    if (stopping) program->stop();
  });
  std::thread server([&] { program->run(inbox); });
  const auto until = [&](auto holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) {
      inbox.signal();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
  };
  {
    test::loopback_client first(ports[0]);
    test::loopback_client second(ports[1]);
    test::loopback_client third(ports[2]);
    for (auto* each : {&first, &second, &third}) {
      each->send(test::pattern_bytes(5));
      CHECK(each->receive(5) == test::pattern_bytes(5));
    }
    CHECK(until([&] { return connections == 3 && units == 3; }));
  }
  CHECK(until([&] { return connections == 0; }));
  stopping = true;
  inbox.signal();
  server.join();
  CHECK(program->counts().units == 3);
  CHECK(program->live().tasks == 0);
}

TEST_CASE("a loop's descriptors are in a table of its own") {
  const int before = count_descriptors();
  const auto program = test::make_program("epoll_floor", three_loops());
  // The event of each loop and the one by which they say that they have ended: no listener.
  if (c10k::own_descriptor_tables) CHECK(count_descriptors() == before + 3 + 1);
}

TEST_CASE("a loop that cannot be made ends those that were") {
  int made = 0;
  const auto make = [&made](const c10k::parameters& own) {
    if (++made == 3) throw limit_error("planted", 7, 8);
    return test::make_program("coroutine", own);
  };
  CHECK_THROWS_AS(c10k::sharded_program(three_loops(), make), limit_error);
}

#ifndef SKEIN_SANITIZED
/// What a child is refused that may have one thread: 0 if it is the limit by its name and no
/// descriptor is left behind.
int fail_to_start_a_loop() {
  const rlimit one{1, 1};
  ::setrlimit(RLIMIT_NPROC, &one);
  // The limit is on the user, and root has to become someone to feel it.
  if (::getuid() == 0 && ::setuid(65534) != 0) return 0;
  const int before = count_descriptors();
  try {
    test::make_program("coroutine", three_loops());
  } catch (const limit_error& refused) {
    if (refused.name != "RLIMIT_NPROC" || refused.needed <= refused.value) return 2;
    return count_descriptors() == before ? 0 : 3;
  } catch (...) {
    return 4;
  }
  return 1;
}

TEST_CASE("a loop that gets no thread is refused under the name of the limit, and leaves nothing") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) std::_Exit(fail_to_start_a_loop());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_CASE("what the loops counted adds up, errors too, and the first of these is said") {
  int made = 0;
  const auto make = [&made](const c10k::parameters&) {
    return std::make_unique<counted_program>(++made);
  };
  c10k::sharded_program program(three_loops(), make);
  test::action_inbox inbox([] {});
  program.run(inbox);
  const workloads::work_counts counts = program.counts();
  CHECK(counts.units == 6);
  CHECK(counts.bytes == 60);
  CHECK(counts.checksum == 600);
  CHECK(counts.errors == 5);
  CHECK(counts.first_error == "of loop 2");
  CHECK(program.live().tasks == 6);
  CHECK(program.live().connections == 12);
}

TEST_CASE("a loop that fails ends the others, and its reason is the program's") {
  int made = 0;
  const auto make = [&made](const c10k::parameters& own) {
    if (++made == 2) return std::unique_ptr<workloads::program>(new failing_program);
    return test::make_program("coroutine", own);
  };
  c10k::sharded_program program(three_loops(), make);
  test::action_inbox inbox([] {});
  CHECK_THROWS_AS(program.run(inbox), limit_error);
}

TEST_CASE("loops that never ran can be thrown away") {
  const auto program = test::make_program("libuv", three_loops());
  CHECK(program->counts().units == 0);
}

TEST_CASE("each loop gets its part of the connections, and tasks for them") {
  std::vector<std::int64_t> parts;
  const auto make = [&parts](const c10k::parameters& own) {
    CHECK_FALSE(own.loops);
    CHECK(own.options.max_tasks == static_cast<std::size_t>(own.connections) + 8);
    parts.push_back(own.connections);
    return test::make_program("coroutine", own);
  };
  const c10k::sharded_program program(three_loops(), make);
  CHECK(parts == std::vector<std::int64_t>{17, 17, 16});
}
