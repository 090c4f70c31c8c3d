// c10k without an interface: the hand-written epoll server that every runtime is compared with.
#pragma once

#include "runtimes/epoll_floor/echo_server.hpp"
#include "runtimes/socket.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::c10k {

/// `Counters`: what the connections share; with a handler, its type says so.
template <class Counters>
class floor_program final : public workloads::program {
 public:
  explicit floor_program(const parameters& asked)
      : counters_(asked),
        socket_(make_listener(blocking::no)),
        server_(socket_.descriptor, asked.options.max_tasks, asked.options.buffer_bytes,
                asked.options.buffer, asked.options.events_per_wait, counters_) {}

  std::optional<std::uint16_t> port() const override { return socket_.port; }
  std::optional<int> listening_descriptor() const override { return socket_.descriptor; }
  void run(inbox& messages) override { server_.run(messages); }
  void stop() override { server_.stop(); }
  workloads::work_counts counts() const override { return counters_.counts(); }
  live_counts live() const override { return server_.live(); }

 private:
  Counters counters_;
  listening_socket socket_;
  epoll_floor::echo_server<Counters> server_;
};

}  // namespace skein::c10k
