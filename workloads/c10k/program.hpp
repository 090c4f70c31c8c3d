// c10k as a program: an echo server on a scheduler.
#pragma once

#include <cstdint>

#include "runtimes/socket.hpp"
#include "workloads/c10k/callback.hpp"
#include "workloads/c10k/coroutine.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/direct.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/c10k/poll.hpp"
#include "workloads/program.hpp"
#include "workloads/styles.hpp"

namespace skein::c10k {

/// `Counters`: what the connections share; its type says which tasks serve them.
template <scheduler S, class Counters>
class program final : public workloads::program {
 public:
  explicit program(const parameters& asked)
      : counters_(asked),
        scheduler_(asked.options),
        socket_(make_listener(blocking::no)),
        listener_(scheduler_.listen(socket_.descriptor)) {}

  std::optional<std::uint16_t> port() const override { return socket_.port; }
  std::optional<int> listening_descriptor() const override { return socket_.descriptor; }
  void run(inbox& messages) override {
    serve(scheduler_, listener_, counters_);
    scheduler_.run(messages);
    counters_.rethrow_limit();
  }
  void stop() override { scheduler_.stop(); }
  workloads::work_counts counts() const override { return counters_.counts(); }
  live_counts live() const override { return scheduler_.live(); }
  std::optional<guard_kind> stack_guard() const override {
    return workloads::stack_guard_of(scheduler_);
  }
  std::optional<std::size_t> frame_bytes() const override {
    return workloads::frame_bytes_of<S>(counters_);
  }

 private:
  Counters counters_;
  S scheduler_;  // declared after the members that its tasks use
  listening_socket socket_;
  typename S::listener& listener_;
};

template <class S>
using echo_program = program<S, echo_counters<workloads::tasks_of<S>>>;

}  // namespace skein::c10k
