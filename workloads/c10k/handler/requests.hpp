// What the styles share where a request waits and computes: the request, and what connections know.
//
// A request is copied before it waits, because its bytes are lent (C3), and so that its reply can
// differ. The copy lies where a style keeps what lives across a wait: on the stack, in the frame,
// in the session, in the future. A connection has one request at a time (objection_to_handler).
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/handler.hpp"
#include "workloads/c10k/handler_work.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/tally.hpp"

namespace skein::c10k {

/// A request, which becomes its reply.
class handled_request {
 public:
  void take(bytes chunk) noexcept {
    assert(chunk.size() <= most_handled_bytes);
    std::memcpy(bytes_.data(), chunk.data(), chunk.size());
    size_ = chunk.size();
  }
  bytes worked_on(std::int64_t steps) noexcept {
    const std::span request(bytes_.data(), size_);
    if (steps > 0) work_on(request, steps);
    return request;
  }

 private:
  std::size_t size_ = 0;
  std::array<std::byte, most_handled_bytes> bytes_;
};

/// What the connections share, with what a request does.
template <workloads::tasks_on Threads>
class handler_counters : public echo_counters<Threads> {
 public:
  using request = handled_request;

  explicit handler_counters(const parameters& asked)
      : wait_ns_(asked.handler_wait_ns.value_or(0)), steps_(asked.handler_work.value_or(0)) {}

  [[nodiscard]] bool waits() const noexcept { return wait_ns_ > 0; }
  /// When the wait is over of a request that begins it now.
  [[nodiscard]] time_ns wait_until_ns() const noexcept {
    return monotonic_clock::now_ns() + wait_ns_;
  }
  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }

 private:
  time_ns wait_ns_;
  std::int64_t steps_;
};

}  // namespace skein::c10k
