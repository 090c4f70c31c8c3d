// What callbacks on our own loops have as risks of their own: steps that wait behind one operation,
// operations that are lent for a write, and a connection that is closed from its own handler.
#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include "runtimes/callback/scheduler.hpp"
#include "runtimes/coroutine/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/action_inbox.hpp"
#include "tests/catch.hpp"
#include "tests/io_uring.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using callback_scheduler_type = callback::scheduler;
using test::loopback_client;
using test::options_for;
using test::pattern_bytes;

/// How many steps of tasks run before the loop looks at the kernel for the first time.
template <class S, class SpawnStep>
int steps_before_the_first_look(SpawnStep spawn_step) {
  constexpr int many = 500;
  S scheduler(options_for(many));
  int steps = 0;
  int seen = -1;
  test::action_inbox inbox([&] {
    seen = steps;
    scheduler.stop();
  });
  for (int i = 0; i < many; ++i) spawn_step(scheduler, steps);
  inbox.signal();
  scheduler.run(inbox);
  REQUIRE(steps == many);
  return seen;
}

coroutine::task count_step(int& steps) {
  ++steps;
  co_return;
}

template <class S>
struct counting_session {
  void step() {
    ++steps;
    scheduler.task_done();
    delete this;
  }
  S& scheduler;
  int& steps;
};

TEST_CASE("a step counts as a task's does towards the loop's next look at the kernel") {
  using on_callbacks = callback_scheduler_type;
  const int of_callbacks =
      steps_before_the_first_look<on_callbacks>([](on_callbacks& scheduler, int& steps) {
        using session = counting_session<on_callbacks>;
        scheduler.spawn<&session::step>(new session{scheduler, steps});
      });
  using on_coroutines = coroutine::scheduler;
  const int of_coroutines = steps_before_the_first_look<on_coroutines>(
      [](on_coroutines& scheduler, int& steps) { scheduler.spawn(count_step(steps)); });
  REQUIRE(of_callbacks == of_coroutines);
}

/// Closes its connection in the handler of the first chunk, which is all it does.
template <class S>
struct closes_at_once {
  void on_accept(typename S::connection* accepted) {
    if (accepted == nullptr) return;
    peer = accepted;
    scheduler.cancel(*from);
    scheduler.template receive<&closes_at_once::on_chunk>(*accepted, this);
  }
  void on_chunk(bytes) {
    scheduler.close(*peer);
    scheduler.task_done();
  }
  void start() { scheduler.template accept<&closes_at_once::on_accept>(*from, this); }

  S& scheduler;
  typename S::listener* from;
  typename S::connection* peer = nullptr;
};

/// AddressSanitizer sees it where the connection is not freed by then.
template <class S>
void check_that_closed_connections_are_gone() {
  S scheduler(options_for(4));
  const listening_socket socket = make_listener(blocking::no);
  closes_at_once<S> session{scheduler, &scheduler.listen(socket.descriptor)};
  loopback_client client(socket.port);
  client.send(pattern_bytes(10));
  scheduler.template spawn<&closes_at_once<S>::start>(&session);
  scheduler.run();
  REQUIRE(scheduler.live().connections == 0);
  REQUIRE(client.ended());
}

TEST_CASE("a connection that is closed in the last handler of all is gone when run returns") {
  check_that_closed_connections_are_gone<callback::scheduler>();
  if (test::passes_over(true)) return;
  check_that_closed_connections_are_gone<callback::uring_scheduler>();
}

/// Several connections, each with a large write pending at the same time.
struct writes_much {
  static constexpr std::size_t peers = 3;
  using S = callback_scheduler_type;

  struct session {
    void start() { home->scheduler.write<&session::on_written>(*peer, home->outgoing, this); }
    void on_written(bool complete) {
      completed += complete ? 1 : 100;
      home->scheduler.close(*peer);
      home->scheduler.task_done();
    }
    writes_much* home = nullptr;
    S::connection* peer = nullptr;
    int completed = 0;
  };

  void start() { scheduler.accept<&writes_much::on_accept>(*from, this); }
  void on_accept(S::connection* accepted) {
    if (accepted == nullptr) return scheduler.task_done();
    session& next = sessions[opened++];
    next.home = this;
    next.peer = accepted;
    scheduler.spawn<&session::start>(&next);
    if (opened == peers) scheduler.cancel(*from);
  }

  S& scheduler;
  S::listener* from;
  std::vector<std::byte> outgoing;
  std::array<session, peers> sessions{};
  std::size_t opened = 0;
};

TEST_CASE("each of several pending writes ends once, by its own handler") {
  callback_scheduler_type scheduler(options_for(8));
  const listening_socket socket = make_listener(blocking::no);
  writes_much writing{scheduler, &scheduler.listen(socket.descriptor),
                      pattern_bytes((std::size_t{6} << 20U) + 1)};
  std::vector<loopback_client> clients;
  for (std::size_t i = 0; i < writes_much::peers; ++i) clients.emplace_back(socket.port, 65'536);
  scheduler.spawn<&writes_much::start>(&writing);
  std::vector<std::vector<std::byte>> received;
  std::thread reading([&] {
    for (loopback_client& each : clients) received.push_back(each.receive_all().data);
  });
  scheduler.run();
  reading.join();
  for (const auto& each : received) REQUIRE((each == writing.outgoing));
  for (const auto& each : writing.sessions) REQUIRE(each.completed == 1);
}

}  // namespace
}  // namespace skein
