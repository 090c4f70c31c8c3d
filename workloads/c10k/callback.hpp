// The echo server in the callback style: a session object per connection owns its state, and every
// step ends by naming the next one.
//
// There is no closure, and nothing is allocated per message. State that the other styles keep on a
// stack or in a frame is kept here by hand. The session deletes itself when its stream has ended
// and it has no pending write, whichever comes last.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"
#include "workloads/handler_chain.hpp"
#include "workloads/nesting.hpp"

namespace skein::c10k {

template <class Acceptor, std::int64_t Depth, std::int64_t Held>
class echo_session;

/// Accepts connections and gives each a session. It is one task, and lives until the last session
/// is over: sessions reach the scheduler and the counters through it, which keeps them small.
///
/// `Depth`, `Held`: how its sessions wait; the ordinary one has no levels and holds nothing.
template <callback_scheduler S, class Counters, std::int64_t Depth = workloads::usual::depth,
          std::int64_t Held = workloads::usual::held_bytes>
class echo_acceptor {
 public:
  using connection = typename S::connection;
  using listener = typename S::listener;

  echo_acceptor(S& scheduler, listener& from, Counters& counters) noexcept
      : scheduler_(scheduler), from_(from), counters_(counters) {}

  void start() { scheduler_.template accept<&echo_acceptor::on_accept>(from_, this); }

 private:
  using session = echo_session<echo_acceptor, Depth, Held>;
  friend session;

  void on_accept(connection* peer) {
    if (peer != nullptr) {
      ++sessions_;
      auto* opened = new session(*this, *peer);
      scheduler_.template spawn<&session::start>(opened);
      return;
    }
    if (from_.error() != ECANCELED) counters_.error(from_.error());
    accepting_ = false;
    end_task();
  }

  /// A session's last step.
  void end(session* over, connection& peer) {
    const int error = peer.error();
    if (error != 0 && error != ECANCELED) counters_.error(error);
    scheduler_.close(peer);
    delete over;
    --sessions_;
    end_task();
  }

  /// One task has ended: the acceptor's own, or a session's.
  void end_task() noexcept {
    S& scheduler = scheduler_;
    if (!accepting_ && sessions_ == 0) delete this;
    scheduler.task_done();
  }

  S& scheduler_;
  listener& from_;
  Counters& counters_;
  std::size_t sessions_ = 0;
  bool accepting_ = true;
};

/// Echoes every chunk until the stream ends. The innermost level gets the chunks.
template <class Acceptor, std::int64_t Depth, std::int64_t Held>
class echo_session {
 public:
  echo_session(Acceptor& server, typename Acceptor::connection& peer) noexcept
      : server_(server),
        peer_(peer),
        levels_(handler<bytes>::template to<&echo_session::on_chunk>(this)) {}

  void start() {
    held_.write();
    if constexpr (Depth == 1) {
      server_.scheduler_.template receive<&echo_session::on_chunk>(peer_, this);
    } else {
      using level = workloads::handler_level<bytes>;
      server_.scheduler_.template receive<&level::done>(peer_, levels_.innermost());
    }
  }

 private:
  void on_chunk(bytes chunk) {
    if constexpr (Held > 0) server_.counters_.check(held_.are_kept());
    held_.write();
    if (chunk.empty()) {
      receiving_ = false;
      return close_when_idle();
    }
    writing_ = true;
    chunk_bytes_ = static_cast<std::uint32_t>(chunk.size());
    server_.scheduler_.template write<&echo_session::on_written>(peer_, chunk, this);
  }

  /// A failed write needs no report: the stream ends too, and error() keeps the reason.
  void on_written(bool complete) {
    if (complete) server_.counters_.add(chunk_bytes_);
    writing_ = false;
    close_when_idle();
  }

  void close_when_idle() {
    if (receiving_ || writing_) return;
    server_.end(this, peer_);
  }

  Acceptor& server_;
  typename Acceptor::connection& peer_;
  std::uint32_t chunk_bytes_ = 0;  ///< of the write; its lent bytes are gone when it ends
  bool receiving_ = true;
  bool writing_ = false;
  [[no_unique_address]] workloads::handler_chain<Depth - 1, bytes> levels_;
  [[no_unique_address]] workloads::held_bytes<Held> held_;
};

/// Echoes on every connection of `from` until `from` is cancelled or the scheduler stops.
/// `counters` must outlive the run: add(size_bytes) is called per echoed chunk, error(errno) per
/// failed connection.
template <callback_scheduler S, class Counters>
void serve(S& scheduler, typename S::listener& from, Counters& counters) {
  using acceptor = echo_acceptor<S, Counters>;
  scheduler.template spawn<&acceptor::start>(new acceptor(scheduler, from, counters));
}

}  // namespace skein::c10k
