// The epoll loop's own: what it does at once, and the corners of edge-triggered epoll. What every
// loop must do is in loop_*_test.cpp.
#include "runtimes/loop/epoll_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"
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

using bench = test::bench_of<epoll_loop>;

TEST_CASE("what can be had at once is done: an accept, a read, a write") {
  bench at;
  loopback_client peer(at.port);
  peer.send(pattern_bytes(10));
  noted asked;
  REQUIRE((at.loop.submit_accept(*at.listener, asked) == submitted::done));
  auto& accepted = *static_cast<connection*>(asked.target);
  REQUIRE((at.loop.submit_read(accepted, asked) == submitted::done));
  REQUIRE(asked.result == 10);
  REQUIRE((at.loop.submit_write(accepted, pattern_bytes(1000), asked) == submitted::done));
  REQUIRE(asked.result == 0);
  REQUIRE(peer.receive(1000) == pattern_bytes(1000));
  REQUIRE(asked.completions == 0);
  at.loop.close(accepted);
}

TEST_CASE("a multishot reader that is never out of bytes shares the loop") {
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

TEST_CASE("what the kernel does not take at once is copied: the bytes are the caller's again") {
  constexpr std::size_t stream_bytes = std::size_t{5} << 20U;
  bench at;
  loopback_client peer(at.port, 16 * 1024);
  connection& accepted = at.accept();
  std::vector<std::byte> outgoing = pattern_bytes(stream_bytes);
  noted writer;
  REQUIRE((at.loop.submit_write(accepted, outgoing, writer) == submitted::pending));
  std::fill(outgoing.begin(), outgoing.end(), std::byte{0xee});
  std::vector<std::byte> received;
  std::thread slow([&] { received = peer.receive(stream_bytes); });
  at.run_until([&] { return writer.completions == 1; });
  slow.join();
  REQUIRE(received == pattern_bytes(stream_bytes));
  at.loop.close(accepted);
}

/// Always has something, so that the loop hears of it whenever it asks the kernel.
class readable_inbox final : public inbox {
 public:
  readable_inbox() : event_(checked(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}
  ~readable_inbox() override { ::close(event_); }
  int descriptor() const noexcept override { return event_; }
  void on_readable() noexcept override { ++looks; }
  std::int64_t looks = 0;

 private:
  int event_;
};

TEST_CASE("while tasks are runnable the kernel is asked at intervals, however little each does") {
  constexpr time_ns interval_ns = 20 * ns_per_us;
  bench at;
  readable_inbox inbox;
  int left = 100'000;
  noted busy([&](noted& self) {
    if (--left > 0) at.loop.post(self);
  });
  at.loop.post(busy);
  const time_ns begin_ns = monotonic_clock::now_ns();
  at.loop.run(&inbox, [&] { return left == 0; });
  const time_ns took_ns = monotonic_clock::now_ns() - begin_ns;
  REQUIRE(inbox.looks > 0);
  REQUIRE(inbox.looks <= 1 + took_ns / interval_ns);
}

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
    if (at.loop.submit_accept(*at.listener, waiter) == submitted::pending) return;
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
  at.loop.submit_accept(*at.listener, waiter);
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(waiter.result == -EMFILE);
  REQUIRE(at.listener->error() == EMFILE);
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

TEST_CASE("a read for who polls completes when bytes are there, and leaves them there") {
  bench at;
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  noted reader;
  REQUIRE((at.loop.submit_read_when_polled(accepted, reader) == submitted::pending));
  at.settle();
  REQUIRE(reader.completions == 0);
  peer.send(pattern_bytes(10));
  at.run_until([&] { return reader.completions == 1; });
  at.settle();
  REQUIRE(reader.completions == 1);
  REQUIRE((at.loop.submit_read_when_polled(accepted, reader) == submitted::done));
  REQUIRE(reader.result == 10);
  REQUIRE(at.bytes_of(accepted, 10) == pattern_bytes(10));
  REQUIRE((at.loop.submit_read_when_polled(accepted, reader) == submitted::pending));
  at.loop.cancel(accepted);
  at.run_until([&] { return reader.completions == 2; });
  REQUIRE((at.loop.submit_read_when_polled(accepted, reader) == submitted::done));
  REQUIRE(reader.result == -ECANCELED);
  at.loop.close(accepted);
}

TEST_CASE("a read for who polls hears of a reset, and of the end of the stream") {
  bench at;
  loopback_client resetting(at.port);
  connection& reset = at.accept();
  loopback_client ending(at.port);
  connection& ended = at.accept();
  noted of_reset;
  noted of_ended;
  REQUIRE((at.loop.submit_read_when_polled(reset, of_reset) == submitted::pending));
  REQUIRE((at.loop.submit_read_when_polled(ended, of_ended) == submitted::pending));
  resetting.reset();
  ending.close();
  at.run_until([&] { return of_reset.completions == 1 && of_ended.completions == 1; });
  REQUIRE((at.loop.submit_read_when_polled(reset, of_reset) == submitted::done));
  REQUIRE(of_reset.result == -ECONNRESET);
  REQUIRE((at.loop.submit_read_when_polled(ended, of_ended) == submitted::done));
  REQUIRE(of_ended.result == 0);
  at.loop.close(reset);
  at.loop.close(ended);
}

TEST_CASE("a read for who polls is bounded, too: out of budget it completes through the queue") {
  scheduler_options options = options_with(buffer_policy::lent, 16);
  options.inline_budget = 2;
  bench at(options);
  loopback_client peer(at.port);
  connection& accepted = at.accept();
  peer.send(pattern_bytes(64));
  int in_a_row = 0;
  noted reader;
  while (at.loop.submit_read_when_polled(accepted, reader) == submitted::done) ++in_a_row;
  REQUIRE(in_a_row <= 2);
  REQUIRE((reader.state == op_state::queued));
  at.run_until([&] { return reader.completions == 1; });
  REQUIRE((at.loop.submit_read_when_polled(accepted, reader) == submitted::done));
  REQUIRE(reader.result == 16);
  at.loop.close(accepted);
}

TEST_CASE(
    "O3: what waits at a connection or a listener is withdrawn, and another takes its place") {
  bench at;
  noted accepting;
  REQUIRE((at.loop.submit_accept(*at.listener, accepting) == submitted::pending));
  at.loop.withdraw_accept(*at.listener, accepting);
  loopback_client peer(at.port, 16 * 1024);
  connection& accepted = at.accept();
  const std::vector<std::byte> much = pattern_bytes(std::size_t{5} << 20U);
  noted reading;
  noted writing;
  REQUIRE((at.loop.submit_read(accepted, reading) == submitted::pending));
  REQUIRE((at.loop.submit_write(accepted, much, writing) == submitted::pending));
  SECTION("while they wait") {
    at.loop.withdraw_read(accepted, reading);
    at.loop.withdraw_write(accepted, writing);
    peer.send(pattern_bytes(3));
    REQUIRE(at.read(accepted) == 3);
  }
  SECTION("while their completions are queued") {
    at.loop.cancel(accepted);
    at.loop.withdraw_read(accepted, reading);
    at.loop.withdraw_write(accepted, writing);
    REQUIRE(at.read(accepted) == -ECANCELED);
  }
  at.settle();
  REQUIRE(accepting.completions + reading.completions + writing.completions == 0);
  at.loop.close(accepted);
}

}  // namespace
}  // namespace skein
