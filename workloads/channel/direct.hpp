// The tasks of channel in the direct style, for threads and fibers: a sender, and a receiver.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/context.hpp"

namespace skein::channel {

template <direct_scheduler S>
void send_all(S& scheduler, context<S>& shared, std::uint32_t sender) {
  if (scheduler.sleep_until(shared.epoch_ns()) == wake::cancelled) return;
  for (std::uint32_t number = 0; number < shared.messages_of(sender); ++number) {
    if (!scheduler.until(shared.send({sender, number}))) return;
  }
}

template <direct_scheduler S>
void receive_all(S& scheduler, context<S>& shared, std::size_t receiver) {
  while (const auto got = scheduler.until(shared.receive())) shared.received(receiver, *got);
}

/// Spawns sender, or receiver, number `index`. `shared` must outlive it.
template <direct_scheduler S>
void spawn_sender(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] {
    send_all(scheduler, shared, static_cast<std::uint32_t>(index));
  });
}
template <direct_scheduler S>
void spawn_receiver(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn([&scheduler, &shared, index] { receive_all(scheduler, shared, index); });
}

}  // namespace skein::channel
