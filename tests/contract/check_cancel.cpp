#include "tests/contract/check_cancel.hpp"

#include <atomic>
#include <cerrno>
#include <span>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict c5_cancel_comes_before_the_wait(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  auto other_listener = scene.listen();
  test::loopback_client talking(listening.port);
  talking.send(test::pattern_bytes(5));
  const test::loopback_client waiting(other_listener.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    const std::span<const std::byte> nothing;
    for (int i = 0; i < 2; ++i) self.scheduler().cancel(*peer);
    for (int i = 0; i < 2; ++i) {
      const bytes chunk = co_await self.read(*peer);
      self.on().require(chunk.empty() && peer->error() == ECANCELED, "C5",
                        "a read begun after cancel was not cancelled");
      const bool written = co_await self.write(*peer, std::as_bytes(std::span("x")));
      self.on().require(!written, "C5", "a write begun after cancel was done");
      const bool of_nothing = co_await self.write(*peer, nothing);
      self.on().require(!of_nothing, "C5", "an empty write begun after cancel was done");
    }
    self.close(*peer);
    for (int i = 0; i < 2; ++i) self.scheduler().cancel(other_listener.at);
    for (int i = 0; i < 2; ++i) {
      auto* nobody = co_await self.accept(other_listener.at);
      self.on().require(nobody == nullptr, "C5", "an accept begun after cancel had a connection");
    }
  });
  scene.play();
  return scene.found("C5");
}

verdict c5_cancel_ends_a_read_and_a_write_together(const subject& of) {
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  stage scene(of);
  auto listening = scene.listen();
  const test::loopback_client never_reads(listening.port, 4096);
  std::atomic<int> ended{0};
  int note = 0;  // no atomic on purpose: ThreadSanitizer sees what does not order it
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& reader) -> act {
      const bytes chunk = co_await reader.read(*peer);
      reader.on().require(chunk.empty() && peer->error() == ECANCELED, "C5",
                          "a read beside a cancelled write was not cancelled");
      reader.on().require(note == 1 || reader.on().hung(), "C5",
                          "what was done before a cancel was not seen after it");
      ++ended;
    });
    self.on().add([&, peer](actor& writer) -> act {
      const bool written = co_await writer.write(*peer, much);
      writer.on().require(!written && peer->error() == ECANCELED, "C5",
                          "a write beside a cancelled read was not cancelled");
      ++ended;
    });
    co_await self.sleep_until(from_now(3 * ns_per_ms));
    note = 1;
    for (int i = 0; i < 2; ++i) self.scheduler().cancel(*peer);
    while (ended < 2 && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms / 2));
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

namespace {

/// The peer takes what the kernel has, and nothing more. So the write goes on for a while: it has
/// room, then waits again. The cancel comes so many turns later.
verdict cancel_a_write_that_moves(const subject& of, const std::vector<std::byte>& much,
                                  int turns) {
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client slow(listening.port, 65'536);
  std::atomic<bool> ended{false};
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& writer) -> act {
      const bool written = co_await writer.write(*peer, much);
      writer.on().require(!written && peer->error() == ECANCELED, "C5",
                          "a write that moved was not cancelled");
      ended = true;
    });
    co_await self.sleep_until(from_now(3 * ns_per_ms));
    slow.wait_at_most(ns_per_ms);
    slow.receive(much.size() / 4);
    for (int i = 0; i < turns; ++i) co_await self.yield();
    self.scheduler().cancel(*peer);
    while (!ended && !self.on().hung()) co_await self.sleep_until(from_now(ns_per_ms / 2));
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

}  // namespace

verdict c5_cancel_ends_a_write_that_moves(const subject& of) {
  const std::vector<std::byte> much(std::size_t{32} << 20U);
  for (const int turns : {1, 2, 3, 5, 8}) {
    if (auto broken = cancel_a_write_that_moves(of, much, turns)) return broken;
  }
  return std::nullopt;
}

verdict c5_cancel_reaches_its_own_object_only(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  auto spared_listener = scene.listen();
  const test::loopback_client silent(listening.port);
  test::loopback_client spared(listening.port);
  std::vector<test::loopback_client> visitors;
  std::atomic<int> cancelled{0};
  std::atomic<int> served{0};
  scene.add([&](actor& self) -> act {
    auto* quiet = co_await self.accept(listening.at);
    auto* other = co_await self.accept(listening.at);
    self.on().add([&, quiet](actor& reader) -> act {
      const bytes chunk = co_await reader.read(*quiet);
      if (chunk.empty()) ++cancelled;
      reader.close(*quiet);
    });
    self.on().add([&, other](actor& reader) -> act {
      const bytes chunk = co_await reader.read(*other);
      reader.on().require(chunk.size() == 1 || reader.on().hung(), "C5",
                          "a cancel ended another connection's read");
      ++served;
      reader.close(*other);
    });
    self.on().add([&](actor& acceptor) -> act {
      auto* visitor = co_await acceptor.accept(spared_listener.at);
      acceptor.on().require(visitor != nullptr || acceptor.on().hung(), "C5",
                            "a cancel ended another listener's accept");
      ++served;
      if (visitor != nullptr) acceptor.close(*visitor);
    });
    self.on().add([&, quiet](actor& canceller) -> act {
      co_await canceller.sleep_until(from_now(3 * ns_per_ms));
      canceller.scheduler().cancel(*quiet);
      canceller.scheduler().cancel(listening.at);
      while (cancelled < 2 && !canceller.on().hung()) {
        co_await canceller.sleep_until(from_now(ns_per_ms / 2));
      }
      canceller.on().require(served == 0 || canceller.on().hung(), "C5",
                             "a cancel ended another object's wait");
      spared.send_byte(std::byte{1});
      visitors.emplace_back(spared_listener.port);
    });
    auto* nobody = co_await self.accept(listening.at);
    if (nobody == nullptr) ++cancelled;
  });
  scene.play();
  scene.require(cancelled == 2 && served == 2, "C5", "a wait did not end as it was to");
  return scene.found("C5");
}

verdict c5_a_cancel_hides_no_earlier_error(const subject& of) {
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    client.reset();
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty() && peer->error() == ECONNRESET, "C1",
                      "the end of a connection that the peer reset was not ECONNRESET");
    for (int i = 0; i < 2; ++i) self.scheduler().cancel(*peer);
    self.on().require(peer->error() == ECONNRESET, "C5",
                      "a cancel hid the error that had ended the connection");
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

verdict c5_a_cancelled_read_gets_no_bytes(const subject& of) {
  if (!of.single_threaded) return std::nullopt;  // the kernel may have woken the thread by then
  stage scene(of);
  auto listening = scene.listen();
  test::loopback_client client(listening.port);
  scene.add([&](actor& self) -> act {
    auto* peer = co_await self.accept(listening.at);
    self.on().add([&, peer](actor& canceller) -> act {
      co_await canceller.sleep_until(from_now(3 * ns_per_ms));
      client.send_byte(std::byte{1});  // with the kernel when cancel is called, and nowhere else
      canceller.scheduler().cancel(*peer);
    });
    const bytes chunk = co_await self.read(*peer);
    self.on().require(chunk.empty() && peer->error() == ECANCELED, "C5",
                      "a read got bytes behind its cancel");
    self.close(*peer);
  });
  scene.play();
  return scene.found("C5");
}

}  // namespace skein::contract
