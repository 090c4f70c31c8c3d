// The workload channel: who sends which message, its oracle, and every runtime held against it.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/talking.hpp"
#include "tests/whole_run.hpp"
#include "workloads/channel/messages.hpp"
#include "workloads/channel/workload.hpp"
#include "workloads/program.hpp"

namespace {

using namespace skein;

struct sizes {
  std::int64_t receivers;
  std::int64_t senders;
  std::int64_t capacity;
  std::int64_t messages;
};

channel::parameters asking(const sizes& of) {
  channel::parameters asked{{.receivers = of.receivers,
                             .topology = channel::topology::shared,
                             .senders = of.senders,
                             .capacity = of.capacity,
                             .messages = of.messages},
                            test::options_for(static_cast<std::size_t>(of.receivers) + 16),
                            7};
  channel::workload::set_options(asked, asked.options);
  return asked;
}

}  // namespace

TEST_CASE("each message of a channel has one sender, and senders have as many, or one more") {
  for (const std::int64_t senders : {1, 2, 3, 7, 10}) {
    for (const std::int64_t messages : {1, 2, 9, 10, 101}) {
      const auto asked = asking({1, senders, 1, messages});
      std::vector<int> seen(static_cast<std::size_t>(messages));
      for (std::uint32_t sender = 0; sender < senders; ++sender) {
        const std::uint32_t count = channel::messages_of(asked, sender);
        REQUIRE(count >= messages / senders);
        REQUIRE(count <= messages / senders + 1);
        for (std::uint32_t number = 0; number < count; ++number) {
          ++seen.at(channel::index_of(asked, {sender, number}));
        }
      }
      REQUIRE(seen == std::vector<int>(seen.size(), 1));
    }
  }
}

TEST_CASE("a message that is lost, doubled or another's gives another sum than the oracle's") {
  const std::uint64_t right = channel::expected(asking({2, 3, 4, 100})).checksum;
  REQUIRE(right == channel::expected(asking({5, 1, 0, 100})).checksum);
  REQUIRE(right != channel::expected(asking({2, 3, 4, 99})).checksum);
  REQUIRE(right - workloads::value_of(7, 1) + workloads::value_of(7, 2) != right);
  auto reseeded = asking({2, 3, 4, 100});
  reseeded.seed = 8;
  REQUIRE(right != channel::expected(reseeded).checksum);
}

TEST_CASE("every runtime brings every message through, in its sender's order, as the oracle says") {
  for (const sizes& of : {sizes{4, 3, 5, 2'000},
                          {1, 1, 0, 500},
                          {3, 2, 0, 1'001},
                          {1, 5, 1, 700},
                          {5, 1, 1'000, 3'000},
                          {4, 7, 2, 3}}) {
    const auto asked = asking(of);
    test::with_talking_runtimes(asked, [&](workloads::program& program) {
      test::whole_run run(program, channel::receiver_count(asked));
      program.run(run);
      INFO(of.receivers << " receivers, " << of.senders << " senders, room for " << of.capacity);
      const auto counts = program.counts();
      REQUIRE(counts.first_error.empty());
      REQUIRE(counts.errors == 0);
      REQUIRE(counts.units == channel::expected(asked).units);
      REQUIRE(counts.checksum == channel::expected(asked).checksum);
      REQUIRE(counts.shares);
      REQUIRE(counts.shares->least * channel::receiver_count(asked) <= counts.units);
      REQUIRE(counts.shares->most * channel::receiver_count(asked) >= counts.units);
      REQUIRE(program.live().tasks == 0);
    });
  }
}

TEST_CASE("a single receiver of a channel gets all messages, which is as even as can be") {
  const auto asked = asking({1, 3, 5, 100});
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::whole_run run(program, 1);
    program.run(run);
    REQUIRE(program.counts().shares->least == 100);
    REQUIRE(program.counts().shares->most == 100);
  });
}

TEST_CASE("a channel that is stopped before its epoch ends with nothing left alive") {
  const auto asked = asking({4, 3, 5, 1'000'000});
  test::with_talking_runtimes(asked, [&](workloads::program& program) {
    test::stopped_at_once run(program, channel::receiver_count(asked));
    program.run(run);
    REQUIRE_FALSE(program.finished());
    REQUIRE(program.counts().units == 0);
    REQUIRE_FALSE(program.counts().shares);
    REQUIRE(program.live().tasks == 0);
  });
}
