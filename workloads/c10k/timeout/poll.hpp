// A connection whose reads have a deadline, in the poll style: the read's future is another one.
#pragma once

#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/poll.hpp"
#include "workloads/c10k/timeout/counters.hpp"

namespace skein::c10k {

/// In place of poll.hpp's.
template <poll_scheduler S, workloads::tasks_on Threads>
class echo_future<S, timeout_counters<Threads>> : pinned {
 public:
  using output = nothing;

  echo_future(S& scheduler, typename S::connection& peer, timeout_counters<Threads>& counters)
      : scheduler_(scheduler),
        peer_(peer),
        counters_(counters),
        waits_(std::in_place_type<reading>, scheduler, peer, counters.read_until_ns()) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (auto* read = std::get_if<reading>(&waits_)) {
        const auto chunk = read->poll(with);
        if (!chunk) return not_ready;
        if (!*chunk) counters_.timed_out();
        if (!*chunk || (*chunk)->empty()) break;
        waits_.template emplace<writing>(scheduler_, peer_, **chunk);
      } else {
        auto& write = std::get<writing>(waits_);
        const auto complete = write.poll(with);
        if (!complete) return not_ready;
        if (*complete) counters_.add(write.size_bytes());
        waits_.template emplace<reading>(scheduler_, peer_, counters_.read_until_ns());
      }
    }
    counters_.error(peer_.error());
    scheduler_.close(peer_);
    return nothing{};
  }

 private:
  using reading = typename S::reading_until;
  using writing = typename S::writing;

  S& scheduler_;
  typename S::connection& peer_;
  timeout_counters<Threads>& counters_;
  std::variant<reading, writing> waits_;
};

}  // namespace skein::c10k
