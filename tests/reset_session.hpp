// A session in the callback style whose peer resets the connection, and that then cancels it.
#pragma once

#include "runtimes/scheduler.hpp"
#include "tests/loopback_client.hpp"

namespace skein::test {

template <callback_scheduler S>
struct reset_session {
  S& scheduler;
  typename S::listener& from;
  loopback_client& client;
  typename S::connection* peer = nullptr;
  int error_at_the_end = 0;
  int error_after_cancel = 0;

  void spawn() { scheduler.template spawn<&reset_session::start>(this); }
  void start() { scheduler.template accept<&reset_session::on_accept>(from, this); }
  void on_accept(typename S::connection* accepted) {
    if (accepted == nullptr) return;
    peer = accepted;
    scheduler.template receive<&reset_session::on_chunk>(*peer, this);
    client.reset();
  }
  void on_chunk(bytes) {
    error_at_the_end = peer->error();
    scheduler.cancel(*peer);
    error_after_cancel = peer->error();
    scheduler.close(*peer);
    scheduler.cancel(from);
    scheduler.task_done();
  }
};

}  // namespace skein::test
