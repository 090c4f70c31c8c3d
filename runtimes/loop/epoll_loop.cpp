#include "runtimes/loop/epoll_loop.hpp"

#include <cassert>
#include <cerrno>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include "runtimes/errors.hpp"

namespace skein {

namespace {

// Event tokens. A connection's token is slot | generation << 32; the tokens below use a slot number
// that no slot has.
constexpr std::uint32_t special = 0xffff'ffff;
constexpr std::uint64_t timer_token = special | std::uint64_t{1} << 32;
constexpr std::uint64_t inbox_token = special | std::uint64_t{2} << 32;
// A listener's token is its address (never all ones in the low half: it is 8-byte aligned) ...
constexpr std::uint64_t listener_bit = std::uint64_t{1} << 63;  // ... with this bit set.

constexpr std::uint32_t connection_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t read_events = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t hangup_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t write_events = EPOLLOUT | EPOLLHUP | EPOLLERR;

std::uint64_t token_of(const connection& of) noexcept {
  return of.slot | static_cast<std::uint64_t>(of.generation) << 32;
}

std::uint64_t token_of(const listener& of) noexcept {
  return reinterpret_cast<std::uint64_t>(&of) | listener_bit;
}

}  // namespace

epoll_loop::epoll_loop(const scheduler_options& options)
    : loop_base(options), events_(options.events_per_wait) {
  epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  timer_ = checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
  checked(add(timer_, EPOLLIN | EPOLLET, timer_token), "epoll_ctl");
}

epoll_loop::~epoll_loop() {
  for (std::uint32_t slot = 0; slot < connections_.slots(); ++slot) {
    connection& left = connections_.at(slot);
    if (!left.open()) continue;
    assert(left.reader == nullptr && left.writer == nullptr && "an operation outlived its loop");
    ::close(left.descriptor);
  }
  for (const listener& left : listeners_) ::close(left.descriptor);
  ::close(timer_);
  ::close(epoll_);
}

int epoll_loop::add(int descriptor, std::uint32_t events, std::uint64_t token) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void epoll_loop::watch(inbox* messages) {
  inbox_ = messages;
  if (messages != nullptr) checked(add(messages->descriptor(), EPOLLIN, inbox_token), "epoll_ctl");
}

void epoll_loop::unwatch(inbox* messages) {
  if (messages != nullptr) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, messages->descriptor(), nullptr);
  inbox_ = nullptr;
}

// --- a turn ---------------------------------------------------------------------------------

void epoll_loop::arm_timer() {
  const time_ns next_ns = timers_.next_event_ns().value_or(0);
  if (next_ns == armed_ns_) return;
  itimerspec setting{};
  setting.it_value.tv_sec = next_ns / ns_per_s;
  setting.it_value.tv_nsec = next_ns % ns_per_s;
  checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &setting, nullptr), "timerfd_settime");
  armed_ns_ = next_ns;
}

/// While tasks are runnable the kernel is asked at intervals, not after every few steps: an empty
/// epoll_wait costs as much as twenty steps of tasks that only yield.
bool epoll_loop::poll_is_due() noexcept {
  const time_ns now_ns = monotonic_clock::now_ns();
  if (now_ns - polled_ns_ < poll_interval_ns) return false;
  polled_ns_ = now_ns;
  return true;
}

void epoll_loop::wait_and_dispatch() {
  const bool block = run_queue_.empty();
  ran_since_look_ = 0;
  if (block) {
    arm_timer();
  } else if (!poll_is_due()) {
    return;
  }
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), block ? -1 : 0);
  if (count < 0) {
    if (errno == EINTR) return;
    throw_errno("epoll_wait");
  }
  for (int i = 0; i < count; ++i) dispatch(events_[static_cast<std::size_t>(i)]);
}

void epoll_loop::dispatch(const epoll_event& event) {
  const std::uint64_t token = event.data.u64;
  refill_inline();
  if ((token & listener_bit) != 0) {
    listener& ready = *reinterpret_cast<listener*>(token & ~listener_bit);
    ready.acceptable = true;
    wake_acceptor(ready);
  } else if (token == timer_token) {
    armed_ns_ = 0;  // it fired; the next turn expires what is due and arms it again
  } else if (token == inbox_token) {
    inbox_->on_readable();
  } else {
    const auto slot = static_cast<std::uint32_t>(token);
    const auto generation = static_cast<std::uint32_t>(token >> 32);
    if (connection* ready = connections_.find(slot, generation)) {
      dispatch_connection(*ready, event.events);
    }
  }
}

void epoll_loop::dispatch_connection(connection& ready, std::uint32_t events) {
  const std::uint32_t generation = ready.generation;
  if ((events & read_events) != 0) {
    ready.readable = true;
    if ((events & hangup_events) != 0) ready.ending = true;
    wake_reader(ready);
  }
  const bool same = ready.open() && ready.generation == generation;
  if (same && (events & write_events) != 0) continue_write(ready);
}

// --- accept ---------------------------------------------------------------------------------

listener& epoll_loop::listen(int descriptor) {
  listener& added = listeners_.emplace_back();
  added.descriptor = descriptor;
  checked(add(descriptor, EPOLLIN | EPOLLET, token_of(added)), "epoll_ctl");
  return added;
}

submitted epoll_loop::submit_accept(listener& from, op& waiter) {
  assert(from.waiter == nullptr && "one accept at a time on a listener");
  waiter.target = &from;
  if (stopping_) from.error_number = ECANCELED;
  if (from.error_number != 0) return answer(waiter, -from.error_number);
  if (from.acceptable && take_inline()) {
    if (try_accept(from, waiter)) return submitted::done;
  }
  from.waiter = &waiter;
  if (from.acceptable) {
    defer(waiter, queued_action::retry_accept);
  } else {
    park(waiter);
  }
  return submitted::pending;
}

/// True if the op has its result: a connection or an error. False: it would block.
bool epoll_loop::try_accept(listener& from, op& waiter) {
  int descriptor = -1;
  do {
    descriptor = ::accept4(from.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (descriptor < 0 && errno == EAGAIN) {
    from.acceptable = false;
    return false;
  }
  if (descriptor < 0 || !adopt(descriptor, waiter)) {
    from.error_number = errno;
    waiter.result = -errno;
  }
  return true;
}

/// Makes an accepted descriptor a connection. False, with errno set, if epoll refuses it.
bool epoll_loop::adopt(int descriptor, op& waiter) {
  connection& accepted = connections_.open(descriptor);
  if (add(descriptor, connection_events, token_of(accepted)) < 0) {
    const int refused = errno;
    close(accepted);
    errno = refused;
    return false;
  }
  provide_own_buffer(accepted);
  waiter.target = &accepted;
  waiter.result = 0;
  return true;
}

void epoll_loop::wake_acceptor(listener& from) {
  if (orders_woken_ && from.waiter != nullptr && from.waiter->state == op_state::waiting) {
    defer_woken(*from.waiter, queued_action::retry_accept);
  } else {
    continue_accept(from);
  }
}

void epoll_loop::continue_accept(listener& from) {
  op* waiter = from.waiter;
  if (waiter == nullptr || waiter->state == op_state::queued) return;
  if (try_accept(from, *waiter)) end_now(from.waiter, waiter->result);
}

// --- read -----------------------------------------------------------------------------------

submitted epoll_loop::submit_read(connection& from, op& waiter) {
  assert(from.reader == nullptr && "one read at a time on a connection (C4)");
  waiter.target = &from;
  if (from.error_number != 0) {
    waiter.more = false;
    return answer(waiter, -from.error_number);
  }
  if (from.readable && !waiter.multishot && take_inline()) {
    if (try_read(from, waiter)) return submitted::done;
  }
  from.reader = &waiter;
  if (from.readable) {
    defer(waiter, queued_action::retry_read);
  } else {
    park(waiter);
  }
  return submitted::pending;
}

submitted epoll_loop::submit_read_when_polled(connection& from, op& waiter) {
  assert(from.reader == nullptr && "one read at a time on a connection (C4)");
  waiter.target = &from;
  // One that was put off has its turn when it is submitted again: else an earlier part of the same
  // future could take the whole budget each time.
  const bool was_put_off = std::exchange(waiter.more, false);
  if (from.error_number != 0 || from.readable) {
    if (!was_put_off && !take_inline()) {
      waiter.more = true;
      post(waiter);
      return submitted::pending;
    }
    waiter.result = -from.error_number;
    if (from.error_number != 0 || try_read(from, waiter)) return submitted::done;
  }
  from.reader = &waiter;
  waiter.multishot = true;
  waiter.action = queued_action::report_readable;
  park(waiter);
  return submitted::pending;
}

/// True if the op has its result. False: it would block.
bool epoll_loop::try_read(connection& from, op& waiter) noexcept {
  ssize_t count = 0;
  do {
    count = ::recv(from.descriptor, buffer_of(from), options_.buffer_bytes, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) {
    from.readable = false;
    return false;
  }
  if (count < 0) {
    from.error_number = static_cast<std::uint16_t>(errno);
    waiter.result = -errno;
    return true;
  }
  // A short read drained the socket. Bytes that came after it raise a new edge. A hang-up that came
  // before it does not, which is why `ending` is kept.
  from.readable = from.ending || static_cast<std::size_t>(count) == options_.buffer_bytes;
  waiter.result = static_cast<std::int32_t>(count);
  return true;
}

/// What has come is read when the task has its turn: the buffer may be one for all.
void epoll_loop::wake_reader(connection& from) {
  if (orders_woken_ && from.reader != nullptr && from.reader->state == op_state::waiting) {
    assert(!from.reader->multishot && "who is polled, or called, orders its tasks itself");
    defer_woken(*from.reader, queued_action::retry_read);
  } else {
    continue_read(from);
  }
}

void epoll_loop::continue_read(connection& from) {
  op* waiter = from.reader;
  if (waiter == nullptr || waiter->state == op_state::queued) return;
  if (waiter->multishot) {
    if (waiter->action == queued_action::report_readable) return end_now(from.reader, 0);
    if (from.writer != nullptr) return;  // goes on when the write is over
  }
  if (!try_read(from, *waiter)) return;
  if (waiter->multishot && waiter->result > 0) {
    // Further chunks go through the run queue, so that a peer that never stops sending shares the
    // loop.
    if (deliver_chunk(from, *waiter) && from.readable) defer(*waiter, queued_action::retry_read);
  } else {
    waiter->more = false;
    end_now(from.reader, waiter->result);
  }
}

// --- write ----------------------------------------------------------------------------------

submitted epoll_loop::submit_write(connection& to, std::span<const std::byte> data, op& waiter) {
  assert(to.writer == nullptr && "one write at a time on a connection (C4)");
  waiter.target = &to;
  if (to.error_number != 0) return answer(waiter, -to.error_number);
  ssize_t count = 0;
  do {
    count = ::send(to.descriptor, data.data(), data.size(), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN) {
    to.error_number = static_cast<std::uint16_t>(errno);
    return answer(waiter, -errno);
  }
  const std::size_t sent = count < 0 ? 0 : static_cast<std::size_t>(count);
  if (sent < data.size()) return keep_unsent(to, data.subspan(sent), waiter);
  return answer(waiter, 0);
}

submitted epoll_loop::keep_unsent(connection& to, std::span<const std::byte> rest, op& waiter) {
  unsent_tail& tail = unsent_[to.slot];
  tail.data.assign(rest.begin(), rest.end());
  tail.sent = 0;
  to.has_unsent = true;
  to.writer = &waiter;
  park(waiter);
  return submitted::pending;
}

void epoll_loop::continue_write(connection& to) {
  if (!to.has_unsent) return;
  unsent_tail& tail = unsent_[to.slot];
  while (tail.sent < tail.data.size()) {
    const ssize_t count = ::send(to.descriptor, tail.data.data() + tail.sent,
                                 tail.data.size() - tail.sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {
      to.error_number = static_cast<std::uint16_t>(errno);
      finish_write(to, -errno);
      return;
    }
    tail.sent += static_cast<std::size_t>(count);
  }
  finish_write(to, 0);
}

void epoll_loop::drop_unsent(connection& of) noexcept {
  unsent_.erase(of.slot);
  of.has_unsent = false;
}

void epoll_loop::finish_write(connection& to, int result) {
  drop_unsent(to);
  const std::uint32_t generation = to.generation;
  end_woken(to.writer, result);
  const bool same = to.open() && to.generation == generation;
  const bool held_back = same && to.reader != nullptr && to.reader->multishot;
  if (held_back && to.readable && to.writer == nullptr) resume_reading(to);
}

template class loop_base<epoll_loop, listener>;

}  // namespace skein
