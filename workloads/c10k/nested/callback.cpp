// The echo server whose reads end some calls down, in the callback style: a handler that calls the
// next is a level, and what is held lies in the session, as the levels do.
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"

namespace skein::c10k {
template <callback_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_nesting(counters.nested(), [&](auto depth, auto held) {
    using acceptor =
        echo_acceptor<S, nested_counters<S>, decltype(depth)::value, decltype(held)::value>;
    scheduler.template spawn<&acceptor::start>(new acceptor(scheduler, from, counters));
  });
}

std::unique_ptr<workloads::program> make_nested_callback(std::string_view runtime,
                                                         const parameters& asked) {
  return workloads::make_if_taken<all_runtimes>(runtime, [&]<callback_scheduler S>() {
    return std::make_unique<program<S, nested_counters<S>>>(asked);
  });
}

}  // namespace skein::c10k
