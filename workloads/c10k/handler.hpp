// What a request does between its read and its write where a cell asks for it: it waits, as for a
// backend, and computes. Such a server is that of direct.hpp, coroutine.hpp, callback.hpp or
// poll.hpp; that its connections share handler_counters makes them run what is in the folder
// handler/, a file for each style.
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
#include <string>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/c10k/counters.hpp"
#include "workloads/c10k/handler_work.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/tally.hpp"

namespace skein::c10k {

/// Room for a request in each connection, and so the most that a read may return.
inline constexpr std::size_t most_handled_bytes = 1024;

inline bool has_handler(const cell& asked) noexcept {
  return asked.handler_wait_ns || asked.handler_work;
}

/// What makes a cell with a handler impossible; empty where nothing does.
inline std::string objection_to_handler(const cell& asked) {
  if (!has_handler(asked)) return {};
  const std::string of = asked.handler_wait_ns ? "--handler-wait: " : "--handler-work: ";
  const bool one_at_a_time =
      asked.mode == mode::churn || asked.pipeline.value_or(asked.mode == mode::fixed ? 1 : 0) == 1;
  if (!one_at_a_time) return of + "a connection has one request at a time: --pipeline 1";
  if (asked.rate_per_s && asked.handler_wait_ns) {
    const auto all_per_s = asked.active.value_or(asked.connections) * ns_per_s;
    const std::int64_t most_per_s = all_per_s / *asked.handler_wait_ns;
    if (*asked.rate_per_s > static_cast<double>(most_per_s)) {
      return of + "connections that wait so long serve " + std::to_string(most_per_s) +
             " requests a second together: --rate at most so many";
    }
  }
  if (asked.buffer_bytes > std::int64_t{most_handled_bytes}) {
    return of + "a request has room for " + std::to_string(most_handled_bytes) +
           " bytes: --buffer-bytes at most so many";
  }
  if (asked.handler_work && *asked.payload_bytes < std::int64_t{work_word_bytes}) {
    return of + "it works on " + std::to_string(work_word_bytes) +
           " bytes: --payload-bytes at least so many";
  }
  return {};
}

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
