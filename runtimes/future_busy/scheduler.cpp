#include "runtimes/future_busy/scheduler.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <iterator>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skein::future_busy {

namespace {

/// Nobody need be woken.
waker_ref clone_nothing(void* data);
void do_nothing(void*) noexcept {}

constexpr waker_table no_need{
    .clone = &clone_nothing, .wake = &do_nothing, .wake_by_ref = &do_nothing, .drop = &do_nothing};

waker_ref clone_nothing(void* data) {
  return {data, &no_need};
}

}  // namespace

// --- futures --------------------------------------------------------------------------------

polled<wake> sleeping::poll(context&) noexcept {
  const bool due = on_.stopping_ || monotonic_clock::now_ns() >= until_ns_;
  if (!due || !on_.take_inline(was_put_off_)) return not_ready;
  return on_.stopping_ ? wake::cancelled : wake::due;
}

polled<wake> sleeping_on::poll(context& with) noexcept {
  if (!std::exchange(begun_, true)) {
    assert(!timer_.waits && "a timer carries one wait at a time (T3)");
    timer_ = {.waits = true, .cancelled = false};
  }
  const polled<wake> how = timer_.cancelled ? wake::cancelled : sleep_.poll(with);
  if (how) {
    timer_.waits = false;
    begun_ = false;
  }
  return how;
}

polled<connection*> accepting::poll(context&) {
  if (!on_.take_inline(was_put_off_)) return not_ready;
  if (on_.stopping_) from_.error_number = ECANCELED;
  if (from_.error_number != 0) return nullptr;
  int descriptor = -1;
  do {
    descriptor = ::accept4(from_.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (descriptor < 0) {
    if (errno == EAGAIN) return not_ready;
    from_.error_number = errno;
    return nullptr;
  }
  connection& accepted = on_.connections_.emplace_back();
  accepted.descriptor = descriptor;
  accepted.place = std::prev(on_.connections_.end());
  if (on_.options_.buffer == buffer_policy::own) {
    accepted.own_buffer = std::make_unique_for_overwrite<std::byte[]>(on_.options_.buffer_bytes);
  }
  return &accepted;
}

polled<bytes> reading::poll(context&) noexcept {
  if (!on_.take_inline(was_put_off_)) return not_ready;
  if (from_.error_number != 0) return bytes{};
  std::byte* const buffer =
      from_.own_buffer != nullptr ? from_.own_buffer.get() : on_.scratch_.get();
  ssize_t count = 0;
  do {
    count = ::recv(from_.descriptor, buffer, on_.options_.buffer_bytes, 0);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return bytes{buffer, static_cast<std::size_t>(count)};
  if (errno == EAGAIN) return not_ready;
  from_.error_number = errno;
  return bytes{};
}

polled<bool> writing::poll(context&) {
  if (on_.take_inline(was_put_off_)) {
    if (to_.error_number != 0) return false;
    ssize_t count = 0;
    do {
      count = ::send(to_.descriptor, data_.data(), data_.size(), MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno != EAGAIN) {
      to_.error_number = errno;
      return false;
    }
    if (count > 0) data_ = data_.subspan(static_cast<std::size_t>(count));
    if (data_.empty()) return true;
  }
  if (rest_ == nullptr) {
    rest_ = std::make_unique_for_overwrite<std::byte[]>(data_.size());
    std::ranges::copy(data_, rest_.get());
    data_ = {rest_.get(), data_.size()};
  }
  return not_ready;
}

// --- the scheduler --------------------------------------------------------------------------

scheduler::scheduler(const scheduler_options& options)
    : options_(options), scratch_(std::make_unique<std::byte[]>(options.buffer_bytes)) {}

scheduler::~scheduler() {
  assert(live_tasks_ == 0 && "a task outlived its scheduler");
  for (const connection& left : connections_) ::close(left.descriptor);
  for (const listener& left : listeners_) ::close(left.descriptor);
}

runtime_info scheduler::info() {
  return {.id = "future_busy",
          .style = "poll",
          .task = "a future and 8 B, in one allocation from a recycling pool",
          .loop = "none: every pending future is polled, round and round",
          .timer_source = "the clock, at every poll",
          .library = "none",
          .library_version = "none",
          .threads = "1",
          .timer_resolution_ns = 1,
          .early_by_at_most_ns = 0,
          .takes_inline_budget = true,
          .takes_events_per_wait = false,
          .takes_tick = false,
          .polls_unasked = true};
}

listener& scheduler::listen(int descriptor) {
  return listeners_.emplace_back(listener{.descriptor = descriptor, .error_number = 0});
}

void scheduler::close(connection& closed) noexcept {
  ::close(closed.descriptor);
  connections_.erase(closed.place);
}

void scheduler::cancel(connection& target) noexcept {
  if (target.error_number == 0) target.error_number = ECANCELED;
}

void scheduler::cancel(listener& target) noexcept {
  target.error_number = ECANCELED;
}

void scheduler::stop() noexcept {
  stopping_ = true;
  for (listener& each : listeners_) cancel(each);
  for (connection& each : connections_) cancel(each);
}

/// One round: each task once, those that are spawned meanwhile among them. The list is closed up
/// behind those that are over.
void scheduler::poll_all() noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    task_head* const each = tasks_[i];
    inline_left_ = options_.inline_budget;
    context with(waker_ref{nullptr, &no_need});
    if (each->act(*each, &with)) {
      --live_tasks_;
      each->act(*each, nullptr);
    } else {
      tasks_[kept++] = each;
    }
  }
  tasks_.resize(kept);
}

/// Serves an inbox that is readable, after at most so long.
void scheduler::look_at(inbox& messages, int timeout_ms) noexcept {
  pollfd watched{.fd = messages.descriptor(), .events = POLLIN, .revents = 0};
  if (::poll(&watched, 1, timeout_ms) > 0) messages.on_readable();
}

void scheduler::run() {
  while (live_tasks_ != 0) poll_all();
}

void scheduler::run(inbox& messages) {
  while (!stopping_ || live_tasks_ != 0) {
    look_at(messages, live_tasks_ == 0 ? -1 : 0);
    poll_all();
  }
}

}  // namespace skein::future_busy
