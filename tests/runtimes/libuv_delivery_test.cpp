// In which order the libuv runtime tells a session what became of its waits, where one turn ends
// several of them, and with which error.
#include <string>

#include "runtimes/libuv/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/catch.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using test::loopback_client;
using test::options_with;
using test::pattern_bytes;
using libuv_scheduler = libuv::scheduler;

/// Reads, has a write pending, and is cancelled. Closes as soon as its stream has ended, which is
/// allowed where no write is pending any more (C6).
struct closing_session {
  libuv_scheduler& scheduler;
  libuv::listener& from;
  libuv::connection* peer = nullptr;
  std::vector<std::byte> much = pattern_bytes(std::size_t{32} << 20U);
  std::string heard{};

  void spawn() { scheduler.spawn<&closing_session::start>(this); }
  void start() { scheduler.accept<&closing_session::on_accept>(from, this); }
  void on_accept(libuv::connection* accepted) {
    if (accepted == nullptr) return;
    peer = accepted;
    scheduler.receive<&closing_session::on_chunk>(*peer, this);
    scheduler.write<&closing_session::on_written>(*peer, much, this);
    scheduler.cancel(*peer);
    scheduler.cancel(from);
  }
  void on_written(bool) { heard += 'w'; }
  void on_chunk(bytes) {
    heard += 'e';
    // A session that was told in the wrong order leaves the closing to the scheduler's end.
    if (heard == "we") scheduler.close(*peer);
    scheduler.task_done();
  }
};

TEST_CASE("libuv ends a cancelled write before it ends the stream, so that the end may close") {
  const listening_socket socket = make_listener(blocking::no);
  libuv_scheduler scheduler(options_with(buffer_policy::lent));
  closing_session session{scheduler, scheduler.listen(socket.descriptor)};
  session.spawn();
  const loopback_client peer(socket.port);
  scheduler.run();
  CHECK(session.heard == "we");
  CHECK(scheduler.live().connections == 0);
}

}  // namespace
}  // namespace skein
