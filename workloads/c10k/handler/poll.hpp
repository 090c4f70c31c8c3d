// A connection whose requests wait and compute, in the poll style: the wait is one more state.
#pragma once

#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/handler/requests.hpp"
#include "workloads/c10k/poll.hpp"

namespace skein::c10k {

/// In place of poll.hpp's.
template <poll_scheduler S, workloads::tasks_on Threads>
class echo_future<S, handler_counters<Threads>> : pinned {
 public:
  using output = nothing;

  echo_future(S& scheduler, typename S::connection& peer, handler_counters<Threads>& counters)
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
        request_.take(*chunk);
        if (counters_.waits()) {
          waits_.template emplace<sleeping>(scheduler_, counters_.wait_until_ns());
        } else {
          reply();
        }
      } else if (auto* sleep = std::get_if<sleeping>(&waits_)) {
        if (!sleep->poll(with)) return not_ready;
        reply();
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
  using sleeping = typename S::sleeping;
  using writing = typename S::writing;

  void reply() {
    waits_.template emplace<writing>(scheduler_, peer_, request_.worked_on(counters_.steps()));
  }

  S& scheduler_;
  typename S::connection& peer_;
  handler_counters<Threads>& counters_;
  std::variant<reading, sleeping, writing> waits_;
  handled_request request_;
};

}  // namespace skein::c10k
