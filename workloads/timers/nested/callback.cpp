// Sleepers that wait some calls down, in the callback style: a handler that calls the next is a
// level, and what is held lies in the session, as the levels do.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/handler_chain.hpp"
#include "workloads/session.hpp"
#include "workloads/timers/nested.hpp"
#include "workloads/timers/program.hpp"

namespace skein::timers {
namespace {

template <std::int64_t Depth, std::int64_t Held, callback_scheduler S>
class nested_sleeper {
 public:
  nested_sleeper(S& scheduler, nested_sleepers<S>& context, std::size_t index) noexcept
      : scheduler_(scheduler),
        context_(context),
        index_(index),
        levels_(handler<wake>::template to<&nested_sleeper::on_wake>(this)) {}

  void start() {
    held_.write();
    const time_ns due_ns = context_.due_ns(index_);
    if constexpr (Depth == 1) {
      scheduler_.template sleep_until<&nested_sleeper::on_wake>(timer_, due_ns, this);
    } else {
      using level = workloads::handler_level<wake>;
      scheduler_.template sleep_until<&level::done>(timer_, due_ns, levels_.innermost());
    }
  }

 private:
  void on_wake(wake how) {
    const time_ns now_ns = monotonic_clock::now_ns();
    context_.woke(index_, now_ns, how, held_.are_kept());
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  nested_sleepers<S>& context_;
  std::size_t index_;
  typename S::timer timer_;
  [[no_unique_address]] workloads::handler_chain<Depth - 1, wake> levels_;
  [[no_unique_address]] workloads::held_bytes<Held> held_;
};

template <std::int64_t Depth, std::int64_t Held, callback_scheduler S>
void spawn_nested(S& scheduler, nested_sleepers<S>& context, std::size_t index) {
  workloads::spawn_session<nested_sleeper<Depth, Held, S>>(scheduler, context, index);
}

}  // namespace

template <callback_scheduler S>
nested_spawn<S> nested_spawn_for(const workloads::nesting& asked) {
  nested_spawn<S> chosen = nullptr;
  workloads::with_nesting(asked, [&](auto depth, auto held) {
    chosen = &spawn_nested<decltype(depth)::value, decltype(held)::value, S>;
  });
  return chosen;
}

std::unique_ptr<workloads::program> make_nested_callback(std::string_view runtime,
                                                         const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<callback_scheduler S>() {
    return std::make_unique<program<S, nested_sleepers<S>>>(asked);
  });
}

}  // namespace skein::timers
