// The echo server in the poll style: futures written by hand as the state machines that a compiler
// makes of an async function.
//
// What a future waits for is one of several futures inside it, in a variant: its index is the
// state, and its room that of the largest. State that lives across a wait is a member.
#pragma once

#include <optional>
#include <variant>

#include "runtimes/scheduler.hpp"

namespace skein::c10k {

template <poll_scheduler S, class Counters>
class echo_future : pinned {
 public:
  using output = nothing;

  echo_future(S& scheduler, typename S::connection& peer, Counters& counters)
      : scheduler_(scheduler),
        peer_(peer),
        counters_(counters),
        waits_(std::in_place_type<reading>, scheduler, peer) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (auto* read = std::get_if<reading>(&waits_)) {
        const auto chunk = read->poll(with);
        if (!chunk) return not_ready;
        if (chunk->empty()) break;
        waits_.template emplace<writing>(scheduler_, peer_, *chunk);
      } else {
        auto& write = std::get<writing>(waits_);
        const auto complete = write.poll(with);
        if (!complete) return not_ready;
        if (*complete) counters_.add(write.size_bytes());
        waits_.template emplace<reading>(scheduler_, peer_);
      }
    }
    counters_.error(peer_.error());
    scheduler_.close(peer_);
    return nothing{};
  }

 private:
  using reading = typename S::reading;
  using writing = typename S::writing;

  S& scheduler_;
  typename S::connection& peer_;
  Counters& counters_;
  std::variant<reading, writing> waits_;
};

template <poll_scheduler S, class Counters>
class accept_all_future : pinned {
 public:
  using output = nothing;

  accept_all_future(S& scheduler, typename S::listener& from, Counters& counters)
      : scheduler_(scheduler), from_(from), counters_(counters) {
    waits_.emplace(scheduler, from);
  }

  polled<nothing> poll(context& with) {
    while (true) {
      const auto peer = waits_->poll(with);
      if (!peer) return not_ready;
      if (*peer == nullptr) break;
      scheduler_.template spawn<echo_future<S, Counters>>(scheduler_, **peer, counters_);
      waits_.emplace(scheduler_, from_);
    }
    counters_.error(from_.error());
    return nothing{};
  }

 private:
  S& scheduler_;
  typename S::listener& from_;
  Counters& counters_;
  std::optional<typename S::accepting> waits_;
};

/// Echoes on every connection of `from` until `from` is cancelled or the scheduler stops.
/// `counters` must outlive the run.
template <poll_scheduler S, class Counters>
void serve(S& scheduler, typename S::listener& from, Counters& counters) {
  scheduler.template spawn<accept_all_future<S, Counters>>(scheduler, from, counters);
}

}  // namespace skein::c10k
