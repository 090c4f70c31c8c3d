// Polled futures without wakers: the executor that tutorials begin with. It polls every pending
// future, round and round. A timer compares the clock at each poll, and a read tries the socket.
//
// It is here because people write it, and to show what wakers are for: its thread never sleeps, and
// a turn costs as much as there are tasks. It keeps the contract, and what it lends as a waker does
// nothing, as every task is polled anyhow.
//
// Its futures are its own, since a loop's operations are what it has not. It looks at its inbox
// once in every round.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/info.hpp"
#include "runtimes/options.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/frame_pool.hpp"
#include "runtimes/shared/future_task.hpp"
#include "runtimes/shared/reading_until.hpp"

namespace skein::future_busy {

class scheduler;

struct connection {
  int descriptor = -1;
  int error_number = 0;
  std::unique_ptr<std::byte[]> own_buffer;  ///< with buffer_policy::own
  std::list<connection>::iterator place;    ///< in the scheduler's list

  int error() const noexcept { return error_number; }
};

struct listener {
  int descriptor = -1;
  int error_number = 0;

  /// 0, ECANCELED after cancel, else the errno that accept failed with.
  int error() const noexcept { return error_number; }
};

/// A cancellable sleep. Carries one wait at a time (T3).
struct timer {
  bool waits = false;
  bool cancelled = false;
};

/// Ready at the next poll, before which all others are polled (S4).
class yielding : pinned {
 public:
  using output = nothing;

  explicit yielding(scheduler&) noexcept {}
  polled<nothing> poll(context&) noexcept {
    if (std::exchange(yielded_, true)) return nothing{};
    return not_ready;
  }

 private:
  bool yielded_ = false;
};

class sleeping : pinned {
 public:
  using output = wake;

  sleeping(scheduler& on, time_ns until_ns) noexcept : on_(on), until_ns_(until_ns) {}
  polled<wake> poll(context& with) noexcept;

 private:
  scheduler& on_;
  time_ns until_ns_;
  bool was_put_off_ = false;
};

class sleeping_on {
 public:
  using output = wake;

  sleeping_on(scheduler& on, timer& by, time_ns until_ns) noexcept
      : sleep_(on, until_ns), timer_(by) {}
  ~sleeping_on() {
    if (begun_) timer_.waits = false;
  }
  polled<wake> poll(context& with) noexcept;

 private:
  sleeping sleep_;
  timer& timer_;
  bool begun_ = false;
};

class accepting : pinned {
 public:
  using output = connection*;

  accepting(scheduler& on, listener& from) noexcept : on_(on), from_(from) {}
  polled<connection*> poll(context& with);

 private:
  scheduler& on_;
  listener& from_;
  bool was_put_off_ = false;
};

class reading : pinned {
 public:
  using output = bytes;

  reading(scheduler& on, connection& from) noexcept : on_(on), from_(from) {}
  polled<bytes> poll(context& with) noexcept;
  /// The same, and not put off.
  polled<bytes> look_again(context& with) noexcept {
    was_put_off_ = true;
    return poll(with);
  }

 private:
  scheduler& on_;
  connection& from_;
  bool was_put_off_ = false;
};

/// What the kernel does not take at the first poll is copied: the caller's bytes may be gone then.
class writing : pinned {
 public:
  using output = bool;

  writing(scheduler& on, connection& to, bytes data) noexcept
      : on_(on), to_(to), data_(data), size_bytes_(data.size()) {}
  polled<bool> poll(context& with);
  std::size_t size_bytes() const noexcept { return size_bytes_; }

 private:
  scheduler& on_;
  connection& to_;
  bytes data_;
  std::size_t size_bytes_;
  std::unique_ptr<std::byte[]> rest_;
  bool was_put_off_ = false;
};

/// What this scheduler has to know of a task: how it is polled and dropped.
struct task_head : pinned {
  task_head(scheduler& /*on*/, act_on_future<task_head> does) noexcept : act(does) {}

  act_on_future<task_head> act;
};

static_assert(sizeof(task_head) == 8, "it is part of every waiting task: its size is a result");

class scheduler : pinned {
 public:
  using connection = future_busy::connection;
  using listener = future_busy::listener;
  using timer = future_busy::timer;
  using yielding = future_busy::yielding;
  using sleeping = future_busy::sleeping;
  using sleeping_on = future_busy::sleeping_on;
  using accepting = future_busy::accepting;
  using reading = future_busy::reading;
  using reading_until = skein::reading_until<reading, sleeping>;
  using writing = future_busy::writing;

  explicit scheduler(const scheduler_options& options);
  ~scheduler();

  static runtime_info info();

  /// Of the task that this thread spawned last; none before the first.
  static std::optional<std::size_t> frame_bytes() noexcept {
    const std::size_t size_bytes = frame_pool::local().last_frame_bytes();
    return size_bytes > 0 ? std::optional(size_bytes) : std::nullopt;
  }

  template <class F, class... Parts>
  void spawn(Parts&&... parts) {
    auto made = std::make_unique<future_task<task_head, F>>(*this, std::forward<Parts>(parts)...);
    tasks_.push_back(made.get());  // after it was made: making it may have spawned others
    made.release();
    ++live_tasks_;
  }

  listener& listen(int descriptor);
  void close(connection& closed) noexcept;
  void cancel(connection& target) noexcept;
  void cancel(listener& target) noexcept;
  void cancel(timer& target) noexcept { target.cancelled = target.waits; }

  void run();
  void run(inbox& messages);
  void stop() noexcept;

  live_counts live() const noexcept { return {live_tasks_, connections_.size()}; }

 private:
  friend class future_busy::sleeping;
  friend class future_busy::accepting;
  friend class future_busy::reading;
  friend class future_busy::writing;

  void poll_all() noexcept;
  static void look_at(inbox& messages, int timeout_ms) noexcept;
  /// Whether the task that is being polled may do one more operation in this round (W2). One that
  /// was put off may at its next poll: else an earlier part of the same task could take the whole
  /// budget each time.
  bool take_inline(bool& was_put_off) noexcept {
    if (std::exchange(was_put_off, false)) return true;
    was_put_off = inline_left_ == 0;
    if (!was_put_off) --inline_left_;
    return !was_put_off;
  }

  const scheduler_options options_;
  std::uint32_t inline_left_ = 0;
  bool stopping_ = false;
  std::vector<task_head*> tasks_;  ///< in the order in which they are polled
  std::size_t live_tasks_ = 0;
  std::list<connection> connections_;
  std::deque<listener> listeners_;
  std::unique_ptr<std::byte[]> scratch_;
};

static_assert(poll_scheduler<scheduler> && read_deadline_scheduler<scheduler>);

}  // namespace skein::future_busy
