// The tasks of channel in the coroutine style: a sender, and a receiver.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/context.hpp"

namespace skein::channel {

template <coroutine_scheduler S>
typename S::task send_all(S& scheduler, context<S>& shared, std::uint32_t sender) {
  const wake how = co_await scheduler.sleep_until(shared.epoch_ns());
  if (how == wake::cancelled) co_return;
  for (std::uint32_t number = 0; number < shared.messages_of(sender); ++number) {
    const message next{sender, number};
    const bool sent = co_await scheduler.until(shared.send(next));
    if (!sent) break;
  }
}

template <coroutine_scheduler S>
typename S::task receive_all(S& scheduler, context<S>& shared, std::size_t receiver) {
  while (true) {
    const auto got = co_await scheduler.until(shared.receive());
    if (!got) break;
    shared.received(receiver, *got);
  }
}

/// Spawns sender, or receiver, number `index`. `shared` must outlive it.
template <coroutine_scheduler S>
void spawn_sender(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn(send_all(scheduler, shared, static_cast<std::uint32_t>(index)));
}
template <coroutine_scheduler S>
void spawn_receiver(S& scheduler, context<S>& shared, std::size_t index) {
  scheduler.spawn(receive_all(scheduler, shared, index));
}

}  // namespace skein::channel
