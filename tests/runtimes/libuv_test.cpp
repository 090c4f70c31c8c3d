// The libuv runtime's own risks: handles that outlive their loop or are freed too early, writes
// that libuv takes only in part, reading that is stopped and not started again, cancels libuv
// cannot do. What all runtimes share is tested in tests/contract.
#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"
#include "workloads/c10k/callback.hpp"
#include "workloads/timers/callback.hpp"

namespace skein {
namespace {

using test::far_away_ns;
using test::from_now;
using test::loopback_client;
using test::options_with;
using test::pattern_bytes;
using libuv_scheduler = libuv::scheduler;

struct byte_counter {
  void add(std::size_t size_bytes) noexcept { total += size_bytes; }
  void error(int error_number) noexcept { last_error = error_number; }
  std::size_t total = 0;
  int last_error = 0;
};

/// A task that calls stop after a delay.
struct stopper {
  libuv_scheduler& scheduler;
  time_ns delay_ns;
  libuv::timer timer;

  void spawn() { scheduler.spawn<&stopper::start>(this); }
  void start() { scheduler.sleep_until<&stopper::on_wake>(timer, from_now(delay_ns), this); }
  void on_wake(wake) {
    scheduler.stop();
    scheduler.task_done();
  }
};

/// Accepts one connection, does `first` with it, and stops the scheduler when the client, on a
/// thread of its own, is done. The client's thread tells the loop through a connection of its own.
struct echo_run {
  explicit echo_run(const scheduler_options& options) : scheduler(options) {
    c10k::serve(scheduler, scheduler.listen(socket.descriptor), counter);
  }

  listening_socket socket = make_listener(blocking::no);
  libuv_scheduler scheduler;
  byte_counter counter;
};

/// Stops the scheduler when its descriptor's other end is closed.
class stop_pipe : public inbox {
 public:
  explicit stop_pipe(libuv_scheduler& stopped) : scheduler_(stopped) {
    checked(::pipe(ends_), "pipe");
  }
  ~stop_pipe() override {
    close_other_end();
    ::close(ends_[0]);
  }
  int descriptor() const noexcept override { return ends_[0]; }
  void on_readable() noexcept override { scheduler_.stop(); }
  void close_other_end() noexcept {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  libuv_scheduler& scheduler_;
  int ends_[2] = {-1, -1};
};

TEST_CASE("libuv echoes every byte through partial writes to a slow reader") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  scheduler_options options = options_with(policy);
  options.inline_budget = GENERATE(0U, 128U);
  echo_run run(options);
  stop_pipe inbox(run.scheduler);
  const std::vector<std::byte> sent = pattern_bytes(std::size_t{8} << 20U);
  std::vector<std::byte> echoed;
  std::thread client([&] {
    loopback_client peer(run.socket.port, 4096);
    std::thread sender([&] { peer.send(sent); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // let the echo fill the buffers
    echoed = peer.receive(sent.size());
    sender.join();
    inbox.close_other_end();
  });
  run.scheduler.run(inbox);
  client.join();
  REQUIRE((echoed == sent));
  REQUIRE(run.counter.total == sent.size());
  REQUIRE(run.scheduler.live().tasks == 0);
  REQUIRE(run.scheduler.live().connections == 0);
}

/// Counts chunks while a write much larger than the socket's buffers is pending.
struct pausing_session {
  libuv_scheduler& scheduler;
  libuv::listener& from;
  libuv::connection* peer = nullptr;
  std::vector<std::byte> much = pattern_bytes(std::size_t{32} << 20U);
  bool writing = false;
  std::size_t chunks_while_writing = 0;
  std::size_t chunks_after = 0;

  void spawn() { scheduler.spawn<&pausing_session::start>(this); }
  void start() { scheduler.accept<&pausing_session::on_accept>(from, this); }
  void on_accept(libuv::connection* accepted) {
    if (accepted == nullptr) return;
    peer = accepted;
    scheduler.receive<&pausing_session::on_chunk>(*peer, this);
    writing = true;
    scheduler.write<&pausing_session::on_written>(*peer, much, this);
  }
  void on_written(bool) { writing = false; }
  void on_chunk(bytes chunk) {
    if (!chunk.empty()) {
      ++(writing ? chunks_while_writing : chunks_after);
      return;
    }
    scheduler.close(*peer);
    scheduler.cancel(from);
    scheduler.task_done();
  }
};

TEST_CASE("libuv stops reading while a write is pending and goes on after it") {
  const listening_socket socket = make_listener(blocking::no);
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  pausing_session session{scheduler, scheduler.listen(socket.descriptor)};
  session.spawn();
  std::vector<std::byte> received;
  std::thread client([&] {
    loopback_client peer(socket.port);
    peer.send(pattern_bytes(10000));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    received = peer.receive(session.much.size());
    peer.finish_sending();
    peer.ended();
  });
  scheduler.run();
  client.join();
  REQUIRE((received == session.much));
  REQUIRE(session.chunks_while_writing == 0);
  REQUIRE(session.chunks_after > 0);
}

/// A session with everything pending at once, to be cancelled or stopped.
struct waiting_session {
  libuv_scheduler& scheduler;
  libuv::listener& from;
  bool cancel_itself = false;
  libuv::connection* peer = nullptr;
  std::vector<std::byte> much = pattern_bytes(std::size_t{32} << 20U);
  int ends = 0;
  int failed_writes = 0;
  int null_accepts = 0;
  int error = 0;
  bool completed_inside = false;  ///< a handler ran inside cancel

  void spawn() { scheduler.spawn<&waiting_session::start>(this); }
  void start() { scheduler.accept<&waiting_session::on_accept>(from, this); }
  void on_accept(libuv::connection* accepted) {
    if (accepted == nullptr) {
      ++null_accepts;
      return end_if_over();
    }
    peer = accepted;
    scheduler.receive<&waiting_session::on_chunk>(*peer, this);
    scheduler.write<&waiting_session::on_written>(*peer, much, this);
    if (!cancel_itself) return;
    scheduler.cancel(*peer);
    scheduler.cancel(*peer);
    scheduler.cancel(from);
    scheduler.cancel(from);
    completed_inside = ends + failed_writes + null_accepts != 0;
  }
  void on_chunk(bytes chunk) {
    if (!chunk.empty()) return;
    ++ends;
    error = peer->error();
    end_if_over();
  }
  void on_written(bool complete) {
    if (!complete) ++failed_writes;
    end_if_over();
  }
  void end_if_over() {
    if (ends + failed_writes + null_accepts < 3) return;
    scheduler.close(*peer);
    scheduler.task_done();
  }
};

TEST_CASE("cancel and stop end a pending read, write and accept, each once, outside the call") {
  const bool by_stop = GENERATE(false, true);
  const listening_socket socket = make_listener(blocking::no);
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  waiting_session session{scheduler, scheduler.listen(socket.descriptor), !by_stop};
  session.spawn();
  stopper ends_it{scheduler, 50 * ns_per_ms, {}};
  if (by_stop) ends_it.spawn();
  loopback_client peer(socket.port);
  scheduler.run();
  REQUIRE_FALSE(session.completed_inside);
  REQUIRE(session.ends == 1);
  REQUIRE(session.failed_writes == 1);
  REQUIRE(session.null_accepts == 1);
  REQUIRE(session.error == ECANCELED);
  REQUIRE(scheduler.live().connections == 0);
  REQUIRE(peer.ended());
}

TEST_CASE("stop closes a hundred echo sessions and frees all they had") {
  echo_run run(options_with(buffer_policy::own));
  std::vector<loopback_client> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(run.socket.port);
  for (loopback_client& each : clients) each.send(pattern_bytes(10));
  stopper ends_it{run.scheduler, 100 * ns_per_ms, {}};
  ends_it.spawn();
  run.scheduler.run();
  REQUIRE(run.counter.total == 1000);
  REQUIRE(run.counter.last_error == 0);
  REQUIRE(run.scheduler.live().tasks == 0);
  REQUIRE(run.scheduler.live().connections == 0);
  for (loopback_client& each : clients) REQUIRE(each.ended());
}

TEST_CASE("a peer that resets ends its session with an error and no signal") {
  echo_run run(options_with(buffer_policy::lent));
  stopper ends_it{run.scheduler, 200 * ns_per_ms, {}};
  ends_it.spawn();
  std::thread client([&] {
    // The echo of what it never reads fills the buffers; closing then resets the connection.
    loopback_client peer(run.socket.port, 4096);
    peer.send(pattern_bytes(200000));
  });
  run.scheduler.run();
  client.join();
  REQUIRE(run.counter.last_error != ECANCELED);
  REQUIRE(run.scheduler.live().connections == 0);
}

struct firing_record {
  std::vector<time_ns> due;
  std::vector<time_ns> lateness{};
  std::size_t cancelled = 0;

  time_ns due_ns(std::size_t index) const { return due[index]; }
  void fired(std::size_t index, time_ns now_ns, wake how) noexcept {
    if (how == wake::cancelled) {
      ++cancelled;
    } else {
      lateness.push_back(now_ns - due[index]);
    }
  }
};

TEST_CASE("libuv timers all fire, and none earlier than the runtime declares") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  firing_record record{};
  for (time_ns i = 0; i < 1000; ++i) record.due.push_back(from_now(i * 77'000));
  for (std::size_t i = 0; i < record.due.size(); ++i) timers::spawn_sleeper(scheduler, record, i);
  scheduler.run();
  REQUIRE(record.lateness.size() == record.due.size());
  const auto earliest = *std::min_element(record.lateness.begin(), record.lateness.end());
  REQUIRE(earliest >= -libuv_scheduler::info().early_by_at_most_ns);
}

TEST_CASE("the earliest deadline there is fires at once, the latest one waits for stop") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  firing_record record{};
  record.due = {std::numeric_limits<time_ns>::min() / 2, std::numeric_limits<time_ns>::max()};
  timers::spawn_sleeper(scheduler, record, 0);
  timers::spawn_sleeper(scheduler, record, 1);
  stopper ends_it{scheduler, 10 * ns_per_ms, {}};
  ends_it.spawn();
  scheduler.run();
  REQUIRE(record.lateness.size() == 1);
  REQUIRE(record.cancelled == 1);
}

TEST_CASE("stop cancels sleepers, and sleeps that begin after it") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  firing_record record{};
  for (int i = 0; i < 100; ++i) record.due.push_back(from_now(far_away_ns));
  for (std::size_t i = 0; i < 50; ++i) timers::spawn_sleeper(scheduler, record, i);
  stopper ends_it{scheduler, ns_per_ms, {}};
  ends_it.spawn();
  scheduler.run();
  for (std::size_t i = 50; i < 100; ++i) timers::spawn_sleeper(scheduler, record, i);
  scheduler.run();
  REQUIRE(record.cancelled == 100);
}

/// Sleeps on one timer again and again, cancelling some of the sleeps.
struct repeater {
  libuv_scheduler& scheduler;
  std::optional<libuv::timer> timer{std::in_place};
  std::string heard{};

  void start() {
    sleep(far_away_ns);
    scheduler.cancel(*timer);
    scheduler.cancel(*timer);
  }
  void sleep(time_ns delay_ns) {
    scheduler.sleep_until<&repeater::on_wake>(*timer, from_now(delay_ns), this);
  }
  void on_wake(wake how) {
    heard += how == wake::due ? 'd' : 'c';
    scheduler.cancel(*timer);  // idle now: nothing happens
    if (heard.size() == 1) return sleep(ns_per_ms);
    if (heard.size() == 2) return sleep(-ns_per_s);
    timer.reset();
    scheduler.task_done();
  }
};

TEST_CASE("a libuv timer is cancelled once, is used again, and may be destroyed by its handler") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  repeater session{scheduler};
  scheduler.spawn<&repeater::start>(&session);
  scheduler.run();
  REQUIRE(session.heard == "cdd");
}

struct stayer {
  libuv_scheduler& scheduler;
  libuv::timer& timer;
  void start() { scheduler.sleep_until<&stayer::on_wake>(timer, 0, this); }
  void on_wake(wake) { scheduler.task_done(); }
};

TEST_CASE("a timer may be destroyed before or after the scheduler it slept on") {
  auto shorter = std::make_unique<libuv::timer>();
  libuv::timer longer;
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  stayer first{scheduler, *shorter};
  stayer second{scheduler, longer};
  scheduler.spawn<&stayer::start>(&first);
  scheduler.spawn<&stayer::start>(&second);
  scheduler.run();
  shorter.reset();
  REQUIRE(scheduler.live().tasks == 0);
}

struct yielder {
  libuv_scheduler& scheduler;
  std::string& trace;
  char name;
  int left = 2;
  void step() {
    trace += name;
    if (left-- > 0) return scheduler.yield<&yielder::step>(this);
    scheduler.task_done();
  }
};

TEST_CASE("steps run in the order they were spawned and take turns when they yield") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  std::string trace;
  yielder a{scheduler, trace, 'a'};
  yielder b{scheduler, trace, 'b'};
  scheduler.spawn<&yielder::step>(&a);
  scheduler.spawn<&yielder::step>(&b);
  REQUIRE(trace.empty());
  scheduler.run();
  REQUIRE(trace == "ababab");
}

TEST_CASE("a run whose tasks wait for nothing is reported, not spun on") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  struct idle {
    void start() {}
  } forgetful;
  scheduler.spawn<&idle::start>(&forgetful);
  REQUIRE_THROWS_AS(scheduler.run(), std::logic_error);
  scheduler.task_done();
}

TEST_CASE("libuv leaves the inbox's descriptor as it was") {
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  stop_pipe inbox(scheduler);
  const int flags = ::fcntl(inbox.descriptor(), F_GETFL);
  REQUIRE((flags & O_NONBLOCK) == 0);
  inbox.close_other_end();
  scheduler.run(inbox);
  REQUIRE(::fcntl(inbox.descriptor(), F_GETFL) == flags);
}

}  // namespace
}  // namespace skein
