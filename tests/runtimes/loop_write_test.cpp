// Writing, on both event loops in raw operations (op.hpp, O1 to O5).
#include <algorithm>
#include <array>
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

SKEIN_FOR_BOTH_LOOPS("O1: a write that finds room is done or completed once, also one of nothing") {
  test::bench_of<TestType> at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  const std::vector<std::byte> outgoing = pattern_bytes(1000);
  noted writer;
  const submitted how = at.loop.submit_write(accepted, outgoing, writer);
  REQUIRE(at.result_of(how, writer) == 0);
  at.settle();
  REQUIRE(writer.completions == (how == submitted::done ? 0 : 1));
  REQUIRE(peer.receive(1000) == outgoing);
  REQUIRE(at.write(accepted, {}) == 0);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS(
    "O3: a write of which the kernel took a part is cancelled, and its rest is dropped") {
  test::bench_of<TestType> at;
  loopback_client never_reads(at.port, 4096);
  connection& accepted = at.accept();
  noted writer;
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  REQUIRE((at.loop.submit_write(accepted, much, writer) == submitted::pending));
  at.loop.cancel(accepted);
  at.run_until([&] { return writer.completions != 0; });
  REQUIRE(writer.completions == 1);
  REQUIRE(writer.result == -ECANCELED);
  REQUIRE(!accepted.has_unsent);
  at.loop.close(accepted);
}

SKEIN_FOR_BOTH_LOOPS("writes of more than 4 MiB to several slow readers at once arrive unchanged") {
  constexpr std::size_t stream_bytes = (std::size_t{4} << 20U) + 4099;
  constexpr std::size_t peers = 3;
  test::bench_of<TestType> at;
  std::vector<loopback_client> clients;
  std::array<connection*, peers> accepted{};
  std::array<noted, peers> writers;
  const std::vector<std::byte> outgoing = pattern_bytes(stream_bytes);
  for (std::size_t i = 0; i < peers; ++i) {
    clients.emplace_back(at.port, 16 * 1024);
    accepted[i] = &at.accept();
    REQUIRE((at.loop.submit_write(*accepted[i], outgoing, writers[i]) == submitted::pending));
  }
  std::array<std::vector<std::byte>, peers> received;
  std::thread slow([&] {
    for (std::size_t i = peers; i-- > 0;) received[i] = clients[i].receive(stream_bytes);
  });
  at.run_until([&] {
    return std::ranges::all_of(writers, [](const noted& each) { return each.completions == 1; });
  });
  slow.join();
  for (std::size_t i = 0; i < peers; ++i) {
    REQUIRE(writers[i].result == 0);
    REQUIRE(received[i] == outgoing);
    at.loop.close(*accepted[i]);
  }
}

}  // namespace
}  // namespace skein
