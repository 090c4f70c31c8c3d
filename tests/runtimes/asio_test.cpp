// The risks of Boost.Asio's rows: timers that outlive their loop, a clock that jumps when a
// scheduler stops, connections that are closed while Asio still has an operation of theirs, bytes
// that Asio reads into own memory while a write is pending, and an inbox that cannot be waited for.
// What all runtimes share is tested in tests/contract.
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <stdexcept>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "runtimes/asio/await_scheduler.hpp"
#include "runtimes/asio/callback_scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "workloads/c10k/callback.hpp"
#include "workloads/c10k/coroutine.hpp"
#include "workloads/timers/callback.hpp"
#include "workloads/timers/coroutine.hpp"

namespace skein {
namespace {

using callbacks = asio::callback_scheduler;
using awaitables = asio::concrete_await;
using test::far_away_ns;
using test::from_now;
using test::loopback_client;
using test::options_with;
using test::pattern_bytes;

struct byte_counter {
  void add(std::size_t size_bytes) noexcept { total += size_bytes; }
  void error(int error_number) noexcept {
    if (error_number != 0) last_error = error_number;
  }
  std::size_t total = 0;
  int last_error = 0;
};

TEMPLATE_TEST_CASE("Asio echoes every byte through partial writes to a slow reader", "", callbacks,
                   awaitables, asio::any_await) {
  scheduler_options options = options_with(GENERATE(buffer_policy::lent, buffer_policy::own));
  options.inline_budget = GENERATE(0U, 128U);
  byte_counter counter;
  TestType scheduler(options);
  const listening_socket socket = make_listener(blocking::no);
  c10k::serve(scheduler, scheduler.listen(socket.descriptor), counter);
  test::action_inbox inbox([&] { scheduler.stop(); });
  const std::vector<std::byte> sent = pattern_bytes(std::size_t{8} << 20U);
  std::vector<std::byte> echoed;
  std::thread client([&] {
    loopback_client peer(socket.port, 4096);
    std::thread sender([&] { peer.send(sent); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // let the echo fill the buffers
    echoed = peer.receive(sent.size());
    sender.join();
    inbox.signal();
  });
  scheduler.run(inbox);
  client.join();
  REQUIRE((echoed == sent));
  REQUIRE(counter.total == sent.size());
  REQUIRE((counter.last_error == 0 || counter.last_error == ECANCELED));
  REQUIRE(scheduler.live().tasks == 0);
  REQUIRE(scheduler.live().connections == 0);
}

struct firing_record {
  std::vector<time_ns> due;
  std::size_t fired_count = 0;
  std::size_t early = 0;
  std::size_t cancelled = 0;

  time_ns due_ns(std::size_t index) const { return due[index]; }
  void fired(std::size_t index, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) {
      ++cancelled;
    } else {
      ++fired_count;
      if (now_ns < due[index]) ++early;
    }
  }
};

TEMPLATE_TEST_CASE("Asio's timers all fire, and none of them early", "", callbacks, awaitables) {
  TestType scheduler(options_with(buffer_policy::lent));
  firing_record record{};
  for (time_ns i = 0; i < 1000; ++i) record.due.push_back(from_now(i * 77'777));
  for (std::size_t i = 0; i < record.due.size(); ++i) timers::spawn_sleeper(scheduler, record, i);
  scheduler.run();
  REQUIRE(record.fired_count == record.due.size());
  REQUIRE(record.early == 0);
}

TEMPLATE_TEST_CASE("stop cancels Asio's sleeps, the one to the last deadline and later ones too",
                   "", callbacks, awaitables) {
  TestType scheduler(options_with(buffer_policy::lent));
  firing_record record{};
  for (int i = 0; i < 100; ++i) record.due.push_back(from_now(far_away_ns));
  record.due[0] = std::numeric_limits<time_ns>::max();
  for (std::size_t i = 0; i < 50; ++i) timers::spawn_sleeper(scheduler, record, i);
  test::action_inbox inbox([&] { scheduler.stop(); });
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    inbox.signal();
  });
  scheduler.run(inbox);
  stopper.join();
  REQUIRE(record.cancelled == 50);
  for (std::size_t i = 50; i < 100; ++i) timers::spawn_sleeper(scheduler, record, i);
  scheduler.run();
  REQUIRE(record.cancelled == 100);
  REQUIRE(record.fired_count == 0);
}

TEMPLATE_TEST_CASE("a scheduler that is stopped leaves the next one's clock as it was", "",
                   callbacks, awaitables) {
  TestType first(options_with(buffer_policy::lent));
  TestType second(options_with(buffer_policy::lent));
  first.stop();
  first.run();
  firing_record record{};
  record.due = {from_now(2 * ns_per_ms)};
  timers::spawn_sleeper(second, record, 0);
  second.run();
  REQUIRE(record.fired_count == 1);
  REQUIRE(record.early == 0);
}

struct short_sleep {
  callbacks& scheduler;
  callbacks::timer& timer;
  void start() { scheduler.sleep_until<&short_sleep::on_wake>(timer, 0, this); }
  void on_wake(wake) { scheduler.task_done(); }
};

TEST_CASE("a timer of Asio's may be destroyed before or after the scheduler it slept on") {
  callbacks::timer longest;
  auto shortest = std::make_unique<callbacks::timer>();
  {
    callbacks scheduler(options_with(buffer_policy::lent));
    short_sleep first{scheduler, *shortest};
    short_sleep second{scheduler, longest};
    scheduler.spawn<&short_sleep::start>(&first);
    scheduler.spawn<&short_sleep::start>(&second);
    scheduler.run();
    shortest.reset();
    REQUIRE(scheduler.live().tasks == 0);
  }
}

/// Receives, and closes when its write is done: by then Asio waits for the next chunk.
struct hasty_session {
  callbacks& scheduler;
  callbacks::listener& from;
  const std::vector<std::byte>& much;
  callbacks::connection* peer = nullptr;
  std::size_t chunks = 0;

  void start() { scheduler.accept<&hasty_session::on_accept>(from, this); }
  void on_accept(callbacks::connection* accepted) {
    if (accepted == nullptr) return scheduler.task_done();
    peer = accepted;
    scheduler.receive<&hasty_session::on_chunk>(*peer, this);
    scheduler.write<&hasty_session::on_written>(*peer, much, this);
  }
  void on_chunk(bytes) { ++chunks; }
  void on_written(bool) {
    scheduler.close(*peer);
    scheduler.cancel(from);
  }
};

TEST_CASE("a connection that is closed while Asio waits for it is freed before run returns") {
  // What the kernel takes at once, and what it does not.
  const std::vector<std::byte> much =
      pattern_bytes(GENERATE(std::size_t{1}, std::size_t{8} << 20U));
  callbacks scheduler(options_with(GENERATE(buffer_policy::lent, buffer_policy::own)));
  const listening_socket socket = make_listener(blocking::no);
  hasty_session session{scheduler, scheduler.listen(socket.descriptor), much};
  scheduler.spawn<&hasty_session::start>(&session);
  std::vector<std::byte> received;
  std::thread client([&] {
    loopback_client peer(socket.port);
    received = peer.receive(much.size());
  });
  scheduler.run();
  client.join();
  REQUIRE((received == much));
  REQUIRE(session.chunks == 0);
  REQUIRE(scheduler.live().connections == 0);
}

/// Writes more than the kernel takes while Asio reads into the connection's own memory.
struct writing_session {
  callbacks& scheduler;
  callbacks::listener& from;
  const std::vector<std::byte>& much;
  callbacks::connection* peer = nullptr;
  callbacks::timer timer{};
  std::vector<std::byte> got{};
  bool writing = false;
  bool disturbed = false;

  void start() { scheduler.accept<&writing_session::on_accept>(from, this); }
  void on_accept(callbacks::connection* accepted) {
    if (accepted == nullptr) return;
    peer = accepted;
    scheduler.receive<&writing_session::on_chunk>(*peer, this);
    scheduler.sleep_until<&writing_session::on_wake>(timer, from_now(2 * ns_per_ms), this);
  }
  void on_wake(wake) {
    writing = true;
    scheduler.write<&writing_session::on_written>(*peer, much, this);
  }
  void on_written(bool) { writing = false; }
  void on_chunk(bytes chunk) {
    disturbed = disturbed || writing;
    got.insert(got.end(), chunk.begin(), chunk.end());
    if (!chunk.empty()) return;
    scheduler.close(*peer);
    scheduler.task_done();
  }
};

TEST_CASE("bytes that Asio reads during a write are kept until it is done") {
  const std::vector<std::byte> much = pattern_bytes(std::size_t{8} << 20U);
  callbacks scheduler(options_with(GENERATE(buffer_policy::lent, buffer_policy::own)));
  const listening_socket socket = make_listener(blocking::no);
  writing_session session{scheduler, scheduler.listen(socket.descriptor), much};
  scheduler.spawn<&writing_session::start>(&session);
  const std::vector<std::byte> sent = pattern_bytes(3000);
  std::thread client([&] {
    loopback_client peer(socket.port, 4096);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    peer.send(sent);
    peer.receive(much.size());
    peer.finish_sending();
    peer.ended();
  });
  scheduler.run();
  client.join();
  REQUIRE((session.got == sent));
  REQUIRE_FALSE(session.disturbed);
}

TEST_CASE("Asio's run whose tasks wait for nothing is reported, not spun on") {
  callbacks scheduler(options_with(buffer_policy::lent));
  struct idle {
    void start() {}
  } forgetful;
  scheduler.spawn<&idle::start>(&forgetful);
  REQUIRE_THROWS_AS(scheduler.run(), std::logic_error);
  scheduler.task_done();
}

/// Its descriptor blocks, as the worker's standard input does.
class pipe_inbox final : public inbox {
 public:
  explicit pipe_inbox(callbacks& stopped) : stopped_(stopped) { checked(::pipe(ends_), "pipe"); }
  ~pipe_inbox() override {
    for (const int end : ends_) ::close(end);
  }
  int descriptor() const noexcept override { return ends_[0]; }
  void on_readable() noexcept override { stopped_.stop(); }
  void signal() const { checked(static_cast<int>(::write(ends_[1], "x", 1)), "write"); }

 private:
  callbacks& stopped_;
  int ends_[2] = {-1, -1};
};

TEST_CASE("Asio leaves the inbox's descriptor as it was") {
  callbacks scheduler(options_with(buffer_policy::lent));
  pipe_inbox inbox(scheduler);
  const int flags = ::fcntl(inbox.descriptor(), F_GETFL);
  REQUIRE((flags & O_NONBLOCK) == 0);
  inbox.signal();
  scheduler.run(inbox);
  REQUIRE(::fcntl(inbox.descriptor(), F_GETFL) == flags);
}

/// A file in memory is always ready, and epoll refuses it.
class file_inbox final : public inbox {
 public:
  file_inbox() : file_(checked(::memfd_create("inbox", MFD_CLOEXEC), "memfd_create")) {}
  ~file_inbox() override { ::close(file_); }
  int descriptor() const noexcept override { return file_; }
  void on_readable() noexcept override {}

 private:
  int file_;
};

TEMPLATE_TEST_CASE("an inbox that Asio cannot wait for ends the run with the reason", "", callbacks,
                   awaitables) {
  TestType scheduler(options_with(buffer_policy::lent));
  file_inbox inbox;
  REQUIRE_THROWS_AS(scheduler.run(inbox), boost::system::system_error);
}

TEMPLATE_TEST_CASE("an inbox whose descriptor is closed is reported, and the next run goes on", "",
                   callbacks, awaitables) {
  TestType scheduler(options_with(buffer_policy::lent));
  {
    struct closed_inbox final : inbox {
      int descriptor() const noexcept override { return -1; }
      void on_readable() noexcept override {}
    } closed;
    REQUIRE_THROWS_AS(scheduler.run(closed), std::system_error);
  }
  firing_record record{};
  record.due = {from_now(ns_per_ms)};
  timers::spawn_sleeper(scheduler, record, 0);
  scheduler.run();
  REQUIRE(record.fired_count == 1);
}

}  // namespace
}  // namespace skein
