// What the generator's window makes of the clock readings it is told of, and that it is told of
// them in the midst of large messages, too.
#include "harness/generator/window.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <optional>
#include <sys/ioctl.h>
#include <thread>

#include "harness/generator/exchange.hpp"
#include "tests/catch.hpp"
#include "tests/harness/generator/fixture.hpp"

using namespace skein;
using namespace skein::generator;
using skein::test::echo_faults;
using skein::test::echo_server;

namespace {

constexpr time_ns limit_ns = window::away_limit_ns;

/// Counts what it is told, and what lies between two readings of the clock.
struct listener final : exchange_observer {
  void on_sent(const request& /*sent*/) override { most_sent = std::max(most_sent, ++sent); }
  void on_look(time_ns now) override {
    ++looks;
    last_ns = now;
    sent = replied = 0;
  }
  void on_reply(std::uint32_t /*connection*/, const request& /*done*/, time_ns /*now*/) override {
    ++replies;
    most_replied = std::max(most_replied, ++replied);
  }
  int looks = 0;
  time_ns last_ns = 0;
  int replies = 0;
  int sent = 0;
  int replied = 0;
  int most_sent = 0;
  int most_replied = 0;
};

constexpr std::uint32_t unbounded = std::numeric_limits<std::uint32_t>::max();

/// One connection with so many messages on their way, of which the pipeline lets some leave.
struct one_connection {
  one_connection(const echo_server& server, std::uint32_t bytes, int messages = 1,
                 std::uint32_t pipeline = 1)
      : plan{server.port(), 1, 1, bytes, 7, 1},
        payloads(7, bytes),
        table(plan),
        requests(table, payloads) {
    table.connect_to(1, [] { return false; });
    requests.attach(heard, pipeline);
    for (int i = 0; i < messages; ++i) requests.issue(0, 1, 1);
  }
  /// Until so many bytes can be received.
  void await_bytes(int bytes) {
    for (int waiting = 0; waiting < bytes; std::this_thread::yield()) {
      REQUIRE(::ioctl(table.at(0).descriptor, FIONREAD, &waiting) == 0);
    }
  }
  void await_replies(int replies) {
    while (heard.replies < replies) poll();
  }
  void poll() {
    for (const epoll_event& event : table.poll(20)) requests.on_event(0, event.events, 1);
  }

  prepare_request plan;
  payload_pool payloads;
  connection_table table;
  exchange requests;
  listener heard;
};

}  // namespace

TEST_CASE("a generator that was kept from its clock adds up for how long", "[generator]") {
  window measured(0);
  measured.on_look(0);
  measured.begin(100 * ns_per_ms);  // what was before the window is not its business
  time_ns now = 100 * ns_per_ms;
  measured.on_look(now += limit_ns);
  CHECK(measured.away_ns() == 0);
  measured.on_look(now += limit_ns + 1);
  measured.on_look(now += 10);
  measured.on_look(now += 3 * limit_ns);
  CHECK(measured.away_ns() == 4 * limit_ns + 1);
}

TEST_CASE("a generator is away while it waits for the last replies, too", "[generator]") {
  window measured(0);
  measured.begin(0);
  measured.on_look(10);
  measured.end(20, 20);
  measured.on_look(20 + 7 * limit_ns);
  CHECK(measured.away_ns() == 10 + 7 * limit_ns);
}

TEST_CASE("before the window nobody is away", "[generator]") {
  window measured(0);
  measured.on_look(50 * limit_ns);
  CHECK(measured.away_ns() == 0);
}

TEST_CASE("the clock is read between the pieces of a large message", "[generator]") {
  constexpr std::uint32_t bytes = 2 * 1024 * 1024;
  const echo_server server;
  one_connection message(server, bytes);
  message.await_replies(1);
  CHECK(message.requests.totals().bytes == bytes);
  CHECK(message.requests.totals().wrong_bytes == 0);
  CHECK(message.heard.looks >= 32);  // 64 KiB are received at a time, at most
}

TEST_CASE("the clock is read between the pieces that a message is sent in", "[generator]") {
  constexpr std::uint32_t bytes = 4 * 1024 * 1024;
  const echo_server server(echo_faults{.mute_from = 0});
  one_connection message(server, bytes);
  while (message.table.at(0).unsent != nullptr) message.poll();
  CHECK(message.heard.looks > 0);
  CHECK(message.heard.last_ns > 0);
}

TEST_CASE("a small message is sent and answered with one reading of the clock", "[generator]") {
  const echo_server server;
  one_connection message(server, 64);
  message.await_replies(1);
  CHECK(message.heard.looks == 1);
}

TEST_CASE("the clock is read between the replies of one receive", "[generator]") {
  constexpr int messages = 4096;
  const echo_server server;
  one_connection busy(server, 1, messages, unbounded);
  busy.await_bytes(messages);
  busy.await_replies(messages);
  CHECK(busy.heard.most_replied <= 32);
}

TEST_CASE("the clock is read between messages that are sent in a row", "[generator]") {
  constexpr int messages = 1000;
  const echo_server server;
  one_connection busy(server, 1, messages);
  busy.requests.attach(busy.heard, unbounded);  // the first reply lets all others leave
  busy.await_replies(messages);
  CHECK(busy.heard.most_sent <= 2);  // the load reads it between two events
}

TEST_CASE("an idle turn that was interrupted is idle for as long as one takes, and no longer",
          "[generator]") {
  constexpr time_ns longest_ns = 50 * ns_per_us;
  window measured(0);
  measured.begin(0);
  // Some CPU time to take idle turns from: a millisecond, as the thread's own clock has it.
  const auto spent_ns = [] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<time_ns>(used.tv_sec) * ns_per_s + used.tv_nsec;
  };
  for (const time_ns begun_ns = spent_ns(); spent_ns() - begun_ns < ns_per_ms;) {
  }
  measured.on_turn(true, 1000);
  measured.on_turn(true, 60 * ns_per_s);
  measured.on_turn(false, 60 * ns_per_s);
  measured.end(1, 1);
  measured.on_turn(true, 1000);  // after the window
  REQUIRE(measured.work_ns());
  CHECK(*measured.work_ns() == measured.cpu_ns() - 1000 - longest_ns);
}

TEST_CASE("a connection that is lost while nothing was asked on it is an error, too",
          "[generator]") {
  std::optional<echo_server> server(std::in_place);
  one_connection message(*server, 64);
  message.await_replies(1);
  CHECK(message.requests.outstanding() == 0);
  server.reset();
  while (message.requests.lost_connections() == 0) message.poll();
  CHECK(message.requests.errors().read == 1);
  CHECK(message.table.open_among(1) == 0);
}

TEST_CASE("a connection that is on its way is alive and not open", "[generator]") {
  const echo_server server;
  connection_table table({server.port(), 2, 2, 64, 7, 1});
  table.connect_to(2, [] { return false; });
  table.close(1);
  CHECK(table.alive_among(2) == 1);
  table.reopen(1);
  CHECK(table.open_among(2) == 1);
  CHECK(table.alive_among(2) == 2);
  table.close(0);
  CHECK(table.open_among(2) == 0);
  CHECK(table.alive_among(2) == 1);
}

TEST_CASE("a connection that is made anew comes from the next client address", "[generator]") {
  const echo_server server;
  connection_table table({server.port(), 2, 2, 64, 7, 3});
  REQUIRE(table.connect_to(2, [] { return false; }));
  const auto last_byte_of = [&](std::uint32_t index) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    auto* const generic = reinterpret_cast<sockaddr*>(&own);
    checked(::getsockname(table.at(index).descriptor, generic, &size), "getsockname");
    return ntohl(own.sin_addr.s_addr) & 0xffU;
  };
  CHECK(last_byte_of(0) == 1);
  CHECK(last_byte_of(1) == 2);
  for (const unsigned next : {3U, 1U, 2U}) {
    table.close(0);
    table.reopen(0);
    CHECK(last_byte_of(0) == next);
  }
}

TEST_CASE("connections come from the addresses that were asked for", "[generator]") {
  const echo_server server;
  prepare_request plan{server.port(), 2, 2, 64, 7, 2};
  plan.first_address = 0x7f000105;  // 127.0.1.5
  connection_table table(plan);
  REQUIRE(table.connect_to(2, [] { return false; }));
  REQUIRE(table.some_open(1).size() == 1);
  REQUIRE(table.some_open(9).size() == 2);
  for (const std::uint32_t index : {0U, 1U}) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    auto* const generic = reinterpret_cast<sockaddr*>(&own);
    checked(::getsockname(table.some_open(9)[index], generic, &size), "getsockname");
    CHECK(text_of(ntohl(own.sin_addr.s_addr)) == "127.0.1." + std::to_string(5 + index));
  }
}

TEST_CASE("a connection is closed by a reset, which leaves no port taken, or in good order",
          "[generator]") {
  const bool in_order = GENERATE(false, true);
  const int listening = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  auto* const generic = reinterpret_cast<sockaddr*>(&own);
  checked(::bind(listening, generic, size), "bind");
  checked(::listen(listening, 1), "listen");
  checked(::getsockname(listening, generic, &size), "getsockname");
  prepare_request plan{ntohs(own.sin_port), 1, 1, 64, 7, 1};
  plan.in_order = in_order;
  connection_table table(plan);
  REQUIRE(table.connect_to(1, [] { return false; }));
  const int accepted = checked(::accept(listening, nullptr, nullptr), "accept");
  table.close(0);
  char byte = 0;
  const ssize_t got = ::recv(accepted, &byte, 1, 0);
  const int error = errno;
  ::close(accepted);
  ::close(listening);
  if (in_order) {
    CHECK(got == 0);
  } else {
    CHECK(got < 0);
    CHECK(error == ECONNRESET);
  }
}

TEST_CASE("late is what is taken up more than 50 us after its time", "[generator]") {
  constexpr time_ns intended_ns = 2'000;
  window measured(0);
  measured.begin(1'000);
  measured.on_issued(intended_ns, intended_ns + 50 * ns_per_us);
  CHECK(measured.late_50us() == 0);
  measured.on_issued(intended_ns, intended_ns + 50 * ns_per_us + 1);
  CHECK(measured.late_50us() == 1);
}

TEST_CASE("a result says how long its generator was away", "[generator]") {
  const echo_server server;
  test::generator_under_test generator;
  generator.open(server.port(), 4, 4, 64);
  const auto result = generator.run(test::fixed_load(100));
  CHECK(result.at("load").at("away_ns").get<time_ns>() >= 0);
}
