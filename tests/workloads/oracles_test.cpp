// The oracles of the workloads whose tasks wait for each other, held against runtimes that break
// what those rest on: a channel that loses values, or delivers them twice, a mutex that two tasks
// have, a cancel that is not heard. Each such run is lost, has an error, or is not as the oracle
// says.
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "runtimes/fiber/scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/contract/liars/talking.hpp"
#include "tests/contract/liars/time.hpp"
#include "tests/impatient_run.hpp"
#include "tests/options.hpp"
#include "workloads/cancel/program.hpp"
#include "workloads/channel/program.hpp"
#include "workloads/contention/program.hpp"
#include "workloads/relay/program.hpp"

namespace {

using namespace skein;
namespace liars = contract::liars;

/// W6: who is ended by close gets a value.
struct receives_at_close : liars::base {
  using base::base;
  template <class Value>
  struct channel : liars::true_channel<Value> {
    using right = liars::true_channel<Value>;
    using right_wait = liars::wrong_wait<typename right::receiving>;
    using right::right;
    struct receiving : right_wait {
      using right_wait::right_wait;
      std::optional<Value> take(op& waiter) noexcept {
        return right_wait::take(waiter).value_or(Value{});
      }
    };
    receiving receive() { return receiving(right::receive()); }
  };
};

/// W7: takes the second of two waits for the first.
struct mistakes_the_second : liars::base {
  using base::base;
  template <class A, class B>
  struct first_of : base::first_of<A, B> {
    using right = base::first_of<A, B>;
    using output = typename right::output;
    using right::right;
    output take(op& waiter) noexcept {
      return output(std::in_place_index<0>, right::take(waiter).index() == 1);
    }
  };
};

/// What a run has against its runtime; empty where all is as it should be.
std::string objection(workloads::program& program, std::size_t tasks,
                      const workloads::work_counts& right, time_ns patience_ns = ns_per_s / 2) {
  test::impatient_run run(program, tasks, patience_ns);
  program.run(run);
  const auto counts = program.counts();
  if (counts.errors > 0) return counts.first_error;
  if (run.is_lost()) return "lost";
  if (counts.units != right.units) return "units";
  return counts.checksum == right.checksum ? "" : "checksum";
}

constexpr time_ns long_ns = 20 * ns_per_s;

channel::parameters channel_cell(std::int64_t receivers) {
  return {{.receivers = receivers,
           .topology = channel::topology::shared,
           .senders = 2,
           .capacity = 5,
           .messages = 400},
          test::options_for(64),
          7};
}
template <class S>
std::string of_channel(std::int64_t receivers, time_ns patience_ns = ns_per_s / 2) {
  const auto asked = channel_cell(receivers);
  channel::program<S> program(asked);
  return objection(program, channel::receiver_count(asked), channel::expected(asked), patience_ns);
}

template <class S>
std::string of_relay(time_ns patience_ns = ns_per_s / 2) {
  const relay::parameters asked{
      {.tasks = 2, .order = relay::order::near, .hops = 500}, test::options_for(64), 7};
  relay::program<S> program(asked);
  return objection(program, relay::task_count(asked), relay::expected(asked), patience_ns);
}

template <class S>
std::string of_contention(time_ns patience_ns = ns_per_s / 2) {
  const contention::parameters asked{
      {.tasks = 5, .across = contention::across::yield, .locks = 40}, test::options_for(64), 7};
  contention::program<S> program(asked);
  return objection(program, contention::task_count(asked), contention::expected(asked),
                   patience_ns);
}

template <class S>
std::string of_cancel(cancel::wait wait, time_ns patience_ns = ns_per_s / 2) {
  const cancel::parameters asked{{.tasks = 20, .wait = wait}, test::options_for(64), 7};
  cancel::program<S> program(asked);
  return objection(program, cancel::task_count(asked), cancel::expected(asked), patience_ns);
}

}  // namespace

TEST_CASE("the oracles have nothing against the runtime that the liars are made of") {
  using right = fiber::scheduler;
  CHECK(of_channel<right>(1, long_ns).empty());
  CHECK(of_channel<right>(3, long_ns).empty());
  CHECK(of_relay<right>(long_ns).empty());
  CHECK(of_contention<right>(long_ns).empty());
  CHECK(of_cancel<right>(cancel::wait::sleep, long_ns).empty());
  CHECK(of_cancel<right>(cancel::wait::receive, long_ns).empty());
  CHECK(of_cancel<right>(cancel::wait::lock, long_ns).empty());
}

TEST_CASE("the oracle of channel catches a value that is delivered twice, or lost") {
  CHECK_THAT(of_channel<liars::delivers_twice>(1), test::contains("after a later one"));
  CHECK_FALSE(of_channel<liars::delivers_twice>(3).empty());
  CHECK(of_channel<liars::loses_values>(1) == "lost");
  CHECK(of_channel<liars::loses_values>(3) == "lost");
}

TEST_CASE("a message that comes after a later one of its sender is an error of the run") {
  const auto asked = channel_cell(2);
  fiber::scheduler on(asked.options);
  channel::context<fiber::scheduler> shared(on, asked);
  shared.received(0, {.sender = 0, .number = 1});
  shared.received(0, {.sender = 1, .number = 0});  // another sender's
  shared.received(1, {.sender = 0, .number = 0});  // another receiver
  CHECK(shared.counts().errors == 0);
  shared.received(0, {.sender = 0, .number = 0});
  CHECK(shared.counts().errors == 1);
}

TEST_CASE("the oracle of relay catches a token that is doubled, or lost") {
  CHECK_FALSE(of_relay<liars::delivers_twice>().empty());
  CHECK(of_relay<liars::loses_values>() == "lost");
}

TEST_CASE("the oracle of contention catches a mutex that two have, and one that keeps no order") {
  CHECK_THAT(of_contention<liars::lets_two_in>(), test::contains("two tasks had the mutex"));
  CHECK_THAT(of_contention<liars::hands_to_the_last>(), test::contains("out of its turn"));
  CHECK(of_contention<liars::loses_a_handover>() == "lost");
  CHECK(of_contention<liars::locks_for_two>() == "lost");  // it is theirs before the epoch
}

TEST_CASE("the oracle of cancel catches a wait that ends later, or otherwise than cancelled") {
  const auto otherwise = test::contains("nobody had cancelled");
  CHECK(of_cancel<liars::swallows_a_timers_cancel>(cancel::wait::sleep) == "lost");
  CHECK_THAT(of_cancel<liars::calls_cancelled_due>(cancel::wait::sleep), otherwise);
  CHECK_THAT(of_cancel<receives_at_close>(cancel::wait::receive), otherwise);
  CHECK_THAT(of_cancel<mistakes_the_second>(cancel::wait::lock), otherwise);
}
