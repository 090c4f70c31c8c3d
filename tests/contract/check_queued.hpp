// Clauses W2 and P7 of the poll style where an operation waits for its turn only: it was put off by
// the inline budget, or cancelled. As check_futures.hpp, for each scheduler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/socket.hpp"
#include "tests/contract/check_futures.hpp"
#include "tests/contract/verdict.hpp"
#include "tests/loopback_client.hpp"
#include "tests/options.hpp"

namespace skein::contract {

inline scheduler_options with_budget(std::uint32_t operations) {
  scheduler_options options = test::options_for(10);
  options.inline_budget = operations;
  return options;
}

/// Long over, also by the clock of a loop's timers, which may be behind.
inline constexpr time_ns long_ago_ns = 0;

/// Sleeps that are due already, until one of them is put off.
template <poll_scheduler S>
void use_up_budget(S& on, context& with) {
  for (int i = 0; i < 1'000; ++i) {
    typename S::sleeping due(on, long_ago_ns);
    if (!due.poll(with)) return;
  }
}

/// The output of a wait that comes last in its task, after what uses up the budget at each poll.
/// None if it had none after many polls.
template <poll_scheduler S, class Wait>
polled<typename Wait::output> output_behind_others(S& on, Wait& last) {
  polled<typename Wait::output> output;
  int polls = 0;
  on.template spawn<scripted>([&](context& with) {
    use_up_budget(on, with);
    output = last.poll(with);
    return output.has_value() || ++polls == 100;
  });
  on.run();
  return output;
}

/// Each of the waits, ready when it is first polled.
template <poll_scheduler S>
verdict w2_what_is_put_off_has_its_turn() {
  findings found;
  S on(with_budget(4));
  typename S::sleeping sleep(on, long_ago_ns);
  require(found, output_behind_others(on, sleep).has_value(), "W2", "a due sleep had no turn");

  const listening_socket socket = make_listener(blocking::no);
  test::loopback_client client(socket.port);
  typename S::accepting accept(on, on.listen(socket.descriptor));
  const auto peer = output_behind_others(on, accept);
  require(found, peer.has_value(), "W2", "an accept had no turn");
  if (!peer) return found_in(found, on, "W2");

  const std::array sent{std::byte{7}};
  client.send(sent);
  typename S::reading read(on, **peer);
  const auto chunk = output_behind_others(on, read);
  require(found, chunk && chunk->size() == 1, "W2", "a read had no turn");
  typename S::writing write(on, **peer, sent);
  require(found, output_behind_others(on, write) == true, "W2", "a write had no turn");
  on.close(**peer);
  return found_in(found, on, "W2");
}

/// How the operations of three waits get into the queue.
enum class queued_by : bool { budget, cancel };

/// Three tasks wait, each on one of the objects. While all three operations are queued, the second
/// wait is dropped: it must not wake its task any more, and the others must end. Returns their
/// outputs.
template <class Wait, poll_scheduler S, class Object, class... More>
std::array<polled<typename Wait::output>, 3> drop_the_second(findings& found, S& on,
                                                             const std::array<Object*, 3>& objects,
                                                             queued_by how, const More&... more) {
  constexpr std::size_t second = 1;
  std::array<std::optional<Wait>, 3> waits;
  std::array<polled<typename Wait::output>, 3> outputs;
  std::array<int, 3> polls{};
  std::optional<typename S::sleeping> pause;
  for (std::size_t i = 0; i < 3; ++i) {
    on.template spawn<scripted>([&, i](context& with) {
      if (polls[i]++ == 0) {
        if (how == queued_by::budget) use_up_budget(on, with);
        require(found, !waits[i].emplace(on, *objects[i], more...).poll(with), "P7",
                "a wait that has no turn yet has ended");
        return i == second &&
               pause.emplace(on, test::from_now(5 * ns_per_ms)).poll(with).has_value();
      }
      if (i == second) return pause->poll(with).has_value();
      outputs[i] = waits[i]->poll(with);
      return outputs[i].has_value();
    });
  }
  on.template spawn<scripted>([&](context&) {
    if (how == queued_by::cancel) {
      for (Object* each : objects) on.cancel(*each);
    }
    waits[second].reset();
    return true;
  });
  on.run();
  if (!S::info().polls_unasked) {
    require(found, polls[second] == 2, "P7", "a dropped wait woke its task");
  }
  return outputs;
}

template <poll_scheduler S>
verdict p7_a_queued_accept_is_withdrawn(queued_by how) {
  findings found;
  S on(with_budget(4));
  const std::array sockets{make_listener(blocking::no), make_listener(blocking::no),
                           make_listener(blocking::no)};
  const std::array listeners{&on.listen(sockets[0].descriptor), &on.listen(sockets[1].descriptor),
                             &on.listen(sockets[2].descriptor)};
  std::vector<test::loopback_client> clients;
  if (how == queued_by::budget) {
    for (const listening_socket& each : sockets) clients.emplace_back(each.port);
  }
  auto accepted = drop_the_second<typename S::accepting>(found, on, listeners, how);
  typename S::accepting next(on, *listeners[1]);
  accepted[1] = output_behind_others(on, next);
  for (const auto& peer : accepted) {
    require(found, peer.has_value() && (*peer != nullptr) == (how == queued_by::budget), "P7",
            "an accept was touched by another that was dropped");
    if (peer.value_or(nullptr) != nullptr) on.close(**peer);
  }
  require(found, on.live().connections == 0, "P7", "a dropped accept took its connection");
  return found_in(found, on, "P7");
}

/// Three connections, and their clients, who read slowly.
template <poll_scheduler S>
struct three_peers : pinned {
  three_peers() {
    for (auto*& peer : peers) {
      clients.emplace_back(socket.port, 4096);
      typename S::accepting accept(on, from);
      peer = output_behind_others(on, accept).value();
    }
  }
  ~three_peers() {
    for (auto* const peer : peers) on.close(*peer);
  }

  S on{with_budget(4)};
  const listening_socket socket = make_listener(blocking::no);
  typename S::listener& from = on.listen(socket.descriptor);
  std::vector<test::loopback_client> clients;
  std::array<typename S::connection*, 3> peers{};
};

template <poll_scheduler S>
verdict p7_a_queued_read_is_withdrawn(queued_by how) {
  findings found;
  three_peers<S> at;
  const std::size_t sent_bytes = how == queued_by::budget ? 1 : 0;
  if (how == queued_by::budget) {
    for (test::loopback_client& each : at.clients) each.send_byte(std::byte{7});
  }
  auto chunks = drop_the_second<typename S::reading>(found, at.on, at.peers, how);
  typename S::reading next(at.on, *at.peers[1]);
  chunks[1] = output_behind_others(at.on, next);
  for (const auto& chunk : chunks) {
    require(found, chunk.has_value() && chunk->size() == sent_bytes, "P7",
            "a read was touched by another that was dropped");
  }
  return found_in(found, at.on, "P7");
}

template <poll_scheduler S>
verdict p7_a_queued_write_is_withdrawn(queued_by how) {
  findings found;
  three_peers<S> at;
  const bool fits = how == queued_by::budget;
  const std::vector<std::byte> data(fits ? 1 : std::size_t{8} << 20U);
  auto complete =
      drop_the_second<typename S::writing>(found, at.on, at.peers, how, std::span(data));
  typename S::writing next(at.on, *at.peers[1], data);
  complete[1] = output_behind_others(at.on, next);
  for (const auto& each : complete) {
    require(found, each == fits, "P7", "a write was touched by another that was dropped");
  }
  return found_in(found, at.on, "P7");
}

}  // namespace skein::contract
