// The workload relay: the way of its token, its oracle, and every runtime held against the oracle.
#include <cstdint>
#include <set>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/talking.hpp"
#include "tests/whole_run.hpp"
#include "workloads/program.hpp"
#include "workloads/relay/token.hpp"

namespace {

using namespace skein;

relay::parameters asking(std::int64_t tasks, std::int64_t hops, relay::order order) {
  return {{.tasks = tasks, .order = order, .hops = hops},
          test::options_for(static_cast<std::size_t>(tasks) + 16),
          7};
}

/// The token after all hops, made one by one.
std::uint64_t passed_on(const relay::parameters& asked) {
  std::uint64_t token = relay::first_token(asked);
  for (std::size_t hop = 0; hop < static_cast<std::size_t>(asked.hops); ++hop) {
    token = relay::step_of(hop * relay::stride_of(asked) % relay::task_count(asked)).of(token);
  }
  return token;
}

}  // namespace

TEST_CASE("the token of a relay comes to every task before it comes to one again") {
  for (const auto order : {relay::order::near, relay::order::far}) {
    for (std::int64_t tasks = 2; tasks < 200; ++tasks) {
      const auto asked = asking(tasks, 1, order);
      std::set<std::size_t> seen;
      for (std::size_t hop = 0; hop < relay::task_count(asked); ++hop) {
        seen.insert(hop * relay::stride_of(asked) % relay::task_count(asked));
      }
      INFO(tasks);
      REQUIRE(seen.size() == relay::task_count(asked));
    }
  }
}

TEST_CASE("in the far order of a relay the next task is on no page of the one before") {
  REQUIRE(relay::stride_of(asking(1'000'000, 1, relay::order::far)) > 600'000);
  REQUIRE(relay::stride_of(asking(1'000'000, 1, relay::order::far)) < 640'000);
  REQUIRE(relay::stride_of(asking(1'000'000, 1, relay::order::near)) == 1);
}

TEST_CASE("the oracle of a relay knows the token that hop after hop gives") {
  for (const auto order : {relay::order::near, relay::order::far}) {
    for (const std::int64_t tasks : {2, 3, 7, 100}) {
      for (const std::int64_t hops : {1, 2, 6, 7, 8, 99, 100, 101, 12'345}) {
        const auto asked = asking(tasks, hops, order);
        INFO(tasks << " tasks, " << hops << " hops");
        REQUIRE(relay::expected(asked).checksum == passed_on(asked));
        REQUIRE(relay::expected(asked).units == static_cast<std::uint64_t>(hops));
      }
    }
  }
}

TEST_CASE("a hop too few, one too many, one of another task and another seed end otherwise") {
  const auto asked = asking(5, 1'000, relay::order::near);
  const std::uint64_t right = relay::expected(asked).checksum;
  REQUIRE(relay::expected(asking(5, 999, relay::order::near)).checksum != right);
  REQUIRE(relay::expected(asking(5, 1'001, relay::order::near)).checksum != right);
  REQUIRE(relay::expected(asking(5, 1'000, relay::order::far)).checksum != right);
  const auto both = [](std::size_t one, std::size_t other) {
    return relay::step_of(one).then(relay::step_of(other)).of(7);
  };
  REQUIRE(both(2, 3) != both(3, 2));
  auto reseeded = asked;
  reseeded.seed = 8;
  REQUIRE(relay::expected(reseeded).checksum != right);
}

namespace {

void check_whole_run(const relay::parameters& asked) {
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::whole_run run(program, relay::task_count(asked));
    program.run(run);
    const auto counts = program.counts();
    REQUIRE(counts.units == relay::expected(asked).units);
    REQUIRE(counts.checksum == relay::expected(asked).checksum);
    REQUIRE(counts.errors == 0);
    REQUIRE(program.lateness() == nullptr);
    REQUIRE(program.live().tasks == 0);
  });
}

}  // namespace

TEST_CASE("every runtime hands the token on as often as it is asked, as the oracle says") {
  check_whole_run(asking(100, 2'000, relay::order::near));
  check_whole_run(asking(100, 2'000, relay::order::far));
}

TEST_CASE("a ring of two, fewer hops than tasks and a single hop are relays, too") {
  check_whole_run(asking(2, 1'001, relay::order::near));
  check_whole_run(asking(100, 3, relay::order::far));
  check_whole_run(asking(2, 1, relay::order::near));
}

TEST_CASE("a relay that is stopped before its epoch ends with nothing left alive") {
  const auto asked = asking(50, 1'000'000, relay::order::near);
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::stopped_at_once run(program, relay::task_count(asked));
    program.run(run);
    REQUIRE_FALSE(program.finished());
    REQUIRE(program.counts().errors == 0);
    REQUIRE(program.live().tasks == 0);
  });
}

namespace {

/// Stops the run when no task is left, or after so long that some never end.
class left_alone final : public test::whole_run {
 public:
  using whole_run::whole_run;
  void on_readable() noexcept override {
    if (!program().finished() || program().live().tasks == 0 || ++looks_ > 5'000) {
      left_ = program().live().tasks;
      return whole_run::on_readable();
    }
    ::usleep(1'000);
    signal();
  }
  std::size_t left() const noexcept { return left_; }

 private:
  int looks_ = 0;
  std::size_t left_ = 0;
};

}  // namespace

TEST_CASE("the tasks of a relay end by themselves once its hops are made") {
  const auto asked = asking(50, 200, relay::order::near);
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    left_alone run(program, relay::task_count(asked));
    program.run(run);
    REQUIRE(program.finished());
    REQUIRE(run.left() == 0);
  });
}
