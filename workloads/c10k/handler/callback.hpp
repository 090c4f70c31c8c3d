// A connection whose requests wait and compute, in the callback style: a wait has a timer of the
// session's, and a step behind it.
#pragma once

#include <cerrno>
#include <cstdint>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/callback.hpp"
#include "workloads/c10k/handler/requests.hpp"
#include "workloads/nesting.hpp"

namespace skein::c10k {

/// In place of callback.hpp's.
template <callback_scheduler S, workloads::tasks_on Threads>
class echo_session<echo_acceptor<S, handler_counters<Threads>>, workloads::usual::depth,
                   workloads::usual::held_bytes> {
 public:
  using acceptor = echo_acceptor<S, handler_counters<Threads>>;

  echo_session(acceptor& server, typename S::connection& peer) noexcept
      : server_(server), peer_(peer) {}

  void start() { server_.scheduler_.template receive<&echo_session::on_chunk>(peer_, this); }

 private:
  void on_chunk(bytes chunk) {
    if (chunk.empty()) {
      receiving_ = false;
      return close_when_idle();
    }
    if (handling_) return server_.counters_.error(EPROTO);  // a connection has one at a time
    handling_ = true;
    request_.take(chunk);
    if (!server_.counters_.waits()) return reply();
    const time_ns until_ns = server_.counters_.wait_until_ns();
    server_.scheduler_.template sleep_until<&echo_session::on_wake>(timer_, until_ns, this);
  }

  /// If it was cancelled, the write fails.
  void on_wake(wake /*how*/) { reply(); }

  void reply() {
    const bytes reply = request_.worked_on(server_.counters_.steps());
    reply_bytes_ = static_cast<std::uint32_t>(reply.size());
    server_.scheduler_.template write<&echo_session::on_written>(peer_, reply, this);
  }

  void on_written(bool complete) {
    if (complete) server_.counters_.add(reply_bytes_);
    handling_ = false;
    close_when_idle();
  }

  void close_when_idle() {
    if (receiving_ || handling_) return;
    server_.end(this, peer_);
  }

  acceptor& server_;
  typename S::connection& peer_;
  typename S::timer timer_;
  std::uint32_t reply_bytes_ = 0;
  bool receiving_ = true;
  bool handling_ = false;
  handled_request request_;
};

}  // namespace skein::c10k
