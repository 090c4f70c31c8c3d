// The echo server whose reads happen some calls down, in the poll style: a future in a future is a
// level, and what is held lies in the outermost. All of it is one struct.
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/future_chain.hpp"

namespace skein::c10k {
namespace {

template <std::int64_t Depth, std::int64_t Held, poll_scheduler S>
class nested_echo_future : pinned {
 public:
  using output = nothing;

  nested_echo_future(S& scheduler, typename S::connection& peer, nested_counters<S>& counters)
      : scheduler_(scheduler), peer_(peer), counters_(counters) {}

  polled<nothing> poll(context& with) {
    while (true) {
      if (std::holds_alternative<std::monostate>(waits_)) {
        held_.write();
        waits_.template emplace<reading>(scheduler_, peer_);
      }
      if (auto* read = std::get_if<reading>(&waits_)) {
        const auto chunk = read->poll(with);
        if (!chunk) return not_ready;
        counters_.check(held_.are_kept());
        if (chunk->empty()) break;
        waits_.template emplace<writing>(scheduler_, peer_, *chunk);
      }
      auto& write = std::get<writing>(waits_);
      const auto complete = write.poll(with);
      if (!complete) return not_ready;
      if (*complete) counters_.add(write.size_bytes());
      waits_.template emplace<std::monostate>();
    }
    counters_.error(peer_.error());
    scheduler_.close(peer_);
    return nothing{};
  }

 private:
  using reading = workloads::future_chain<typename S::reading, Depth - 1>;
  using writing = typename S::writing;

  S& scheduler_;
  typename S::connection& peer_;
  nested_counters<S>& counters_;
  std::variant<std::monostate, reading, writing> waits_;
  [[no_unique_address]] workloads::held_bytes<Held> held_;
};

template <std::int64_t Depth, std::int64_t Held, poll_scheduler S>
class nested_accept_future : pinned {
 public:
  using output = nothing;

  nested_accept_future(S& scheduler, typename S::listener& from, nested_counters<S>& counters)
      : scheduler_(scheduler), from_(from), counters_(counters) {
    waits_.emplace(scheduler, from);
  }

  polled<nothing> poll(context& with) {
    while (true) {
      const auto peer = waits_->poll(with);
      if (!peer) return not_ready;
      if (*peer == nullptr) break;
      scheduler_.template spawn<nested_echo_future<Depth, Held, S>>(scheduler_, **peer, counters_);
      waits_.emplace(scheduler_, from_);
    }
    counters_.error(from_.error());
    return nothing{};
  }

 private:
  S& scheduler_;
  typename S::listener& from_;
  nested_counters<S>& counters_;
  std::optional<typename S::accepting> waits_;
};

}  // namespace

template <poll_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_nesting(counters.nested(), [&](auto depth, auto held) {
    using accepting = nested_accept_future<decltype(depth)::value, decltype(held)::value, S>;
    scheduler.template spawn<accepting>(scheduler, from, counters);
  });
}

std::unique_ptr<workloads::program> make_nested_poll(std::string_view runtime,
                                                     const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<poll_scheduler S>() {
    return std::make_unique<program<S, nested_counters<S>>>(asked);
  });
}

}  // namespace skein::c10k
