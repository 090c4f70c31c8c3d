// The risks of what tasks of Boost.Asio's rows wait for from each other. Asio calls whoever was
// woken later, so there is a time in between: another may come then, the channel may be closed, the
// scheduler stopped. And a run must not end while only a pool's thread is at work. What all
// runtimes share is tested in tests/contract.
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "runtimes/asio/await_scheduler.hpp"
#include "runtimes/asio/callback_scheduler.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using callbacks = asio::callback_scheduler;
using awaitables = asio::concrete_await;
using test::options_with;

template <class S>
using ints = typename S::template channel<int>;

constexpr int nothing_came = -1;

template <class S>
typename S::task receive_one(S& on, ints<S>& from, std::vector<int>& got) {
  const std::optional<int> value = co_await on.until(from.receive());
  got.push_back(value.value_or(nothing_came));
}

template <class S>
typename S::task send_one(S& on, ints<S>& to, int value, std::vector<bool>& sent) {
  const bool went = co_await on.until(to.send(value));
  sent.push_back(went);
}

template <class S>
typename S::task send_and_receive(S& on, ints<S>& through, std::vector<int>& got) {
  co_await on.until(through.send(1));
  const std::optional<int> value = co_await on.until(through.receive());
  got.push_back(value.value_or(nothing_came));
}

template <class S>
typename S::task send_late(S& on, ints<S>& to) {
  co_await on.yield();
  co_await on.yield();
  co_await on.until(to.send(2));
}

TEMPLATE_TEST_CASE("who comes in between takes no value for which Asio has woken another", "",
                   awaitables, asio::any_await) {
  const std::size_t capacity = GENERATE(0U, 1U);
  TestType on(options_with(buffer_policy::lent));
  ints<TestType> channel(on, capacity);
  std::vector<int> woken;
  std::vector<int> between;
  on.spawn(receive_one(on, channel, woken));
  on.spawn(send_and_receive(on, channel, between));
  on.spawn(send_late(on, channel));
  on.run();
  REQUIRE(woken == std::vector{1});
  REQUIRE(between == std::vector{2});
}

template <class S>
typename S::task receive_and_close(S& on, ints<S>& from, std::vector<int>& got) {
  co_await on.yield();
  for (int turn = 0; turn < 3; ++turn) {
    const std::optional<int> value = co_await on.until(from.receive());
    got.push_back(value.value_or(nothing_came));
    from.close();
  }
}

TEST_CASE("a sender that Asio has not called yet was let in before the channel was closed") {
  awaitables on(options_with(buffer_policy::lent));
  ints<awaitables> channel(on, 1);
  std::vector<int> got;
  std::vector<bool> sent;
  for (int value = 0; value < 4; ++value) on.spawn(send_one(on, channel, value, sent));
  on.spawn(receive_and_close(on, channel, got));
  on.run();
  REQUIRE(got == std::vector{0, 1, nothing_came});
  REQUIRE(sent == std::vector{true, true, false, false});
}

template <class S>
typename S::task lock_once(S& on, typename S::mutex& mutex, std::vector<bool>& locked) {
  const bool has = co_await on.until(mutex.lock());
  locked.push_back(has);
  if (has) mutex.unlock();
}

template <class S>
typename S::task hand_on_and_stop(S& on, typename S::mutex& mutex, ints<S>& to) {
  co_await on.until(mutex.lock());
  co_await on.yield();
  mutex.unlock();
  co_await on.until(to.send(1));
  on.stop();
}

TEST_CASE("what was handed on just before Asio's scheduler stopped is had, and no more of it") {
  awaitables on(options_with(buffer_policy::lent));
  awaitables::mutex mutex(on);
  ints<awaitables> channel(on, 0);
  std::vector<bool> locked;
  std::vector<int> got;
  on.spawn(hand_on_and_stop(on, mutex, channel));
  for (int i = 0; i < 2; ++i) {
    on.spawn(lock_once(on, mutex, locked));
    on.spawn(receive_one(on, channel, got));
  }
  on.run();
  REQUIRE(locked == std::vector{true, false});
  REQUIRE(got == std::vector{1, nothing_came});
  on.spawn(lock_once(on, mutex, locked));
  on.run();
  REQUIRE(locked == std::vector{true, false, false});
}

using working = callbacks::offload_pool::working;

/// Works, and nothing else.
struct working_session {
  callbacks& on;
  callbacks::waiting<working> work;
  bool worked = false;

  void start() { on.until<&working_session::on_end>(work, this); }
  void on_end(bool done) {
    worked = done;
    on.task_done();
  }
};

void rest(int& rested) noexcept {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ++rested;
}

TEST_CASE("an event of Asio's that is gone before its set comes is not set") {
  callbacks on(options_with(buffer_policy::lent));
  {
    callbacks::shared_event set(on);
    set.set();
    set.set();
    REQUIRE_FALSE(set.is_set());  // that is posted
  }
  on.run();
  REQUIRE(on.live().tasks == 0);
}

TEST_CASE("Asio's run goes on while nothing but a thread of its pool is at work") {
  callbacks on(options_with(buffer_policy::lent));
  callbacks::offload_pool pool(on, 1);
  int rested = 0;
  working_session session{on, callbacks::waiting<working>(pool.run<&rest>(rested))};
  on.spawn<&working_session::start>(&session);
  on.run();
  REQUIRE(session.worked);
  REQUIRE(rested == 1);
}

}  // namespace
}  // namespace skein
