// The echo server whose reads end some calls down, in the callback style: a handler that calls the
// next is a level, and what is held lies in the session, as the levels do.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtimes/all.hpp"
#include "workloads/c10k/nested.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/handler_chain.hpp"

namespace skein::c10k {
namespace {

/// As echo_session; the innermost level gets the chunks.
template <std::int64_t Depth, std::int64_t Held>
struct nested {
  template <class Acceptor>
  class session {
   public:
    session(Acceptor& server, typename Acceptor::connection& peer) noexcept
        : server_(server),
          peer_(peer),
          levels_(handler<bytes>::template to<&session::on_chunk>(this)) {}

    void start() {
      held_.write();
      if constexpr (Depth == 1) {
        server_.scheduler_.template receive<&session::on_chunk>(peer_, this);
      } else {
        using level = workloads::handler_level<bytes>;
        server_.scheduler_.template receive<&level::done>(peer_, levels_.innermost());
      }
    }

   private:
    void on_chunk(bytes chunk) {
      server_.counters_.check(held_.are_kept());
      held_.write();
      if (chunk.empty()) {
        receiving_ = false;
        return close_when_idle();
      }
      writing_ = true;
      chunk_bytes_ = static_cast<std::uint32_t>(chunk.size());
      server_.scheduler_.template write<&session::on_written>(peer_, chunk, this);
    }

    void on_written(bool complete) {
      if (complete) server_.counters_.add(chunk_bytes_);
      writing_ = false;
      close_when_idle();
    }

    void close_when_idle() {
      if (receiving_ || writing_) return;
      Acceptor& server = server_;
      const int error = peer_.error();
      if (error != 0 && error != ECANCELED) server.counters_.error(error);
      server.scheduler_.close(peer_);
      delete this;
      server.session_over();
    }

    Acceptor& server_;
    typename Acceptor::connection& peer_;
    std::uint32_t chunk_bytes_ = 0;
    bool receiving_ = true;
    bool writing_ = false;
    [[no_unique_address]] workloads::handler_chain<Depth - 1, bytes> levels_;
    [[no_unique_address]] workloads::held_bytes<Held> held_;
  };
};

}  // namespace

template <callback_scheduler S>
void serve(S& scheduler, typename S::listener& from, nested_counters<S>& counters) {
  workloads::with_nesting(counters.nested(), [&](auto depth, auto held) {
    using tasks = nested<decltype(depth)::value, decltype(held)::value>;
    using acceptor = echo_acceptor<S, nested_counters<S>, tasks::template session>;
    scheduler.template spawn<&acceptor::start>(new acceptor(scheduler, from, counters));
  });
}

std::unique_ptr<workloads::program> make_nested_callback(std::string_view runtime,
                                                         const parameters& asked) {
  std::unique_ptr<workloads::program> made;
  all_runtimes::for_each([&]<class S>() {
    if constexpr (callback_scheduler<S>) {
      if (S::info().id == runtime) made = std::make_unique<program<S, nested_counters<S>>>(asked);
    }
  });
  return made;
}

}  // namespace skein::c10k
