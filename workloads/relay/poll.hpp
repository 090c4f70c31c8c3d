// The tasks of relay in the poll style: one of the ring, and the starter. Each is the state machine
// that a compiler makes of an async function.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/relay/ring.hpp"

namespace skein::relay {

template <poll_scheduler S>
class pass_on_future : pinned {
 public:
  using output = nothing;

  pass_on_future(S& scheduler, ring<S>& shared, std::size_t index)
      : scheduler_(scheduler),
        shared_(shared),
        index_(index),
        waits_(std::in_place_type<receiving>, scheduler, shared.at(index).receive()) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (auto* const receive = std::get_if<receiving>(&waits_)) {
        const auto received = receive->poll(with);
        if (!received) return not_ready;
        if (!*received) return nothing{};
        const auto next = shared_.hop(index_, **received);
        if (next) {
          waits_.template emplace<sending>(scheduler_, shared_.after(index_).send(*next));
          continue;
        }
      } else if (!std::get<sending>(waits_).poll(with)) {
        return not_ready;
      }
      waits_.template emplace<receiving>(scheduler_, shared_.at(index_).receive());
    }
  }

 private:
  using channel = typename ring<S>::channel;
  using receiving = typename S::template waiting<typename channel::receiving>;
  using sending = typename S::template waiting<typename channel::sending>;

  S& scheduler_;
  ring<S>& shared_;
  std::size_t index_;
  std::variant<receiving, sending> waits_;
};

template <poll_scheduler S>
class start_and_end_future : pinned {
 public:
  using output = nothing;

  start_and_end_future(S& scheduler, ring<S>& shared)
      : scheduler_(scheduler),
        shared_(shared),
        waits_(std::in_place_index<until_epoch>, scheduler, shared.epoch_ns()) {}

  polled<nothing> poll(context& with) {
    switch (waits_.index()) {
      case until_epoch:
        if (!std::get<until_epoch>(waits_).poll(with)) return not_ready;
        waits_.template emplace<until_sent>(scheduler_, shared_.at(0).send(shared_.token()));
        [[fallthrough]];
      case until_sent:
        if (!std::get<until_sent>(waits_).poll(with)) return not_ready;
        waits_.template emplace<until_over>(scheduler_, shared_.over());
        [[fallthrough]];
      case until_over:
        if (!std::get<until_over>(waits_).poll(with)) return not_ready;
        waits_.template emplace<until_rested>(scheduler_, shared_.rested_ns());
        [[fallthrough]];
      default:
        if (!std::get<until_rested>(waits_).poll(with)) return not_ready;
        shared_.close();
        return nothing{};
    }
  }

 private:
  enum state : std::size_t { until_epoch, until_sent, until_over, until_rested };

  using sleeping = typename S::sleeping;
  using sending = typename S::template waiting<typename ring<S>::channel::sending>;
  using awaiting = typename S::template waiting<typename S::event::awaiting>;

  S& scheduler_;
  ring<S>& shared_;
  std::variant<sleeping, sending, awaiting, sleeping> waits_;
};

/// Spawns task number `index`. `shared` must outlive it.
template <poll_scheduler S>
void spawn_task(S& scheduler, ring<S>& shared, std::size_t index) {
  scheduler.template spawn<pass_on_future<S>>(scheduler, shared, index);
}
template <poll_scheduler S>
void spawn_starter(S& scheduler, ring<S>& shared) {
  scheduler.template spawn<start_and_end_future<S>>(scheduler, shared);
}

}  // namespace skein::relay
