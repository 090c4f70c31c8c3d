// The timers workload: its deadlines and oracle, and every runtime held against the oracle.
#include <algorithm>
#include <cstdint>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "workloads/all.hpp"
#include "workloads/timers/sleepers.hpp"

namespace {

using namespace skein;

workloads::parameters asking(std::size_t tasks, const std::string& pattern, time_ns grid_ns) {
  return {.options = {.buffer = buffer_policy::lent,
                      .buffer_bytes = 1024,
                      .stack_bytes = 16 * 1024,
                      .max_tasks = tasks + 16,
                      .inline_budget = 128,
                      .events_per_wait = 1024,
                      .tick_ns = ns_per_ms},
          .tasks = tasks,
          .pattern = pattern,
          .window_ns = 50 * ns_per_ms,
          .grid_ns = grid_ns,
          .seed = 7};
}

/// Spawns the whole workload when first served, and stops the run when the workload says it is
/// done.
class whole_run : public inbox {
 public:
  whole_run(workloads::program& program, std::size_t tasks)
      : program_(program), tasks_(tasks), event_(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)) {
    program_.on_finished([](void* self) { static_cast<whole_run*>(self)->ring(); }, this);
  }
  ~whole_run() override { ::close(event_); }

  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override {
    std::uint64_t rung = 0;
    if (::read(event_, &rung, sizeof rung) < 0) return;
    if (program_.finished()) return program_.stop();
    program_.spawn_up_to(tasks_ / 2, epoch_ns_);
    program_.spawn_up_to(tasks_, epoch_ns_);
  }

 private:
  void ring() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
  }

  workloads::program& program_;
  std::size_t tasks_;
  int event_;
  time_ns epoch_ns_ = monotonic_clock::now_ns() + 20 * ns_per_ms;
};

}  // namespace

TEST_CASE("deadlines lie in the window, on the grid, and are the same every time") {
  const auto asked = asking(10'000, "spread", ns_per_ms);
  for (std::size_t index = 0; index < asked.tasks; ++index) {
    const time_ns offset = timers::offset_ns(asked, timers::pattern::spread, index);
    REQUIRE(offset > 0);
    REQUIRE(offset <= asked.window_ns);
    REQUIRE(offset % asked.grid_ns == 0);
    REQUIRE(offset == timers::offset_ns(asked, timers::pattern::spread, index));
  }
}

TEST_CASE("spread deadlines fill the window evenly, and another seed gives others") {
  auto asked = asking(10'000, "spread", ns_per_ms);
  std::vector<std::size_t> per_step(50);
  std::size_t moved = 0;
  auto reseeded = asked;
  reseeded.seed = 8;
  for (std::size_t index = 0; index < asked.tasks; ++index) {
    const time_ns offset = timers::offset_ns(asked, timers::pattern::spread, index);
    ++per_step[static_cast<std::size_t>(offset / ns_per_ms - 1)];
    if (offset != timers::offset_ns(reseeded, timers::pattern::spread, index)) ++moved;
  }
  // 200 expected in each of 50 steps, standard deviation 14.
  REQUIRE(*std::min_element(per_step.begin(), per_step.end()) > 130);
  REQUIRE(*std::max_element(per_step.begin(), per_step.end()) < 270);
  REQUIRE(moved > 9'000);
}

TEST_CASE("a storm has one deadline for all") {
  const auto asked = asking(100, "storm", ns_per_ms);
  for (std::size_t index = 0; index < asked.tasks; ++index) {
    REQUIRE(timers::offset_ns(asked, timers::pattern::storm, index) == asked.window_ns);
  }
}

TEST_CASE("an unknown pattern is refused by name") {
  REQUIRE_THROWS_AS(timers::pattern_named("sprad"), std::invalid_argument);
}

TEST_CASE("the checksum tells a lost, a doubled and a swapped sleeper from a right run") {
  const auto asked = asking(100, "spread", ns_per_ms);
  const auto right = workloads::expected_timers(asked).checksum;
  const auto first = timers::offset_ns(asked, timers::pattern::spread, 0);
  const auto second = timers::offset_ns(asked, timers::pattern::spread, 1);
  REQUIRE(right - timers::fingerprint(0, first) != right);
  REQUIRE(right + timers::fingerprint(0, first) != right);
  REQUIRE(timers::fingerprint(0, first) + timers::fingerprint(1, second) !=
          timers::fingerprint(0, second) + timers::fingerprint(1, first));
}

TEST_CASE("every runtime wakes every sleeper once, none early, as the oracle says") {
  for (const std::string pattern : {"spread", "storm"}) {
    for (const runtime_info& runtime : workloads::runtimes()) {
      const auto asked = asking(400, pattern, ns_per_ms);
      const auto program = workloads::make_program("timers", runtime.id, asked);
      whole_run run(*program, asked.tasks);
      program->run(run);
      INFO(runtime.id << ", " << pattern);
      const auto counts = program->counts();
      const auto expected = workloads::expected_timers(asked);
      REQUIRE(counts.units == expected.units);
      REQUIRE(counts.checksum == expected.checksum);
      REQUIRE(counts.errors == 0);
      REQUIRE(program->lateness()->early_count() == 0);
      REQUIRE(program->lateness()->count() == static_cast<std::int64_t>(expected.units));
      REQUIRE(program->live().tasks == 0);
    }
  }
}

TEST_CASE("an unknown workload or runtime is refused by name") {
  const auto asked = asking(1, "storm", ns_per_ms);
  REQUIRE_THROWS_AS(workloads::make_program("c10k", "coroutin", asked), std::invalid_argument);
  REQUIRE_THROWS_AS(workloads::make_program("timer", "fiber", asked), std::invalid_argument);
}
