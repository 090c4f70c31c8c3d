// Sleepers that wait some calls down, in the poll style: a future in a future is a level, and what
// is held lies in the outermost. All of it is one struct.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/future_chain.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"

namespace skein::timers {
namespace {

template <std::int64_t Depth, std::int64_t Held, poll_scheduler S>
class nested_sleep_future {
 public:
  using output = nothing;

  nested_sleep_future(S& scheduler, nested_sleepers<S>& shared, std::size_t index)
      : context_(shared), index_(index), sleep_(scheduler, shared.due_ns(index)) {}

  polled<nothing> poll(context& with) {
    if (!waits_) {
      held_.write();
      waits_ = true;
    }
    const auto how = sleep_.poll(with);
    if (!how) return not_ready;
    const time_ns now_ns = monotonic_clock::now_ns();
    context_.woke(index_, now_ns, *how, held_.are_kept());
    return nothing{};
  }

 private:
  nested_sleepers<S>& context_;
  std::size_t index_;
  workloads::future_chain<typename S::sleeping, Depth - 1> sleep_;
  [[no_unique_address]] workloads::held_bytes<Held> held_;
  bool waits_ = false;
};

template <std::int64_t Depth, std::int64_t Held, poll_scheduler S>
void spawn_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  scheduler.template spawn<nested_sleep_future<Depth, Held, S>>(scheduler, context, index);
}

}  // namespace

template <poll_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked) {
  nested_spawn<S> chosen = nullptr;
  workloads::with_nesting(asked, [&](auto depth, auto held) {
    chosen = &spawn_nested<decltype(depth)::value, decltype(held)::value, S>;
  });
  return chosen;
}

std::unique_ptr<workloads::program> make_nested_poll(std::string_view runtime,
                                                     const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<poll_scheduler S>() {
    return std::make_unique<program<S, nested_sleepers<S>>>(asked);
  });
}

}  // namespace skein::timers
