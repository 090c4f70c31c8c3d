// The futures that wait for the loop: one for each verb. Each holds its operation, submits it when
// it is first polled, and wakes its task when it completes. One that is dropped withdraws it (P7).
#pragma once

#include <cassert>
#include <cstddef>

#include "runtimes/clock.hpp"
#include "runtimes/loop/epoll_loop.hpp"
#include "runtimes/loop/timer.hpp"
#include "runtimes/op.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/yielding.hpp"
#include "runtimes/sync/wait.hpp"

namespace skein::future {

using skein::yielding;

class scheduler;
epoll_loop& loop_of(scheduler& of) noexcept;
/// Wakes the task that waited for an event of the loop.
void deliver(scheduler& on, const waker_ref& to) noexcept;

/// An operation whose completion wakes whoever polled last. The waker is a loan: who lent it
/// outlives the future that it was lent to (poll.hpp).
class operation : op {
 protected:
  explicit operation(scheduler& on) noexcept : op(&completed), on_(on) {}

  bool waits() const noexcept { return state != op_state::idle; }
  bool begun() const noexcept { return waker_.table != nullptr; }
  void note(const context& with) noexcept { waker_ = with.waker(); }
  op& self() noexcept { return *this; }
  const op& self() const noexcept { return *this; }
  epoll_loop& loop() const noexcept { return loop_of(on_); }

  /// One poll of an operation that is submitted once: whether it has its result.
  template <class Submit>
  bool is_done(const context& with, Submit&& submit) {
    const bool first = !begun();
    note(with);
    if (first) return submit() == submitted::done;
    return !waits();
  }

 private:
  /// The operation may be no more when deliver returns: its task has been polled.
  static void completed(op& finished) noexcept {
    const auto& ended = static_cast<operation&>(finished);
    deliver(ended.on_, ended.waker_);
  }

  scheduler& on_;
  waker_ref waker_;
};

/// Ready at its deadline; cancelled when the scheduler stops.
class sleeping : operation {
 public:
  using output = wake;

  sleeping(scheduler& on, time_ns until_ns) noexcept : operation(on) {
    self().deadline_ns = until_ns;
  }
  ~sleeping() {
    if (waits()) loop().withdraw_sleep(self());
  }

  polled<wake> poll(context& with) {
    if (!is_done(with, [this] { return loop().submit_sleep(self()); })) return not_ready;
    return self().result == 0 ? wake::due : wake::cancelled;
  }

 private:
  friend class sleeping_on;
};

/// The same, and cancelled by its timer (T2).
class sleeping_on {
 public:
  using output = wake;

  sleeping_on(scheduler& on, timer& by, time_ns until_ns) noexcept
      : sleep_(on, until_ns), timer_(by) {}
  ~sleeping_on() { leave_timer(); }

  polled<wake> poll(context& with) {
    if (!sleep_.begun()) {
      assert(timer_.waiter == nullptr && "a timer carries one wait at a time (T3)");
      timer_.waiter = &sleep_.self();
    }
    const polled<wake> how = sleep_.poll(with);
    if (how) leave_timer();
    return how;
  }

 private:
  void leave_timer() noexcept {
    if (timer_.waiter == &sleep_.self()) timer_.waiter = nullptr;
  }

  sleeping sleep_;
  timer& timer_;
};

/// The next connection; null when the listener was cancelled, or failed. Dropped with a connection
/// that nobody took, it closes it.
class accepting : operation {
 public:
  using output = connection*;

  accepting(scheduler& on, listener& from) noexcept : operation(on), from_(from) {}
  ~accepting() {
    if (waits()) loop().withdraw_accept(from_, self());
    if (begun() && !waits() && accepted() != nullptr) loop().close(*accepted());
  }

  polled<connection*> poll(context& with) {
    if (!is_done(with, [this] { return loop().submit_accept(from_, self()); })) return not_ready;
    connection* const taken = accepted();
    self().target = nullptr;
    return taken;
  }

 private:
  /// The operation's target is the listener until it has completed without an error.
  connection* accepted() noexcept {
    void* const found = self().target;
    return found == &from_ || self().result < 0 ? nullptr : static_cast<connection*>(found);
  }

  listener& from_;
};

/// The next bytes; empty at the end, after an error, or cancelled. What has arrived is read when it
/// is asked for, and not when it arrives: lent bytes lie in a buffer that all tasks share.
class reading : operation {
 public:
  using output = bytes;

  reading(scheduler& on, connection& from) noexcept : operation(on), from_(from) {}
  ~reading() {
    if (waits()) loop().withdraw_read(from_, self());
  }

  polled<bytes> poll(context& with) {
    note(with);
    if (waits() || loop().submit_read_when_polled(from_, self()) != submitted::done)
      return not_ready;
    const auto size_bytes = self().result;
    if (size_bytes <= 0) return bytes{};
    return bytes{loop().data(from_), static_cast<std::size_t>(size_bytes)};
  }

  /// Polls it though nobody has woken its task for it: the socket is asked.
  polled<bytes> look_again(context& with) {
    if (waits()) loop().withdraw_read(from_, self());
    from_.readable = true;
    self().more = true;  // it is not put off (submit_read_when_polled)
    return poll(with);
  }

 private:
  connection& from_;
};

/// Any wait of runtimes/sync. One that is dropped gives back what it was granted.
template <sync::waitable Wait>
class waiting : operation {
 public:
  using output = typename Wait::output;

  waiting(scheduler& on, const Wait& wait) noexcept : operation(on), wait_(wait) {}
  ~waiting() {
    if (waits()) {
      wait_.withdraw(self());
    } else if (begun() && !taken_ && sync::was_granted(self())) {
      wait_.refuse(self());
    }
  }

  polled<output> poll(context& with) {
    if (!is_done(with, [this] { return wait_.submit(self()); })) return not_ready;
    taken_ = true;
    return wait_.take(self());
  }

 private:
  Wait wait_;
  bool taken_ = false;
};

/// Whether all bytes are with the kernel.
class writing : operation {
 public:
  using output = bool;

  writing(scheduler& on, connection& to, bytes data) noexcept
      : operation(on), to_(to), data_(data) {}
  ~writing() {
    if (waits()) loop().withdraw_write(to_, self());
  }

  std::size_t size_bytes() const noexcept { return data_.size(); }

  polled<bool> poll(context& with) {
    if (!is_done(with, [this] { return loop().submit_write(to_, data_, self()); }))
      return not_ready;
    return self().result == 0;
  }

 private:
  connection& to_;
  bytes data_;
};

}  // namespace skein::future
