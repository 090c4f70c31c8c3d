// Reading, on both event loops in raw operations (op.hpp, O1 to O5): once, and as a multishot.
#include <algorithm>
#include <cerrno>
#include <deque>
#include <span>
#include <vector>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::loopback_client;
using test::noted;
using test::options_with;
using test::pattern_bytes;

SKEIN_FOR_BOTH_LOOPS("O1: a read of bytes that are there is done or completed, and never both") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  noted reader;
  const submitted how = at.loop.submit_read(accepted, reader);
  REQUIRE(at.result_of(how, reader) == 10);
  REQUIRE(at.bytes_of(accepted, 10) == pattern_bytes(10));
  at.settle();
  REQUIRE(reader.completions == (how == submitted::done ? 0 : 1));
  REQUIRE((reader.state == op_state::idle));
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O1: a read that finds nothing is pending, and completed once when bytes come") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted reader;
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  REQUIRE(reader.completions == 0);
  peer.send(pattern_bytes(10));
  at.run_until([&] { return reader.completions != 0; });
  peer.send(pattern_bytes(10));
  at.settle();
  REQUIRE(reader.completions == 1);
  REQUIRE(reader.result == 10);
  REQUIRE(at.read(accepted) == 10);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O3: cancel completes nothing inside itself, and the completion comes once, as cancelled") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted reader;
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  at.loop.cancel(accepted);
  at.loop.cancel(accepted);
  REQUIRE(reader.completions == 0);
  peer.send(pattern_bytes(10));
  at.run_until([&] { return reader.completions != 0; });
  at.settle();
  REQUIRE(reader.completions == 1);
  REQUIRE(reader.result == -ECANCELED);
  REQUIRE(accepted.error() == ECANCELED);
  noted later;
  at.loop.submit_read(accepted, later);
  at.settle();
  REQUIRE(later.result == -ECANCELED);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("O3: a cancel that races the bytes completes the read once, either way") {
  test::bench_of<TestType> at;
  for (int order = 0; order < 4; ++order) {
    loopback_client peer(at.port);
    connection& accepted = at.accept();
    noted reader;
    REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
    noted canceller([&](noted&) { at.loop.cancel(accepted); });
    if (order % 2 == 0) peer.send(pattern_bytes(10));
    if (order < 2) {
      at.loop.cancel(accepted);
    } else {
      at.loop.post(canceller);
    }
    if (order % 2 == 1) peer.send(pattern_bytes(10));
    at.run_until([&] { return reader.completions != 0; });
    at.settle();
    REQUIRE(reader.completions == 1);
    REQUIRE((reader.result == -ECANCELED || reader.result == 10));
    at.loop.close(accepted);
  }
}

SKEIN_FOR_BOTH_LOOPS("O3: a read that waits for its turn is cancelled there, and completes once") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  REQUIRE(at.read(accepted) == 10);
  peer.send(pattern_bytes(10));
  at.settle();
  noted multishot;
  multishot.multishot = true;  // a multishot read with bytes at hand is queued
  REQUIRE((at.loop.submit_read(accepted, multishot) == submitted::pending));
  REQUIRE((multishot.state == op_state::queued));
  at.loop.cancel(accepted);
  at.run_until([&] { return multishot.completions != 0; });
  REQUIRE(multishot.completions == 1);
  REQUIRE(multishot.result == -ECANCELED);
  REQUIRE(!multishot.more);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O4: a multishot read completes for every chunk and says which one is the last") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 64));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  std::vector<std::byte> received;
  int last = 0;
  noted reader([&](noted& self) {
    if (!self.more) ++last;
    if (self.result > 0) {
      const auto chunk = at.bytes_of(accepted, self.result);
      received.insert(received.end(), chunk.begin(), chunk.end());
    }
  });
  reader.multishot = true;
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  const std::vector<std::byte> all = pattern_bytes(1000);
  peer.send(std::span(all).first(500));
  at.run_until([&] { return received.size() == 500; });
  REQUIRE(last == 0);
  REQUIRE(reader.more);
  peer.send(std::span(all).subspan(500));
  peer.finish_sending();
  at.run_until([&] { return last != 0; });
  at.settle();
  REQUIRE(last == 1);
  REQUIRE(reader.result == 0);
  REQUIRE(received == all);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O4: a multishot reader may cancel from a completion: one more comes, the last") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 64));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted reader([&](noted& self) {
    if (self.more) at.loop.cancel(accepted);
  });
  reader.multishot = true;
  at.loop.submit_read(accepted, reader);
  peer.send(pattern_bytes(1000));
  at.run_until([&] { return reader.completions > 0 && !reader.more; });
  at.settle();
  REQUIRE(reader.completions == 2);
  REQUIRE(reader.result == -ECANCELED);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O4: a multishot reader may close from a completion, and gets the last one then") {
  test::bench_of<TestType> at(options_with(buffer_policy::lent, 64));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted reader([&](noted& self) {
    if (self.more) at.loop.close(accepted);
  });
  reader.multishot = true;
  at.loop.submit_read(accepted, reader);
  peer.send(pattern_bytes(1000));
  at.run_until([&] { return reader.completions > 0 && !reader.more; });
  at.settle();
  REQUIRE(reader.completions == 2);
  REQUIRE(reader.result == -ECANCELED);
  REQUIRE(at.loop.live_connections() == 0);
}

SKEIN_FOR_BOTH_LOOPS(
    "an own buffer goes with its connection and the slot's next user has another") {
  test::bench_of<TestType> at(options_with(buffer_policy::own));
  for (int i = 0; i < 5; ++i) {
    loopback_client peer(at.port);
    connection& accepted = at.accept();
    peer.send(pattern_bytes(100));
    REQUIRE(at.read(accepted) == 100);
    REQUIRE(at.bytes_of(accepted, 100) == pattern_bytes(100));
    at.loop.close(accepted);
    at.settle(100 * ns_per_us);
  }
}

SKEIN_FOR_BOTH_LOOPS("more than one look at the kernel takes is heard of by the next looks") {
  constexpr std::size_t peers = 20;
  scheduler_options options = options_with(buffer_policy::lent);
  options.events_per_wait = 3;
  test::bench_of<TestType> at(options);
  std::deque<loopback_client> clients;
  std::vector<connection*> accepted;
  std::deque<noted> readers(peers);
  for (std::size_t i = 0; i < peers; ++i) {
    clients.emplace_back(at.port);
    accepted.push_back(&at.accept());
    REQUIRE((at.loop.submit_read(*accepted[i], readers[i]) == submitted::pending));
  }
  at.settle();
  for (loopback_client& each : clients) each.send(pattern_bytes(10));
  at.run_until([&] {
    return std::all_of(readers.begin(), readers.end(),
                       [](const noted& each) { return each.completions == 1; });
  });
  for (const noted& each : readers) REQUIRE(each.result == 10);
  for (connection* each : accepted) at.loop.close(*each);
}

}  // namespace
}  // namespace skein
