// What tasks wait for from each other: sizes, and what is given back by waits that are withdrawn
// or dropped in each state. What every runtime promises is in tests/contract.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <variant>
#include <vector>

#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using test::from_now;
using test::options_for;

TEST_CASE("a lock takes 56 B, a channel without room 128, a scope 24") {
  STATIC_REQUIRE(sizeof(fiber::scheduler::mutex) == 56);
  STATIC_REQUIRE(sizeof(fiber::scheduler::channel<int>) == 128);
  STATIC_REQUIRE(sizeof(fiber::scheduler::scope) == 24);
}

TEST_CASE("a wait list forgets who leaves it, first, in the middle and last") {
  std::array<op, 3> waiters;
  for (std::size_t leaving = 0; leaving < 3; ++leaving) {
    sync::wait_list list;
    for (op& each : waiters) list.park(each);
    list.leave(waiters[leaving]);
    REQUIRE(waiters[leaving].state == op_state::idle);
    op added;
    list.park(added);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != leaving) REQUIRE(list.take() == &waiters[i]);
    }
    REQUIRE(list.take() == &added);
    REQUIRE(list.empty());
  }
}

// --- an event that another thread sets ----------------------------------------------------------

TEST_CASE("an event that was set and that nobody waited for ends, and its letter with it") {
  fiber::scheduler on(options_for(16));
  {
    fiber::scheduler::shared_event set(on);
    const fiber::scheduler::shared_event never(on);
    set.set();
    set.set();
    REQUIRE_FALSE(set.is_set());  // the letter is unopened
  }
  on.run();
  REQUIRE(on.live().tasks == 0);
}

TEST_CASE("an event that several threads set at once is set once") {
  fiber::scheduler on(options_for(16));
  fiber::scheduler::shared_event event(on);
  bool granted = false;
  on.spawn([&] { granted = on.until(event.wait()); });
  {
    std::vector<std::jthread> setting;
    for (int i = 0; i < 4; ++i) setting.emplace_back([&] { event.set(); });
    on.run();
  }
  REQUIRE(granted);
  REQUIRE(event.is_set());
}

TEST_CASE("an event that another thread sets is made before the scheduler runs") {
  fiber::scheduler on(test::options_for(16));
  bool was_refused = false;
  on.spawn([&] {
    try {
      const fiber::scheduler::shared_event late(on);
    } catch (const std::logic_error&) {
      was_refused = true;
    }
  });
  on.run();
  REQUIRE(was_refused);
}

// --- futures that are dropped with what they were granted ---------------------------------------

using on_future = future::scheduler;

/// Polls a wait once, and then drops it in whatever state it is when it is polled again.
template <class Wait>
class giving_up : pinned {
 public:
  using output = nothing;
  giving_up(on_future& on, const Wait& wait, bool& waited) : on_(on), waited_(waited) {
    waits_.emplace(on, wait);
  }
  polled<nothing> poll(context& with) {
    if (!waited_) {
      waited_ = true;
      REQUIRE(!waits_->poll(with));
      yields_.emplace(on_);
    }
    if (!yields_->poll(with)) return not_ready;
    waits_.reset();
    return nothing{};
  }

 private:
  on_future& on_;
  bool& waited_;
  std::optional<on_future::waiting<Wait>> waits_;
  std::optional<on_future::yielding> yields_;
};

/// Calls a function once it is polled.
template <class Act>
class doing : pinned {
 public:
  using output = nothing;
  explicit doing(Act act) : act_(act) {}
  polled<nothing> poll(context&) {
    act_();
    return nothing{};
  }

 private:
  Act act_;
};

TEST_CASE("a future that is dropped with a lock it was granted gives the lock back") {
  on_future on(options_for(10));
  on_future::mutex mutex(on);
  using locking = decltype(mutex.lock());
  op holder;
  REQUIRE(mutex.lock().submit(holder) == submitted::done);
  bool waited = false;
  auto unlock = [&] { mutex.unlock(); };  // hands it to the future that is about to be dropped
  on.spawn<giving_up<locking>>(on, mutex.lock(), waited);
  on.spawn<doing<decltype(unlock)>>(unlock);
  on.run();
  REQUIRE(waited);
  op next;
  REQUIRE(mutex.lock().submit(next) == submitted::done);
  mutex.unlock();
}

TEST_CASE("values that were given to receivers which give up come back in their order") {
  on_future on(options_for(10));
  on_future::channel<int> channel(on, 4);
  using receiving = decltype(channel.receive());
  std::array<bool, 2> waited{};
  std::vector<int> received;
  auto send = [&] {
    op sender;
    for (const int value : {1, 2, 3, 4}) {
      auto wait = channel.send(value);
      REQUIRE(wait.submit(sender) == submitted::done);
    }
  };
  auto receive = [&] {
    op receiver;
    for (int i = 0; i < 4; ++i) {
      auto wait = channel.receive();
      REQUIRE(wait.submit(receiver) == submitted::done);
      received.push_back(wait.take(receiver).value_or(0));
    }
  };
  for (bool& each : waited) on.spawn<giving_up<receiving>>(on, channel.receive(), each);
  on.spawn<doing<decltype(send)>>(send);
  on.run();
  on.spawn<doing<decltype(receive)>>(receive);
  on.run();
  REQUIRE(received == std::vector{1, 2, 3, 4});
}

TEST_CASE("100,000 waiting futures are dropped, and none is left in any list") {
  constexpr std::size_t many = 100'000;
  on_future on(options_for(many + 10));
  on_future::event never(on);
  using awaiting = decltype(never.wait());
  std::size_t dropped = 0;
  auto drop_all = [&] {
    std::vector<std::optional<on_future::waiting<awaiting>>> waits(many);
    for (auto& each : waits) each.emplace(on, never.wait());
    const waker_ref nobody;
    context with(nobody);
    for (auto& each : waits) dropped += each->poll(with) ? 0U : 1U;
    std::vector<std::size_t> order(many);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937{20});
    for (const std::size_t i : order) waits[i].reset();
  };
  on.spawn<doing<decltype(drop_all)>>(drop_all);
  on.run();
  REQUIRE(dropped == many);
  never.set();
}

// --- a scope that is cancelled ------------------------------------------------------------------

TEST_CASE("a scope is cancelled by an event that its tasks wait for beside what they want") {
  using on_fiber = fiber::scheduler;
  on_fiber on(options_for(30));
  on_fiber::channel<int> channel(on, 0);
  on_fiber::event cancelled(on);
  using receiving = decltype(channel.receive());
  using first = on_fiber::first_of<receiving, on_fiber::event::awaiting>;
  std::size_t received = 0;
  std::size_t given_up = 0;
  bool joined = false;
  on.spawn([&] {
    on_fiber::scope children(on);
    for (int i = 0; i < 9; ++i) {
      on.spawn(children, [&] {
        while (on.until(first(channel.receive(), cancelled.wait())).index() == 0) ++received;
        ++given_up;
      });
    }
    on.spawn(children, [&] {
      REQUIRE(on.until(channel.send(1)));
      cancelled.set();  // as a task does whose work has failed
    });
    on.until(children.join());
    REQUIRE(given_up == 9);
    on.spawn(children, [&] { ++given_up; });  // the scope goes on
    on.until(children.join());
    joined = given_up == 10;
  });
  on.run();
  REQUIRE(joined);
  REQUIRE(received == 1);
}

// --- a read with a deadline ---------------------------------------------------------------------

template <class S>
using read_or_sleep = typename S::template first_of<typename S::read_wait, typename S::sleep_wait>;

template <class S>
read_or_sleep<S> read_before(S& on, typename S::connection& from, time_ns deadline_ns) {
  return {typename S::read_wait(on, from), typename S::sleep_wait(on, deadline_ns)};
}

TEST_CASE("a read with a deadline gives the bytes that come in time, and loses none that do not") {
  using on_fiber = fiber::scheduler;
  on_fiber on(options_for(10));
  const listening_socket socket = make_listener(blocking::no);
  auto& listening = on.listen(socket.descriptor);
  test::loopback_client client(socket.port);
  std::vector<std::size_t> sizes;
  on.spawn([&] {
    auto& peer = *on.accept(listening);
    REQUIRE(client.send_byte(std::byte{1}));
    auto in_time = on.until(read_before(on, peer, from_now(ns_per_s)));
    sizes.push_back(std::get<0>(in_time).size());
    auto too_late = on.until(read_before(on, peer, from_now(2 * ns_per_ms)));
    sizes.push_back(too_late.index() == 0 ? 9 : 0);
    REQUIRE(client.send_byte(std::byte{2}));
    sizes.push_back(on.read(peer).size());
    on.close(peer);
    on.cancel(listening);
  });
  on.run();
  REQUIRE(sizes == std::vector<std::size_t>{1, 0, 1});
}

coroutine::task echo_with_deadlines(coroutine::scheduler& on, coroutine::scheduler::connection& of,
                                    std::size_t& echoed, std::size_t& given_up) {
  while (true) {
    auto wait = read_before(on, of, from_now(200 * ns_per_us));
    auto first = co_await on.until(wait);
    if (first.index() == 1) {
      if (++given_up < 1'000 && echoed < 500) continue;
      break;
    }
    const bytes chunk = std::get<0>(first);
    if (chunk.empty()) break;
    const bool written = co_await on.write(of, chunk);
    if (!written) break;
    echoed += chunk.size();
  }
  on.close(of);
}

coroutine::task accept_one(coroutine::scheduler& on, coroutine::scheduler::listener& from,
                           std::size_t& echoed, std::size_t& given_up) {
  auto* const peer = co_await on.accept(from);
  on.cancel(from);
  on.spawn(echo_with_deadlines(on, *peer, echoed, given_up));
}

TEST_CASE("reads that race their deadlines lose no byte") {
  coroutine::scheduler on(options_for(10));
  const listening_socket socket = make_listener(blocking::no);
  auto& listening = on.listen(socket.descriptor);
  std::size_t echoed = 0;
  std::size_t given_up = 0;
  std::size_t answered = 0;
  std::jthread client([&, port = socket.port] {
    test::loopback_client peer(port);
    std::mt19937 random(20);
    for (int i = 0; i < 500; ++i) {
      if (!peer.send_byte(test::pattern_at(static_cast<std::size_t>(i)))) return;
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 400));
    }
    answered = peer.receive(500).size();
  });
  on.spawn(accept_one(on, listening, echoed, given_up));
  on.run();
  client.join();
  REQUIRE(echoed == 500);
  REQUIRE(answered == 500);
}

}  // namespace
}  // namespace skein
