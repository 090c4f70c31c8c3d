// The tasks of channel in the poll style: a sender, and a receiver. Each is the state machine that
// a compiler makes of an async function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/context.hpp"

namespace skein::channel {

template <poll_scheduler S>
class send_all_future : pinned {
 public:
  using output = nothing;

  send_all_future(S& scheduler, channel::context<S>& shared, std::uint32_t index)
      : scheduler_(scheduler),
        shared_(shared),
        index_(index),
        waits_(std::in_place_type<sleeping>, scheduler, shared.epoch_ns()) {}

  polled<nothing> poll(skein::context& with) {
    if (auto* const sleep = std::get_if<sleeping>(&waits_)) {
      const auto how = sleep->poll(with);
      if (!how) return not_ready;
      if (*how == wake::cancelled) return nothing{};
      if (!send_next()) return nothing{};
    }
    while (true) {
      const auto sent = std::get<sending>(waits_).poll(with);
      if (!sent) return not_ready;
      if (!*sent || !send_next()) return nothing{};
    }
  }

 private:
  using sleeping = typename S::sleeping;
  using sending = typename S::template waiting<typename channel::context<S>::messages::sending>;

  bool send_next() {
    if (number_ == shared_.messages_of(index_)) return false;
    waits_.template emplace<sending>(scheduler_, shared_.send({index_, number_++}));
    return true;
  }

  S& scheduler_;
  channel::context<S>& shared_;
  std::uint32_t index_;
  std::uint32_t number_ = 0;
  std::variant<sleeping, sending> waits_;
};

template <poll_scheduler S>
class receive_all_future : pinned {
 public:
  using output = nothing;

  receive_all_future(S& scheduler, channel::context<S>& shared, std::size_t index)
      : scheduler_(scheduler),
        shared_(shared),
        index_(index),
        receiving_(std::in_place, scheduler, shared.receive()) {}

  polled<nothing> poll(skein::context& with) {
    while (true) {
      const auto got = receiving_->poll(with);
      if (!got) return not_ready;
      if (!*got) return nothing{};
      shared_.received(index_, **got);
      receiving_.emplace(scheduler_, shared_.receive());
    }
  }

 private:
  using receiving = typename S::template waiting<typename channel::context<S>::messages::receiving>;

  S& scheduler_;
  channel::context<S>& shared_;
  std::size_t index_;
  std::optional<receiving> receiving_;  ///< always there, and made anew for every message
};

/// Spawns sender, or receiver, number `index`. `shared` must outlive it.
template <poll_scheduler S>
void spawn_sender(S& scheduler, channel::context<S>& shared, std::size_t index) {
  scheduler.template spawn<send_all_future<S>>(scheduler, shared,
                                               static_cast<std::uint32_t>(index));
}
template <poll_scheduler S>
void spawn_receiver(S& scheduler, channel::context<S>& shared, std::size_t index) {
  scheduler.template spawn<receive_all_future<S>>(scheduler, shared, index);
}

}  // namespace skein::channel
