// A connection whose reads have a deadline, in the callback style: the session has a timer, armed
// while it waits for a chunk.
#pragma once

#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/callback.hpp"
#include "workloads/c10k/timeout/counters.hpp"
#include "workloads/nesting.hpp"

namespace skein::c10k {

/// In place of callback.hpp's.
template <callback_scheduler S, workloads::tasks_on Threads>
class echo_session<echo_acceptor<S, timeout_counters<Threads>>, workloads::usual::depth,
                   workloads::usual::held_bytes> {
 public:
  using acceptor = echo_acceptor<S, timeout_counters<Threads>>;

  echo_session(acceptor& server, typename S::connection& peer) noexcept
      : server_(server), peer_(peer) {}

  void start() {
    wait();
    server_.scheduler_.template receive<&echo_session::on_chunk>(peer_, this);
  }

 private:
  void wait() {
    const time_ns until_ns = server_.counters_.read_until_ns();
    server_.scheduler_.template sleep_until<&echo_session::on_wake>(timer_, until_ns, this);
  }

  void on_chunk(bytes chunk) {
    server_.scheduler_.withdraw(timer_);
    if (chunk.empty()) {
      receiving_ = false;
      return close_when_idle();
    }
    writing_ = true;
    chunk_bytes_ = static_cast<std::uint32_t>(chunk.size());
    server_.scheduler_.template write<&echo_session::on_written>(peer_, chunk, this);
  }

  void on_written(bool complete) {
    if (complete) server_.counters_.add(chunk_bytes_);
    writing_ = false;
    if (receiving_) return wait();
    close_when_idle();
  }

  /// If it was cancelled, the stream ends, too. A chunk may be on its way that came in time.
  void on_wake(wake how) {
    if (how == wake::cancelled || server_.scheduler_.has_come(peer_)) return;
    server_.counters_.timed_out();
    close();
  }

  void close_when_idle() {
    if (!receiving_ && !writing_) close();
  }

  void close() { server_.end(this, peer_); }

  acceptor& server_;
  typename S::connection& peer_;
  typename S::timer timer_;
  std::uint32_t chunk_bytes_ = 0;
  bool receiving_ = true;
  bool writing_ = false;
};

}  // namespace skein::c10k
