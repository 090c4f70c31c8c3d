#include "runtimes/thread/scheduler.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <gnu/libc-version.h>
#include <limits>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "runtimes/errors.hpp"

namespace skein::thread {

scheduler::scheduler(const scheduler_options& options, stack_source stacks)
    : buffer_(options.buffer),
      buffer_bytes_(options.buffer_bytes),
      connections_(options),
      threads_(options, stacks) {}

runtime_info scheduler::info() noexcept {
  return {.id = "thread",
          .style = "direct",
          .task = "an OS thread on a guarded stack from an arena",
          .loop = "none: blocking system calls",
          .timer_source = "futex with absolute timeout (kernel hrtimer, timer slack applies)",
          .library = "glibc",
          .library_version = ::gnu_get_libc_version(),
          .threads = "N + 1: one per task, and the owner",
          .timer_resolution_ns = 1,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = false,
          .takes_events_per_wait = false,
          .takes_tick = false,
          .thread_per_task = true};
}

connection* scheduler::accept(listener& from) {
  while (from.error() == 0) {
    const int descriptor = ::accept4(from.descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) return connections_.adopt(descriptor);
    if (errno == EINTR || errno == ECONNABORTED) continue;
    int none = 0;  // a cancel, which made accept fail, is kept
    from.error_.compare_exchange_strong(none, errno, std::memory_order_acq_rel);
  }
  return nullptr;
}

bytes scheduler::read(connection& from) noexcept {
  if (from.error() != 0) return {};
  std::byte* buffer = buffer_of(from);
  ssize_t count = 0;
  do {  // EAGAIN: the timeout of an earlier read
    count = ::recv(from.descriptor_, buffer, buffer_bytes_, 0);
  } while (count < 0 && (errno == EINTR || errno == EAGAIN));
  if (count > 0) return {buffer, static_cast<std::size_t>(count)};
  if (count < 0) from.fail(errno);
  return {};
}

/// A connection's reads mostly have equally long timeouts, so that one call sets them for all. The
/// kernel counts in ticks of its own, up to one of which a timeout may be too short.
std::optional<bytes> scheduler::read(connection& from, time_ns deadline_ns) noexcept {
  std::byte* buffer = buffer_of(from);
  while (from.error() == 0) {
    const time_ns left_ns = deadline_ns - monotonic_clock::now_ns();
    const int flags = left_ns <= 0 ? MSG_DONTWAIT : 0;
    if (left_ns > 0) set_timeout(from, left_ns);
    const ssize_t count = ::recv(from.descriptor_, buffer, buffer_bytes_, flags);
    if (count > 0) return bytes{buffer, static_cast<std::size_t>(count)};
    if (count == 0) break;
    if (errno == EAGAIN) {
      if (flags != 0) return std::nullopt;
    } else if (errno != EINTR) {
      from.fail(errno);
    }
  }
  return bytes{};
}

void scheduler::set_timeout(connection& of, time_ns left_ns) noexcept {
  constexpr time_ns longest_ms = std::numeric_limits<std::int32_t>::max();
  const auto timeout_ms =
      static_cast<std::int32_t>(std::min((left_ns - 1) / ns_per_ms + 1, longest_ms));
  if (timeout_ms == of.timeout_ms_) return;
  const timeval timeout{.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  const int status =
      ::setsockopt(of.descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  assert(status == 0 && "SO_RCVTIMEO takes every timeout of a TCP socket");
  static_cast<void>(status);
  of.timeout_ms_ = timeout_ms;
}

std::byte* scheduler::buffer_of(connection& read) const noexcept {
  return buffer_ == buffer_policy::own ? connection_registry::own_buffer(read)
                                       : task_threads::read_buffer();
}

bool scheduler::write(connection& to, bytes data) noexcept {
  if (to.error() != 0) return false;
  while (!data.empty()) {
    const ssize_t count = ::send(to.descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      data = data.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      to.fail(errno);
      return false;
    }
  }
  return true;
}

void scheduler::stop() noexcept {
  sleepers_.stop();
  connections_.stop();
  objects_.stop();
  threads_.wake();
}

// --- the owner thread -----------------------------------------------------------------------

void scheduler::serve(inbox* messages) {
  while (!over(messages)) wait_for_news(messages);
  threads_.join_ended();
}

bool scheduler::over(const inbox* messages) const {
  return (messages == nullptr || sleepers_.stopping()) && threads_.live() == 0;
}

/// Blocks until the last task has ended, stop was called, or the inbox is readable. The wake-up is
/// cleared before the caller checks again, so one that comes in between is not lost.
void scheduler::wait_for_news(inbox* messages) {
  std::array<pollfd, 2> watched{};
  watched[0] = {threads_.wake_descriptor(), POLLIN, 0};
  watched[1] = {messages == nullptr ? -1 : messages->descriptor(), POLLIN, 0};
  if (::poll(watched.data(), watched.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw_errno("poll");
  }
  if (watched[0].revents != 0) threads_.clear_wake();
  if (watched[1].revents != 0) messages->on_readable();
}

}  // namespace skein::thread
