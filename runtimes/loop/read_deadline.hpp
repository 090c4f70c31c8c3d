// The deadline of one read: an operation of its own in the timers, beside the read's, which waits
// at the connection. It lies where its task waits, so arming it allocates nothing, and a read
// without one is what it was.
#pragma once

#include <cerrno>

#include "runtimes/clock.hpp"
#include "runtimes/loop/connection.hpp"
#include "runtimes/op.hpp"

namespace skein {

/// The result of a read that was given up at its deadline. No socket fails with it: a connection
/// whose peer is silent for too long fails with ETIMEDOUT.
inline constexpr int read_given_up = -ETIME;

/// Armed once a read is pending, and disarmed as its task goes on.
template <class Loop>
class read_deadline : op {
 public:
  explicit read_deadline(time_ns at_ns) noexcept : op(&passed) { deadline_ns = at_ns; }
  ~read_deadline() { disarm(); }

  /// Ends the pending read of `from` when it passes, through the run queue. A read whose bytes have
  /// come by then goes on, though the loop was late to see them.
  void arm(Loop& on, connection& from) {
    loop_ = &on;
    from_ = &from;
    if (on.submit_sleep(*this) == submitted::done) passed(*this);
  }
  void disarm() noexcept {
    if (state != op_state::idle) loop_->withdraw_sleep(*this);
  }

 private:
  /// The read may be over, and its task not yet have gone on.
  static void passed(op& due) noexcept {
    const auto& self = static_cast<read_deadline&>(due);
    if (due.result == 0) self.loop_->give_up_read(*self.from_, read_given_up);
  }

  Loop* loop_ = nullptr;
  connection* from_ = nullptr;
};

}  // namespace skein
