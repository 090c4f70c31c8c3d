#include "runtimes/thread/scheduler.hpp"

#include <array>
#include <cerrno>
#include <gnu/libc-version.h>
#include <poll.h>
#include <sys/socket.h>

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
  std::byte* buffer = buffer_ == buffer_policy::own ? connection_registry::own_buffer(from)
                                                    : task_threads::read_buffer();
  ssize_t count = 0;
  do {
    count = ::recv(from.descriptor_, buffer, buffer_bytes_, 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) return {buffer, static_cast<std::size_t>(count)};
  if (count < 0) from.fail(errno);
  return {};
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
