// The floor has no interface, so no contract test reaches it: that it obeys the same rules is
// tested here. Every byte comes back, in order, also to a slow reader; no timer fires early; stop
// leaves nothing behind.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "runtimes/epoll_floor/echo_server.hpp"
#include "runtimes/epoll_floor/info.hpp"
#include "runtimes/epoll_floor/timer_heap.hpp"
#include "runtimes/epoll_floor/timer_table.hpp"
#include "runtimes/socket.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using test::action_inbox;
using test::loopback_client;
using test::pattern_bytes;

struct byte_counter {
  void add(std::size_t size_bytes) noexcept { total += size_bytes; }
  void error(int error_number) { ends.push_back(error_number); }
  std::size_t total = 0;
  std::vector<int> ends;
};

/// An echo server that runs until `client(port)`, on a thread of its own, has returned.
template <class Client>
byte_counter serve(buffer_policy policy, Client client) {
  const listening_socket socket = make_listener(blocking::no);
  byte_counter counter;
  epoll_floor::echo_server<byte_counter> server(socket.descriptor, 10, 1024, policy, 64, counter);
  action_inbox stop([&server] { server.stop(); });
  std::thread other([&] {
    client(socket.port);
    stop.signal();
  });
  server.run(stop);
  other.join();
  REQUIRE(server.live().tasks == 0);
  REQUIRE(server.live().connections == 0);
  return counter;
}

TEST_CASE("the floor echoes every byte, in order, to a slow reader") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  const std::vector<std::byte> sent = pattern_bytes(std::size_t{8} << 20U);
  std::vector<std::byte> echoed;
  const byte_counter counter = serve(policy, [&](std::uint16_t port) {
    loopback_client peer(port, 4096);
    std::thread sender([&] { peer.send(sent); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // let the echo fill the buffers
    echoed = peer.receive(sent.size());
    sender.join();
  });
  REQUIRE((echoed == sent));
  REQUIRE(counter.total == sent.size());
}

TEST_CASE("the floor sees the end of a stream that comes together with its last bytes") {
  const byte_counter counter = serve(buffer_policy::lent, [](std::uint16_t port) {
    for (int i = 0; i < 50; ++i) {
      loopback_client peer(port);
      peer.send(pattern_bytes(100));
      peer.finish_sending();
      if (peer.receive(100).size() == 100) peer.ended();
    }
  });
  REQUIRE(counter.total == 5000);
  REQUIRE(counter.ends == std::vector<int>(50, 0));
}

TEST_CASE("a peer that never stops sending does not keep the floor from the others or from stop") {
  std::size_t echoed = 0;
  serve(buffer_policy::lent, [&](std::uint16_t port) {
    std::atomic<bool> enough{false};
    loopback_client flood(port);
    const std::vector<std::byte> part = pattern_bytes(65536);
    std::thread sender([&] {
      while (!enough) flood.send(part);
      flood.finish_sending();
    });
    std::thread receiver([&] { flood.ended(); });
    loopback_client other(port);
    other.send(pattern_bytes(100));
    echoed = other.receive(100).size();
    enough = true;
    sender.join();
    receiver.join();
  });
  REQUIRE(echoed == 100);
}

TEST_CASE("a burst of more chunks than the floor takes at a time comes back whole") {
  const listening_socket socket = make_listener(blocking::no);
  byte_counter counter;
  epoll_floor::echo_server<byte_counter> server(socket.descriptor, 10, 16, buffer_policy::lent, 64,
                                                counter);
  loopback_client peer(socket.port);
  const std::vector<std::byte> sent = pattern_bytes(std::size_t{300} * 16);
  peer.send(sent);  // all of it is there before the floor looks, and nothing comes after it
  action_inbox stop([&server] { server.stop(); });
  std::vector<std::byte> echoed;
  std::thread other([&] {
    echoed = peer.receive(sent.size());
    stop.signal();
  });
  server.run(stop);
  other.join();
  REQUIRE((echoed == sent));
}

TEST_CASE("stop closes the floor's connections, those with an unsent tail included") {
  const byte_counter counter = serve(buffer_policy::lent, [&](std::uint16_t port) {
    std::vector<loopback_client> idle;
    for (int i = 0; i < 20; ++i) idle.emplace_back(port);
    idle[0].send(pattern_bytes(200000));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (loopback_client& each : idle) each.send(pattern_bytes(1));
  });
  REQUIRE(counter.ends.size() == 20);
}

struct firing_record {
  std::vector<time_ns> due;
  std::vector<std::size_t> order;
  std::size_t early = 0;

  time_ns due_ns(std::size_t index) const { return due[index]; }
  void fired(std::size_t index, time_ns now_ns, wake) {
    if (now_ns < due[index]) ++early;
    order.push_back(index);
    if (when_fired) when_fired();
  }
  std::function<void()> when_fired;
};

TEST_CASE("the floor's timers fire in the order of their deadlines and never early") {
  constexpr std::size_t half = 500;
  firing_record record;
  const time_ns start_ns = monotonic_clock::now_ns();
  for (std::size_t i = 0; i < 2 * half; ++i) {
    // Scattered: 617 and 1000 have no common divisor.
    record.due.push_back(start_ns + 10 * ns_per_ms + static_cast<time_ns>(i * 617 % 1000) * 91'003);
  }
  epoll_floor::timer_table<firing_record> table(record);
  // Half of them before the run, half from the inbox, maybe while the first are firing.
  for (std::size_t i = 0; i < half; ++i) table.add(i);
  action_inbox inbox([&] {
    if (record.order.size() == 2 * half) return table.stop();
    for (std::size_t i = half; i < 2 * half; ++i) table.add(i);
  });
  record.when_fired = [&] {
    if (record.order.size() == 2 * half) inbox.signal();
  };
  REQUIRE(table.live().tasks == half);
  inbox.signal();
  table.run(inbox);
  REQUIRE(record.order.size() == 2 * half);
  REQUIRE(record.early == 0);
  // Those added together are in order among each other, however late the inbox was served.
  std::stable_partition(record.order.begin(), record.order.end(),
                        [](std::size_t index) { return index < half; });
  const auto middle = record.order.begin() + half;
  const auto earlier = [&](std::size_t a, std::size_t b) { return record.due[a] < record.due[b]; };
  REQUIRE(std::is_sorted(record.order.begin(), middle, earlier));
  REQUIRE(std::is_sorted(middle, record.order.end(), earlier));
  REQUIRE(table.live().tasks == 0);
}

TEST_CASE("a stopped timer table forgets what was not due") {
  firing_record record;
  record.due.assign(10, monotonic_clock::now_ns() + 3600 * ns_per_s);
  epoll_floor::timer_table<firing_record> table(record);
  for (std::size_t i = 0; i < 10; ++i) table.add(i);
  action_inbox inbox([&] { table.stop(); });
  inbox.signal();
  table.run(inbox);
  REQUIRE(record.order.empty());
  REQUIRE(table.live().tasks == 0);
}

/// Whose timers a heap of the floor keeps: notes what becomes of them.
struct heap_owner {
  void fired(std::size_t index, time_ns now_ns) {
    if (now_ns < due[index]) ++early;
    ended.push_back(index);
    if (when_ended) when_ended();
  }
  void timed_out(std::size_t index) { fired(index, monotonic_clock::now_ns()); }

  std::vector<time_ns> due;
  std::vector<std::size_t> ended;
  std::size_t early = 0;
  std::function<void()> when_ended;
};

TEST_CASE("the floor's timeouts are cancelled anywhere, and the others come in their order") {
  heap_owner owner;
  epoll_floor::timer_heap<heap_owner> heap(owner, 8);
  const time_ns start_ns = monotonic_clock::now_ns();
  const auto arm = [&](std::size_t index) {
    owner.due.push_back(start_ns + 2 * ns_per_ms + static_cast<time_ns>(index) * ns_per_ms / 4);
    heap.arm_timeout(index, owner.due[index]);
  };
  for (std::size_t i = 0; i < 6; ++i) arm(i);
  for (const std::size_t gone : {0U, 3U, 5U}) heap.cancel_timeout(gone);  // first, middle, last
  arm(6);
  heap.cancel_timeout(6);
  arm(7);
  action_inbox inbox([&] { heap.stop(); });
  owner.when_ended = [&] {
    if (owner.ended.size() == 4) inbox.signal();
  };
  heap.run(inbox);
  REQUIRE(owner.ended == std::vector<std::size_t>{1, 2, 4, 7});
  REQUIRE(owner.early == 0);
}

TEST_CASE("the floor's timers and timeouts all come, and none is early") {
  heap_owner owner;
  epoll_floor::timer_heap<heap_owner> heap(owner, 4);
  const time_ns start_ns = monotonic_clock::now_ns();
  for (const int delay_ms : {6, 4, 2, 8}) owner.due.push_back(start_ns + delay_ms * ns_per_ms);
  heap.arm(0, owner.due[0]);
  heap.arm_timeout(1, owner.due[1]);
  heap.arm(2, owner.due[2]);
  heap.arm_timeout(3, owner.due[3]);
  action_inbox inbox([&] { heap.stop(); });
  owner.when_ended = [&] {
    if (owner.ended.size() == 4) inbox.signal();
  };
  heap.run(inbox);
  REQUIRE(owner.early == 0);
  const std::vector<std::size_t> all{0, 1, 2, 3};
  REQUIRE(std::is_permutation(all.begin(), all.end(), owner.ended.begin(), owner.ended.end()));
}

TEST_CASE("a timeout of the floor is waited for, though the first timer is far away") {
  heap_owner owner;
  epoll_floor::timer_heap<heap_owner> heap(owner, 2);
  owner.due = {test::from_now(test::far_away_ns), test::from_now(2 * ns_per_ms)};
  heap.arm(0, owner.due[0]);
  heap.arm_timeout(1, owner.due[1]);
  action_inbox inbox([&] { heap.stop(); });
  owner.when_ended = [&] { inbox.signal(); };
  heap.run(inbox);
  REQUIRE(owner.ended == std::vector<std::size_t>{1});
}

TEST_CASE("the floor says that it has no interface") {
  REQUIRE(epoll_floor::runtime::info().id == "epoll_floor");
  REQUIRE(epoll_floor::runtime::info().style == "none");
}

}  // namespace
}  // namespace skein
