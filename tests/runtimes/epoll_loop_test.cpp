// The event loop under coroutines and fibers, spoken to in raw operations: the rules O1 to O5 of
// op.hpp and the corners of edge-triggered epoll. Clients are plain sockets on the same thread,
// unless they must talk while the loop runs.
#include "runtimes/loop/epoll_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "runtimes/socket.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::loopback_client;
using test::pattern_at;
using test::pattern_bytes;

using test::bench_of;
using test::far_away_ns;
using test::from_now;
using test::noted;
using test::options_with;

using bench = bench_of<epoll_loop>;

// --- O1, O2: done or pending, and completed once ----------------------------------------------

TEST_CASE("O1: a read that finds bytes is done, and not completed as well") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  noted reader;
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::done));
  REQUIRE(reader.result == 10);
  REQUIRE(at.bytes_of(accepted, 10) == pattern_bytes(10));
  at.settle();
  REQUIRE(reader.completions == 0);
  REQUIRE((reader.state == op_state::idle));
  at.loop.close(accepted);
}

TEST_CASE("O1: a read that finds nothing is pending, and completed once when bytes come") {
  bench at;
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

TEST_CASE("O1: an accept is done if somebody waits already, else pending until somebody comes") {
  bench at;
  loopback_client first(at.port);
  noted waiter;
  REQUIRE((at.loop.submit_accept(*at.door, waiter) == submitted::done));
  auto* one = static_cast<connection*>(waiter.target);
  REQUIRE((at.loop.submit_accept(*at.door, waiter) == submitted::pending));
  loopback_client second(at.port);
  at.run_until([&] { return waiter.completions == 1; });
  auto* two = static_cast<connection*>(waiter.target);
  REQUIRE(one != two);
  REQUIRE(at.loop.live_connections() == 2);
  at.loop.close(*one);
  at.loop.close(*two);
  REQUIRE(at.loop.live_connections() == 0);
}

TEST_CASE("O1: a write is done while the kernel takes everything") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, pattern_bytes(1000), writer) == submitted::done));
  REQUIRE(writer.result == 0);
  REQUIRE(peer.receive(1000) == pattern_bytes(1000));
  REQUIRE((at.loop.submit_write(accepted, {}, writer) == submitted::done));
  REQUIRE(writer.result == 0);
  at.loop.close(accepted);
}

TEST_CASE("O1: a sleep into the past is done, one into the future pending and not early") {
  bench at;
  noted sleeper;
  sleeper.deadline_ns = from_now(-ns_per_s);
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::done));
  REQUIRE(sleeper.result == 0);
  const time_ns deadline_ns = from_now(3 * ns_per_ms);
  sleeper.deadline_ns = deadline_ns;
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::pending));
  at.run_until([&] { return sleeper.completions == 1; });
  REQUIRE(monotonic_clock::now_ns() >= deadline_ns);
  REQUIRE(sleeper.result == 0);
}

TEST_CASE("an op may be submitted again from its own completion") {
  bench at;
  int left = 5;
  noted sleeper([&](noted& self) {
    if (left-- == 0) return;
    self.deadline_ns = from_now(ns_per_ms);
    REQUIRE((at.loop.submit_sleep(self) == submitted::pending));
  });
  sleeper.deadline_ns = from_now(ns_per_ms);
  at.loop.submit_sleep(sleeper);
  at.run_until([&] { return left < 0; });
  REQUIRE(sleeper.completions == 6);
}

// --- O3: cancel only requests -----------------------------------------------------------------

TEST_CASE("O3: cancel completes nothing inside itself; the completion comes, once, as cancelled") {
  bench at;
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

TEST_CASE("O3: a cancel that races the bytes completes the read once, either way") {
  bench at;
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

TEST_CASE("O3: a read that waits for its turn is cancelled there, and completes once") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
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

TEST_CASE("O3: cancelling a listener ends its accept and those to come") {
  bench at;
  noted waiter;
  REQUIRE((at.loop.submit_accept(*at.door, waiter) == submitted::pending));
  at.loop.cancel(*at.door);
  REQUIRE(waiter.completions == 0);
  at.run_until([&] { return waiter.completions != 0; });
  REQUIRE(waiter.result == -ECANCELED);
  noted later;
  at.loop.submit_accept(*at.door, later);
  at.settle();
  REQUIRE(later.result == -ECANCELED);
}

TEST_CASE("O3: a sleep is cancelled once; idle, queued and fired ones are left alone") {
  bench at;
  noted sleeper;
  at.loop.cancel_sleep(sleeper);
  sleeper.deadline_ns = from_now(far_away_ns);
  REQUIRE((at.loop.submit_sleep(sleeper) == submitted::pending));
  REQUIRE(at.loop.pending_timers() == 1);
  at.loop.cancel_sleep(sleeper);
  at.loop.cancel_sleep(sleeper);
  REQUIRE(at.loop.pending_timers() == 0);
  REQUIRE(sleeper.completions == 0);
  at.run_until([&] { return sleeper.completions != 0; });
  REQUIRE(sleeper.completions == 1);
  REQUIRE(sleeper.result == -ECANCELED);
  at.loop.cancel_sleep(sleeper);
  at.settle();
  REQUIRE(sleeper.completions == 1);
}

TEST_CASE("O3: a write of which the kernel took a part is cancelled, and its rest is dropped") {
  bench at;
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

// --- O4: multishot ----------------------------------------------------------------------------

TEST_CASE("O4: a multishot read completes for every chunk and says which one is the last") {
  bench at(options_with(buffer_policy::lent, 64));
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

TEST_CASE("O4: a multishot reader may cancel from a completion: one more comes, the last") {
  bench at(options_with(buffer_policy::lent, 64));
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

TEST_CASE("O4: a multishot reader may close from a completion, and gets the last one then") {
  bench at(options_with(buffer_policy::lent, 64));
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

TEST_CASE("O4: a multishot reader that is never out of bytes shares the loop") {
  bench at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  std::size_t chunks = 0;
  std::size_t in_a_row = 0;
  std::size_t longest_row = 0;
  noted reader([&](noted&) {
    ++chunks;
    longest_row = std::max(longest_row, ++in_a_row);
  });
  noted other([&](noted& self) {
    in_a_row = 0;
    if (chunks < 2000) at.loop.post(self);
  });
  peer.send(pattern_bytes(2000 * 16));
  reader.multishot = true;
  at.loop.submit_read(accepted, reader);
  at.loop.post(other);
  at.run_until([&] { return chunks == 2000 && (other.state == op_state::idle); });
  REQUIRE(longest_row <= 128);
  at.loop.cancel(accepted);
  at.run_until([&] { return !reader.more; });
  at.loop.close(accepted);
}

// --- O5: the budget ---------------------------------------------------------------------------

/// How often in a row `submit` answers `done`, up to 1,000 times.
template <class Submit>
int done_in_a_row(Submit submit) {
  int done = 0;
  while (done < 1000 && submit() == submitted::done) ++done;
  return done;
}

TEST_CASE("O5: no more than 128 operations in a row finish inline, of each kind") {
  bench at(options_with(buffer_policy::lent, 16));
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(1000 * 16));
  noted waiter;
  SECTION("reads") {
    int inline_reads = 0;
    noted runner([&](noted&) {
      inline_reads = done_in_a_row([&] { return at.loop.submit_read(accepted, waiter); });
    });
    at.loop.post(runner);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(inline_reads == 128);
    REQUIRE(waiter.result == 16);
  }
  SECTION("writes") {
    int inline_writes = 0;
    noted runner([&](noted&) {
      inline_writes =
          done_in_a_row([&] { return at.loop.submit_write(accepted, pattern_bytes(1), waiter); });
    });
    at.loop.post(runner);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(inline_writes == 128);
    REQUIRE(waiter.result == 0);
    REQUIRE(peer.receive(129).size() == 129);
  }
  SECTION("sleeps into the past") {
    int inline_sleeps = 0;
    noted runner([&](noted&) {
      inline_sleeps = done_in_a_row([&] {
        waiter.deadline_ns = 1;
        return at.loop.submit_sleep(waiter);
      });
    });
    at.loop.post(runner);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(inline_sleeps == 128);
    REQUIRE(waiter.result == 0);
  }
  SECTION("reads of a cancelled connection") {
    at.loop.cancel(accepted);
    int inline_reads = 0;
    noted runner([&](noted&) {
      inline_reads = done_in_a_row([&] { return at.loop.submit_read(accepted, waiter); });
    });
    at.loop.post(runner);
    at.run_until([&] { return runner.completions == 1 && inline_reads != 0; });
    REQUIRE(inline_reads == 128);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(waiter.result == -ECANCELED);
  }
  SECTION("writes to a cancelled connection") {
    at.loop.cancel(accepted);
    int inline_writes = 0;
    noted runner([&](noted&) {
      inline_writes =
          done_in_a_row([&] { return at.loop.submit_write(accepted, pattern_bytes(1), waiter); });
    });
    at.loop.post(runner);
    at.run_until([&] { return runner.completions == 1; });
    REQUIRE(inline_writes == 128);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(waiter.result == -ECANCELED);
  }
  SECTION("accepts of a cancelled listener") {
    at.loop.cancel(*at.door);
    int inline_accepts = 0;
    noted runner([&](noted&) {
      inline_accepts = done_in_a_row([&] { return at.loop.submit_accept(*at.door, waiter); });
    });
    at.loop.post(runner);
    at.run_until([&] { return runner.completions == 1; });
    REQUIRE(inline_accepts == 128);
    at.run_until([&] { return waiter.completions == 1; });
    REQUIRE(waiter.result == -ECANCELED);
  }
  at.loop.close(accepted);
}

TEST_CASE("O5: sleeps after stop share the loop, too") {
  bench at;
  at.loop.stop();
  noted waiter;
  int inline_sleeps = 0;
  noted runner([&](noted&) {
    inline_sleeps = done_in_a_row([&] {
      waiter.deadline_ns = from_now(far_away_ns);
      return at.loop.submit_sleep(waiter);
    });
  });
  at.loop.post(runner);
  at.loop.run(nullptr, [&] { return waiter.completions == 1 || inline_sleeps == 1000; });
  REQUIRE(inline_sleeps == 128);
  REQUIRE(waiter.result == -ECANCELED);
}

TEST_CASE("O5: an accept beyond the budget takes its turn and loses no connection") {
  scheduler_options options = options_with(buffer_policy::lent);
  options.inline_budget = 4;
  bench at(options);
  std::vector<loopback_client> clients;
  for (int i = 0; i < 10; ++i) clients.emplace_back(at.port);
  std::vector<connection*> accepted;
  noted waiter;
  const auto take_all = [&](noted&) {
    if (waiter.completions != 0) accepted.push_back(static_cast<connection*>(waiter.target));
    while (at.loop.submit_accept(*at.door, waiter) == submitted::done) {
      accepted.push_back(static_cast<connection*>(waiter.target));
    }
  };
  waiter.then = take_all;
  take_all(waiter);
  at.run_until([&] { return accepted.size() == 10; });
  REQUIRE(waiter.completions >= 2);
  for (connection* each : accepted) at.loop.close(*each);
  at.loop.cancel(*at.door);
  waiter.then = nullptr;
  at.settle();
}

// --- edges ------------------------------------------------------------------------------------

TEST_CASE("bytes and the hang-up that arrive together are both read") {
  bench at;
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

TEST_CASE("bytes and the hang-up that were there before the accept are both read") {
  bench at;
  const auto size_bytes = GENERATE(std::size_t{0}, std::size_t{10}, std::size_t{1024});
  loopback_client peer(at.port);
  peer.send(pattern_bytes(size_bytes));
  peer.close();
  connection& accepted = at.accept();
  if (size_bytes > 0) REQUIRE(at.read(accepted) == static_cast<std::int32_t>(size_bytes));
  REQUIRE(at.read(accepted) == 0);
  REQUIRE(at.read(accepted) == 0);
  REQUIRE(accepted.error() == 0);
  at.loop.close(accepted);
}

TEST_CASE("a hang-up that comes after a short read has drained the socket wakes the reader") {
  bench at;
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

TEST_CASE("bytes that come between a short read and the next are found") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  for (int round = 0; round < 50; ++round) {
    peer.send(pattern_bytes(10));
    REQUIRE(at.read(accepted) == 10);
    if (round % 3 == 0) at.settle(100 * ns_per_us);
  }
  at.loop.close(accepted);
}

TEST_CASE("half closed: the peer has finished sending and still gets what is written") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(10));
  peer.finish_sending();
  REQUIRE(at.read(accepted) == 10);
  REQUIRE(at.read(accepted) == 0);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, pattern_bytes(5000), writer) == submitted::done));
  REQUIRE(writer.result == 0);
  REQUIRE(peer.receive(5000) == pattern_bytes(5000));
  at.loop.close(accepted);
}

TEST_CASE("half closed: a large write to a slow reader goes on after the peer's end was read") {
  constexpr std::size_t stream_bytes = std::size_t{5} << 20U;
  bench at;
  loopback_client peer(at.port, 16 * 1024);
  connection& accepted = at.accept();
  peer.finish_sending();
  REQUIRE(at.read(accepted) == 0);
  std::vector<std::byte> outgoing = pattern_bytes(stream_bytes);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, outgoing, writer) == submitted::pending));
  std::fill(outgoing.begin(), outgoing.end(), std::byte{0xee});  // the caller's again
  std::vector<std::byte> received;
  std::thread slow([&] { received = peer.receive(stream_bytes); });
  at.run_until([&] { return writer.completions == 1; });
  slow.join();
  REQUIRE(writer.result == 0);
  REQUIRE(received == pattern_bytes(stream_bytes));
  at.loop.close(accepted);
}

TEST_CASE("a reset ends a pending read and a pending write with an errno") {
  bench at;
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

TEST_CASE("after a failed write the connection is at its end for readers") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.reset();
  at.settle();
  noted writer;
  at.loop.submit_write(accepted, pattern_bytes(10), writer);
  REQUIRE(writer.result < 0);
  noted reader;
  at.loop.submit_read(accepted, reader);
  REQUIRE(reader.result == writer.result);
  at.loop.close(accepted);
}

// --- slots and generations --------------------------------------------------------------------

/// Leaves no gap below a descriptor, so that it is the next one given out once it is closed.
static std::vector<int> fill_descriptors_below(int descriptor) {
  std::vector<int> fillers;
  for (int next = ::dup(STDIN_FILENO);; next = ::dup(STDIN_FILENO)) {
    if (next < 0 || next > descriptor) {
      if (next >= 0) ::close(next);
      return fillers;
    }
    fillers.push_back(next);
  }
}

TEST_CASE("an event for a closed connection does not reach the next user of its descriptor") {
  bench at;
  loopback_client closing_peer(at.port);
  connection& closing = at.accept();
  loopback_client closed_peer(at.port);
  connection& closed = at.accept();
  loopback_client next_peer(at.port);
  at.settle();
  // One batch of two events. Upon the first, the connection of the second is closed and a new one
  // accepted, which takes over its descriptor (the lowest free one).
  const int descriptor = closed.descriptor;
  const std::vector<int> fillers = fill_descriptors_below(descriptor);
  connection* next = nullptr;
  noted next_reader;
  noted reader([&](noted&) {
    at.loop.close(closed);
    noted waiter;
    if (at.loop.submit_accept(*at.door, waiter) == submitted::pending) return;
    next = static_cast<connection*>(waiter.target);
    at.loop.submit_read(*next, next_reader);
  });
  REQUIRE((at.loop.submit_read(closing, reader) == submitted::pending));
  closing_peer.send(pattern_bytes(10));
  closed_peer.send(pattern_bytes(10));
  closed_peer.finish_sending();
  at.run_until([&] { return reader.completions == 1; });
  REQUIRE(next != nullptr);
  REQUIRE(next != &closed);
  REQUIRE(next->descriptor == descriptor);
  at.settle();
  REQUIRE(next_reader.completions == 0);
  REQUIRE(!next->ending);
  next_peer.send(pattern_bytes(3));
  at.run_until([&] { return next_reader.completions == 1; });
  REQUIRE(next_reader.result == 3);
  at.loop.close(*next);
  at.loop.close(closing);
  for (const int filler : fillers) ::close(filler);
}

TEST_CASE("a slot comes back only after the turn that closed it, with another generation") {
  connection_table table;
  connection& first = table.open(7);
  const std::uint32_t slot = first.slot;
  const std::uint32_t generation = first.generation;
  REQUIRE(table.find(slot, generation) == &first);
  table.retire(first);
  REQUIRE(table.live() == 0);
  REQUIRE(table.find(slot, generation) == nullptr);
  connection& meanwhile = table.open(7);
  REQUIRE(meanwhile.slot != slot);
  table.release_closed();
  connection& again = table.open(7);
  REQUIRE(again.slot == slot);
  REQUIRE(again.generation != generation);
  REQUIRE(table.find(slot, generation) == nullptr);
  REQUIRE(table.find(slot, again.generation) == &again);
}

TEST_CASE("connections stay where they are while the table grows") {
  connection_table table;
  std::vector<connection*> opened;
  for (int i = 0; i < 1000; ++i) opened.push_back(&table.open(i));
  REQUIRE(table.live() == 1000);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(opened[static_cast<std::size_t>(i)]->descriptor == i);
    table.retire(*opened[static_cast<std::size_t>(i)]);
  }
  table.release_closed();
  const std::uint32_t slots = table.slots();
  for (int i = 0; i < 1000; ++i) table.open(i);
  REQUIRE(table.slots() == slots);
}

// --- limits and buffers -----------------------------------------------------------------------

TEST_CASE("an accept that finds no descriptor left fails with EMFILE and says so") {
  bench at;
  loopback_client peer(at.port);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = ::dup(peer.descriptor());
  ::close(lowest_free);
  const rlimit none{static_cast<rlim_t>(lowest_free), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  noted waiter;
  at.loop.submit_accept(*at.door, waiter);
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(waiter.result == -EMFILE);
  REQUIRE(at.door->error() == EMFILE);
  REQUIRE(at.loop.live_connections() == 0);
}

TEST_CASE("own bytes stay until their connection's next read, lent ones share the scratch") {
  const auto policy = GENERATE(buffer_policy::own, buffer_policy::lent);
  bench at(options_with(policy));
  loopback_client first(at.port);
  connection& of_first = at.accept();
  loopback_client second(at.port);
  connection& of_second = at.accept();
  const std::vector<std::byte> a(10, std::byte{'a'});
  const std::vector<std::byte> b(10, std::byte{'b'});
  first.send(a);
  second.send(b);
  REQUIRE(at.read(of_first) == 10);
  REQUIRE(at.bytes_of(of_first, 10) == a);
  REQUIRE(at.read(of_second) == 10);
  REQUIRE(at.bytes_of(of_second, 10) == b);
  const bool own = policy == buffer_policy::own;
  REQUIRE((at.loop.data(of_first) != at.loop.data(of_second)) == own);
  if (own) REQUIRE(at.bytes_of(of_first, 10) == a);
  at.loop.close(of_first);
  at.loop.close(of_second);
}

TEST_CASE("an own buffer goes with its connection and the slot's next user has another") {
  bench at(options_with(buffer_policy::own));
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

TEST_CASE("writes of more than 4 MiB to several slow readers at once arrive unchanged") {
  constexpr std::size_t stream_bytes = (std::size_t{4} << 20U) + 4099;
  constexpr std::size_t peers = 3;
  bench at;
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

// --- stop -------------------------------------------------------------------------------------

TEST_CASE("stop completes everything that is pending, once, as cancelled, and not inside itself") {
  bench at;
  loopback_client silent(at.port);
  connection& quiet = at.accept();
  loopback_client never_reads(at.port, 4096);
  connection& clogged = at.accept();
  loopback_client streaming(at.port);
  connection& streamed = at.accept();
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  std::vector<noted> pending(6);
  at.loop.submit_read(quiet, pending[0]);
  at.loop.submit_read(clogged, pending[1]);
  at.loop.submit_write(clogged, much, pending[2]);
  at.loop.submit_accept(*at.door, pending[3]);
  pending[4].deadline_ns = from_now(far_away_ns);
  at.loop.submit_sleep(pending[4]);
  pending[5].multishot = true;
  at.loop.submit_read(streamed, pending[5]);
  at.settle();
  at.loop.stop();
  at.loop.stop();
  REQUIRE(at.loop.stopping());
  for (const noted& each : pending) REQUIRE(each.completions == 0);
  at.loop.run(nullptr, [&] {
    return std::ranges::all_of(pending, [](const noted& each) { return each.completions > 0; });
  });
  for (const noted& each : pending) {
    REQUIRE(each.completions == 1);
    REQUIRE(each.result == -ECANCELED);
    REQUIRE((each.state == op_state::idle));
  }
  noted later;
  later.deadline_ns = from_now(far_away_ns);
  REQUIRE((at.loop.submit_sleep(later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  REQUIRE((at.loop.submit_accept(*at.door, later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  REQUIRE((at.loop.submit_write(quiet, pattern_bytes(1), later) == submitted::done));
  REQUIRE(later.result == -ECANCELED);
  at.loop.close(quiet);
  at.loop.close(clogged);
  at.loop.close(streamed);
}

TEST_CASE("a timer that stops the loop while others of its tick are due loses none of them") {
  bench at;
  std::vector<noted> sleepers(20);
  const time_ns deadline_ns = from_now(3 * ns_per_ms);
  for (noted& each : sleepers) {
    each.deadline_ns = deadline_ns;
    each.then = [&](noted&) { at.loop.stop(); };
    REQUIRE((at.loop.submit_sleep(each) == submitted::pending));
  }
  at.loop.run(nullptr, [&] {
    return std::ranges::all_of(sleepers, [](const noted& each) { return each.completions > 0; });
  });
  at.loop.run(nullptr, [] { return true; });
  for (const noted& each : sleepers) REQUIRE(each.completions == 1);
}

TEST_CASE("a loop that is left and run again goes on where it was") {
  bench at;
  noted sleeper;
  sleeper.deadline_ns = from_now(2 * ns_per_ms);
  at.loop.submit_sleep(sleeper);
  at.loop.run(nullptr, [] { return true; });
  at.run_until([&] { return sleeper.completions == 1; });
  REQUIRE(sleeper.result == 0);
}

}  // namespace
}  // namespace skein
