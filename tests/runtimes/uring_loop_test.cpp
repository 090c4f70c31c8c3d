// The io_uring loop's own risks: what the kernel has in hand when buffers run out, connections are
// closed or cancelled, and where it refuses to make a ring at all. What a loop must do otherwise is
// the contract suite's.
#include "runtimes/loop/uring_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <fcntl.h>
#include <linux/sockios.h>
#include <numeric>
#include <string>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/runtimes/loop_bench.hpp"

namespace skein {
namespace {

using test::from_now;
using test::loopback_client;
using test::noted;
using test::options_with;
using test::pattern_at;
using test::pattern_bytes;

using bench = test::bench_of<uring_loop>;

/// Reads `size_bytes` bytes of the pattern with as many reads as it takes.
bool reads_pattern(bench& at, connection& from, std::size_t size_bytes) {
  std::size_t position = 0;
  while (position < size_bytes) {
    const std::int32_t count = at.read(from);
    if (count <= 0) return false;
    for (const std::byte each : at.bytes_of(from, count)) {
      if (each != pattern_at(position++)) return false;
    }
  }
  return position == size_bytes;
}

// --- submissions ----------------------------------------------------------------------------

SKEIN_ON_IO_URING("more requests than the queue has room for are all asked, and each once") {
  constexpr unsigned room = 8;
  constexpr std::uint64_t asked = 3 * room + 1;
  ring at(room, 64);
  for (std::uint64_t i = 0; i < asked; ++i) {
    io_uring_sqe& each = at.next();
    each.opcode = IORING_OP_NOP;
    each.user_data = i;
  }
  at.enter(false);
  std::vector<std::uint64_t> answered;
  io_uring_cqe completion{};
  while (at.take(completion)) answered.push_back(completion.user_data);
  std::vector<std::uint64_t> all(asked);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  REQUIRE(answered == all);
}

SKEIN_ON_IO_URING("completions that did not fit the queue are asked for until all have come") {
  constexpr std::uint64_t asked = 100;
  ring at(8, 16);
  for (std::uint64_t i = 0; i < asked; ++i) at.next().user_data = i;  // opcode 0: NOP
  std::uint64_t answered = 0;
  io_uring_cqe completion{};
  while (at.wants_kernel()) {
    at.enter(false);
    while (at.take(completion)) ++answered;
  }
  REQUIRE(answered == asked);
}

// --- accepting ------------------------------------------------------------------------------

SKEIN_ON_IO_URING("a connection accepted behind the one that cancelled its listener is closed") {
  bench at;
  noted waiter([&](noted&) { at.loop.cancel(*at.listener); });
  REQUIRE((at.loop.submit_accept(*at.listener, waiter) == submitted::pending));
  at.settle();  // the kernel accepts from here on
  const loopback_client first(at.port);
  loopback_client second(at.port);
  at.run_until([&] { return waiter.completions != 0; });
  at.settle();
  REQUIRE(waiter.result == 0);
  REQUIRE(second.ended());
  at.loop.close(*static_cast<connection*>(waiter.target));
}

// --- buffers --------------------------------------------------------------------------------

SKEIN_ON_IO_URING("more bytes than buffers: receives that end for want of one are begun again") {
  constexpr std::uint32_t buffers = 4;
  constexpr std::size_t peers = 8;
  constexpr std::size_t each_bytes = 3000;
  bench at(options_with(buffer_policy::lent, 64), buffers);
  std::deque<loopback_client> clients;
  std::vector<connection*> accepted;
  for (std::size_t i = 0; i < peers; ++i) {
    clients.emplace_back(at.port);
    accepted.push_back(&at.accept());
  }
  for (loopback_client& each : clients) each.send(pattern_bytes(each_bytes));
  for (connection* each : accepted) REQUIRE(reads_pattern(at, *each, each_bytes));
  REQUIRE(at.loop.receives_begun() > peers);
  REQUIRE(at.loop.buffers().out() == 0);
  for (connection* each : accepted) at.loop.close(*each);
  at.settle();
}

SKEIN_ON_IO_URING("one receive serves a connection for its whole life") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  for (int i = 0; i < 50; ++i) {
    peer.send(pattern_bytes(100));
    REQUIRE(at.read(accepted) == 100);
  }
  REQUIRE(at.loop.receives_begun() == 1);
  at.loop.close(accepted);
}

SKEIN_ON_IO_URING("bytes that nobody reads keep no buffer, and do not pile up without end") {
  constexpr std::size_t stream_bytes = std::size_t{8} << 20U;
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  std::thread sending([&] {
    peer.send(pattern_bytes(stream_bytes));
    peer.finish_sending();
  });
  REQUIRE(at.read(accepted) > 0);
  at.settle(50 * ns_per_ms);  // nobody reads
  REQUIRE(at.loop.buffers().out() == 0);
  const std::uint64_t begun = at.loop.receives_begun();
  std::size_t received = 0;
  for (std::int32_t count = 1; count > 0; received += static_cast<std::size_t>(count)) {
    count = at.read(accepted);
    REQUIRE(count >= 0);
  }
  sending.join();
  REQUIRE(at.loop.receives_begun() > begun);  // it had been cancelled: the peer had to wait
  REQUIRE(received > stream_bytes / 2);
  at.loop.close(accepted);
}

SKEIN_ON_IO_URING("a lent buffer that is being sent is not received into meanwhile") {
  constexpr std::uint32_t buffers = 4;
  bench at(options_with(buffer_policy::lent, 64), buffers);
  loopback_client echoed(at.port);
  connection& accepted = at.accept();
  loopback_client busy(at.port);
  connection& other = at.accept();
  for (int i = 0; i < 20; ++i) {
    noted writer;
    noted reader([&](noted& self) {
      REQUIRE((at.loop.submit_write(accepted, {at.loop.data(accepted), 64}, writer) ==
               submitted::pending));
      REQUIRE(self.result == 64);
      REQUIRE(at.loop.buffers().out() == 1);
    });
    REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
    echoed.send(pattern_bytes(64));
    busy.send(std::vector<std::byte>(640, std::byte{0xee}));
    for (int chunk = 0; chunk < 10; ++chunk) REQUIRE(at.read(other) == 64);
    at.run_until([&] { return writer.completions == 1; });
    REQUIRE(writer.result == 0);
    REQUIRE(echoed.receive(64) == pattern_bytes(64));
  }
  REQUIRE(at.loop.buffers().out() == 0);
  at.loop.close(accepted);
  at.loop.close(other);
}

/// An echo to a peer that does not read: the write waits for room in a socket that is full.
struct stuck_echo {
  explicit stuck_echo(bench& at) : peer(at.port, 4096), accepted(&at.accept()) {
    peer.send(pattern_bytes(100));
    fill();
    reader.then = [this, &at](noted& self) {
      const auto size_bytes = static_cast<std::size_t>(self.result);
      at.loop.submit_write(*accepted, {at.loop.data(*accepted), size_bytes}, writer);
    };
    at.loop.submit_read(*accepted, reader);
  }

  /// To the last byte, and until the peer's kernel has had time to take some and has not.
  void fill() const {
    const std::vector<std::byte> filling(std::size_t{64} * 1024);
    for (int refused = 0; refused < 3;) {
      const bool took =
          ::send(accepted->descriptor, filling.data(), filling.size(), MSG_DONTWAIT) > 0 ||
          ::send(accepted->descriptor, filling.data(), 1, MSG_DONTWAIT) > 0;
      refused = took ? 0 : refused + (nothing_on_its_way() ? 1 : 0);
      if (!took) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  /// What was sent has been acknowledged: no room comes from it any more.
  bool nothing_on_its_way() const {
    int queued = 0;
    int not_sent = 0;
    REQUIRE(::ioctl(accepted->descriptor, SIOCOUTQ, &queued) == 0);
    REQUIRE(::ioctl(accepted->descriptor, SIOCOUTQNSD, &not_sent) == 0);
    return queued == not_sent;
  }

  loopback_client peer;
  connection* accepted;
  noted writer;
  noted reader;
};

SKEIN_ON_IO_URING("writes to peers that do not read leave buffers to the others") {
  constexpr std::uint32_t buffers = 8;
  bench at(options_with(buffer_policy::lent, 1024), buffers);
  std::deque<stuck_echo> all;
  for (std::uint32_t i = 0; i < buffers + 4; ++i) {
    stuck_echo& each = all.emplace_back(at);
    at.run_until([&] { return each.reader.completions == 1; });
  }
  at.settle();
  for (const stuck_echo& each : all) {
    REQUIRE(each.reader.result == 100);
    REQUIRE(each.writer.completions == 0);
  }
  REQUIRE(at.loop.buffers().out() > 1);
  REQUIRE(at.loop.buffers().out() < buffers);
  loopback_client lively(at.port);
  connection& served = at.accept();
  for (int i = 0; i < 20; ++i) {
    lively.send(pattern_bytes(100));
    REQUIRE(at.read(served) == 100);
  }
  for (stuck_echo& each : all) {
    REQUIRE(each.writer.completions == 0);
    at.loop.cancel(*each.accepted);
    at.run_until([&] { return each.writer.completions == 1; });
    at.loop.close(*each.accepted);
  }
  at.loop.close(served);
  at.settle();
  REQUIRE(at.loop.buffers().out() == 0);
}

// --- cancel and close -----------------------------------------------------------------------

SKEIN_ON_IO_URING(
    "a write that is cancelled completes only when the kernel is done with its bytes") {
  bench at;
  const loopback_client never_reads(at.port, 4096);
  connection& accepted = at.accept();
  std::vector<std::byte> much(std::size_t{8} << 20U);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, much, writer) == submitted::pending));
  at.settle();
  REQUIRE(writer.completions == 0);
  at.loop.cancel(accepted);
  REQUIRE(writer.completions == 0);
  at.run_until([&] { return writer.completions == 1; });
  REQUIRE(writer.result == -ECANCELED);
  REQUIRE_FALSE(accepted.sending);
  at.loop.close(accepted);
}

SKEIN_ON_IO_URING(
    "a slot whose receive is still with the kernel is not used again before it is back") {
  bench at;
  std::deque<loopback_client> clients;
  noted reader;
  clients.emplace_back(at.port);
  connection& first = at.accept();
  reader.multishot = true;
  REQUIRE((at.loop.submit_read(first, reader) == submitted::pending));
  at.settle();
  const std::uint32_t slot = first.slot;
  at.loop.close(first);
  REQUIRE(at.loop.live_connections() == 0);
  REQUIRE(first.in_flight());
  REQUIRE(at.loop.connections().open(::dup(0)).slot != slot);  // before the loop ran
  at.run_until([&] { return !first.in_flight(); });
  REQUIRE(clients.front().ended());
}

SKEIN_ON_IO_URING(
    "bytes for a connection that is closed reach nobody, and their buffers come back") {
  bench at;
  for (int i = 0; i < 100; ++i) {
    loopback_client peer(at.port);
    connection& accepted = at.accept();
    noted reader;
    reader.multishot = true;
    REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
    at.settle(ns_per_ms / 10);
    peer.send(pattern_bytes(100));  // may be received before the cancel, or not
    at.loop.close(accepted);
    at.run_until([&] { return reader.completions == 1 && !accepted.in_flight(); });
    REQUIRE(reader.result == -ECANCELED);
    REQUIRE(at.loop.buffers().out() == 0);
  }
}

SKEIN_ON_IO_URING("connections that nobody has taken are closed when their listener is cancelled") {
  bench at;
  loopback_client taken(at.port);
  connection& accepted = at.accept();
  loopback_client waiting(at.port);
  at.run_until([&] { return !at.listener->arrived.empty(); });
  at.loop.cancel(*at.listener);
  REQUIRE(waiting.ended());
  at.loop.close(accepted);
}

SKEIN_ON_IO_URING(
    "the port is nobody's as soon as the loop is gone, though an accept was in flight") {
  for (int i = 0; i < 20; ++i) {
    std::uint16_t port = 0;
    {
      bench at;
      port = at.port;
      const loopback_client peer(port);
      at.loop.close(at.accept());
      at.settle(ns_per_ms / 10);
    }
    REQUIRE_THROWS_AS(loopback_client(port), std::system_error);
  }
}

SKEIN_ON_IO_URING("a reset that came before the last bytes were received still ends the reads") {
  for (int way = 0; way < 4; ++way) {
    const bool stream = way % 2 == 1;
    const bool before_the_receive = way / 2 == 1;
    INFO("stream " << stream << ", before the receive " << before_the_receive);
    bench at;
    loopback_client peer(at.port);
    connection& accepted = at.accept();
    const auto send_and_reset = [&peer] {
      peer.send(pattern_bytes(10));
      peer.reset();
    };
    if (before_the_receive) send_and_reset();
    noted reader;
    reader.multishot = stream;
    std::vector<std::int32_t> results;
    reader.then = [&](noted& self) {
      results.push_back(self.result);
      if (!stream && self.result > 0) {
        const submitted how = at.loop.submit_read(accepted, reader);
        if (how == submitted::done) results.push_back(self.result);
      }
    };
    REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
    if (!before_the_receive) {
      at.settle();  // the kernel waits for bytes now
      send_and_reset();
    }
    at.run_until([&] { return results.size() == 2; });
    REQUIRE(results == std::vector<std::int32_t>{10, -ECONNRESET});
    REQUIRE(accepted.error() == ECONNRESET);
    at.loop.close(accepted);
    at.settle();
  }
}

SKEIN_ON_IO_URING(
    "a reset behind the last bytes is found by the next read, whatever the kernel says") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  std::vector<std::int32_t> results;
  noted reader([&](noted& self) {
    results.push_back(self.result);
    peer.reset();
    REQUIRE((at.loop.submit_read(accepted, self) == submitted::done));
    results.push_back(self.result);
  });
  REQUIRE((at.loop.submit_read(accepted, reader) == submitted::pending));
  peer.send(pattern_bytes(10));
  at.run_until([&] { return !results.empty(); });
  REQUIRE(results == std::vector<std::int32_t>{10, -ECONNRESET});
  at.loop.close(accepted);
}

SKEIN_ON_IO_URING("a buffer of the ring is known by any of its bytes, and nothing else is") {
  constexpr std::size_t buffer_bytes = 64;
  constexpr std::uint16_t count = 4;
  ring kernel(8, 16);
  const buffer_ring buffers(kernel, count, buffer_bytes);
  for (std::uint16_t id = 0; id < count; ++id) {
    REQUIRE(buffers.holding(buffers.at(id)) == id);
    REQUIRE(buffers.holding(buffers.at(id) + buffer_bytes - 1) == id);
  }
  REQUIRE(buffers.holding(buffers.at(0) - 1) == buffer_ring::none);
  REQUIRE(buffers.holding(buffers.at(count)) == buffer_ring::none);
}

// --- the inbox ------------------------------------------------------------------------------

/// An inbox that nothing can wait for.
struct unpollable_inbox final : inbox {
  int descriptor() const noexcept override { return -1; }
  void on_readable() noexcept override {}
};

SKEIN_ON_IO_URING("an inbox that cannot be polled ends the run by its error") {
  bench at;
  unpollable_inbox inbox;
  noted patience;
  patience.deadline_ns = from_now(100 * ns_per_ms);
  REQUIRE((at.loop.submit_sleep(patience) == submitted::pending));
  const auto over = [&] { return patience.completions != 0; };
  REQUIRE_THROWS_WITH(at.loop.run(&inbox, over), test::contains("polling the inbox"));
  at.loop.cancel_sleep(patience);
  at.loop.run(nullptr, over);
}

// --- a kernel that refuses ------------------------------------------------------------------

template <int Error>
int refuses(unsigned, io_uring_params*) {
  errno = Error;
  return -1;
}

std::string refusal_by(ring_setup setup) {
  try {
    const uring_loop never(options_with(buffer_policy::lent), 64, setup);
  } catch (const limit_error& refused) {
    return refused.name + " | " + refused.what();
  }
  return "it was made";
}

TEST_CASE("a kernel without io_uring is a limit that names the error and the kernel needed") {
  const std::string said = refusal_by(&refuses<ENOSYS>);
  REQUIRE_THAT(said, test::contains("io_uring_setup"));
  REQUIRE_THAT(said, test::contains("errno 38 ENOSYS"));
  REQUIRE_THAT(said, test::contains("needs Linux 6.1"));
  REQUIRE_THAT(said, test::contains("this is Linux "));
}

TEST_CASE("a kernel that does not know the setup is a limit that names the feature") {
  const std::string said = refusal_by(&refuses<EINVAL>);
  REQUIRE_THAT(said, test::contains("IORING_SETUP_DEFER_TASKRUN"));
  REQUIRE_THAT(said, test::contains("errno 22 EINVAL"));
}

TEST_CASE("a filter that forbids io_uring is a limit that names the error") {
  REQUIRE_THAT(refusal_by(&refuses<EPERM>), test::contains("EPERM"));
  REQUIRE_THAT(refusal_by(&refuses<EACCES>), test::contains("EACCES"));
}

TEST_CASE("a ring for which there is no memory is a limit of memory, and no missing feature") {
  const std::string said = refusal_by(&refuses<ENOMEM>);
  REQUIRE_THAT(said, Catch::Matchers::StartsWith("memory | "));
  const auto refuse_buffers = [] { throw_part_refused("buffers", "5.19", ENOMEM, 4096); };
  REQUIRE_THROWS_WITH(refuse_buffers(), "memory is too low, needed 4096");
}

TEST_CASE("a ring for which the system has no file left is a limit that names fs.file-max") {
  const std::string said = refusal_by(&refuses<ENFILE>);
  REQUIRE_THAT(said, Catch::Matchers::StartsWith("fs.file-max | "));
}

TEST_CASE("what a kernel refuses for another reason is an error, and no missing feature") {
  REQUIRE_THROWS_AS(refusal_by(&refuses<EFAULT>), std::system_error);
  const auto refuse_buffers = [] { throw_part_refused("buffers", "5.19", EEXIST, 4096); };
  REQUIRE_THROWS_AS(refuse_buffers(), std::system_error);
}

TEST_CASE("buffers that a kernel does not know are a limit that names the feature") {
  const auto refuse_buffers = [] { throw_part_refused("buffers", "5.19", EINVAL, 4096); };
  REQUIRE_THROWS_AS(refuse_buffers(), limit_error);
  REQUIRE_THROWS_WITH(refuse_buffers(), test::contains("needs Linux 5.19"));
}

#ifndef SKEIN_SANITIZED  // the sanitizers themselves look at memory through descriptors
SKEIN_ON_IO_URING("a ring that finds no descriptor is a limit that names RLIMIT_NOFILE") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const std::string said = refusal_by(&kernel_ring_setup);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_THAT(said, Catch::Matchers::StartsWith("RLIMIT_NOFILE"));
}
#endif

}  // namespace
}  // namespace skein
