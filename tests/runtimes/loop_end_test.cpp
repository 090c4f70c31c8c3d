// How a stream ends, on both event loops in raw operations: with bytes in front of the hang-up,
// half closed, by a reset.
#include <cerrno>
#include <thread>
#include <vector>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::loopback_client;
using test::noted;
using test::pattern_bytes;

SKEIN_FOR_BOTH_LOOPS("bytes and the hang-up that arrive together are both read") {
  test::bench_of<TestType> at;
  for (const std::size_t size_bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{1024},
                                       std::size_t{2048}, std::size_t{3000}}) {
    loopback_client peer(at.port);
    connection& accepted = at.accept();
    // Once with the reader waiting when they come, once with them waiting for the reader.
    noted first;
    const bool waits = at.loop.submit_read(accepted, first) == submitted::pending;
    REQUIRE(waits);
    peer.send(pattern_bytes(size_bytes));
    peer.close();
    at.run_until([&] { return first.completions == 1; });
    std::size_t received = static_cast<std::size_t>(first.result);
    std::int32_t count = 0;
    while ((count = at.read(accepted)) > 0) received += static_cast<std::size_t>(count);
    REQUIRE(count == 0);
    REQUIRE(received == size_bytes);
    REQUIRE(at.read(accepted) == 0);  // the end stays the end
    at.loop.close(accepted);
  }
}

SKEIN_FOR_BOTH_LOOPS(
    "a hang-up that comes after a short read has drained the socket wakes the reader") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  REQUIRE(at.read(accepted) == 10);
  noted reader;
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  peer.close();
  at.run_until([&] { return reader.completions == 1; });
  REQUIRE(reader.result == 0);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("bytes that come between a short read and the next are found") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  for (int round = 0; round < 50; ++round) {
    peer.send(pattern_bytes(10));
    REQUIRE(at.read(accepted) == 10);
    if (round % 3 == 0) at.settle(100 * ns_per_us);
  }
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("half closed: the peer has finished sending and still gets what is written") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  peer.finish_sending();
  REQUIRE(at.read(accepted) == 10);
  REQUIRE(at.read(accepted) == 0);
  const std::vector<std::byte> outgoing = pattern_bytes(5000);
  REQUIRE(at.write(accepted, outgoing) == 0);
  REQUIRE(peer.receive(5000) == pattern_bytes(5000));
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "half closed: a large write to a slow reader goes on after the peer's end was read") {
  constexpr std::size_t stream_bytes = std::size_t{5} << 20U;
  test::bench_of<TestType> at;
  loopback_client peer(at.port, 16 * 1024);
  connection& accepted = at.accept();
  peer.finish_sending();
  REQUIRE(at.read(accepted) == 0);
  const std::vector<std::byte> outgoing = pattern_bytes(stream_bytes);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, outgoing, writer) == submitted::pending));
  std::vector<std::byte> received;
  std::thread slow([&] { received = peer.receive(stream_bytes); });
  at.run_until([&] { return writer.completions == 1; });
  slow.join();
  REQUIRE(writer.result == 0);
  REQUIRE(received == outgoing);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("a reset ends a pending read and a pending write with an errno") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port, 4096);
  connection& accepted = at.accept();
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  noted writer;
  noted reader;
  REQUIRE((at.loop.submit_write(accepted, much, writer) == submitted::pending));
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  peer.reset();
  at.run_until([&] { return writer.completions == 1 && reader.completions == 1; });
  REQUIRE(writer.result < 0);
  REQUIRE(reader.result <= 0);
  REQUIRE(accepted.error() != 0);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("after a failed write the connection is at its end for readers") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.reset();
  at.settle();
  const std::vector<std::byte> outgoing = pattern_bytes(10);
  const std::int32_t written = at.write(accepted, outgoing);
  REQUIRE(written < 0);
  noted reader;
  at.loop.submit_read(accepted, reader);
  REQUIRE(reader.result == written);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("the error that a read met is the connection's from then on") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.reset();
  REQUIRE(at.read(accepted) == -ECONNRESET);
  REQUIRE(accepted.error() == ECONNRESET);
  REQUIRE(at.read(accepted) == -ECONNRESET);
  REQUIRE(at.write(accepted, pattern_bytes(1)) == -ECONNRESET);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("a pending write that fails leaves its error to the next reader") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port, 4096);
  connection& accepted = at.accept();
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, much, writer) == submitted::pending));
  at.settle();
  REQUIRE(writer.completions == 0);
  peer.reset();
  at.run_until([&] { return writer.completions == 1; });
  REQUIRE(writer.result < 0);
  REQUIRE(accepted.error() == -writer.result);
  REQUIRE(at.read(accepted) == writer.result);
  at.loop.close(accepted);
}

}  // namespace
}  // namespace skein
