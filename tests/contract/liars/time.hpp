// Liars about time: T1 to T3.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

/// T1: sleeps end a second early.
struct fires_early : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) { return base::sleep_until(deadline_ns - ns_per_s); }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
};

/// T1: takes a deadline in the past for a cancelled sleep.
struct cancels_the_past : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) {
    return monotonic_clock::now_ns() > deadline_ns ? wake::cancelled
                                                   : base::sleep_until(deadline_ns);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
};

/// T2: swallows a timer's cancel.
struct swallows_a_timers_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(timer&) {}
};

/// T2: calls a cancelled sleep due.
struct calls_cancelled_due : base {
  using base::base;
  using base::sleep_until;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    base::sleep_until(on, deadline_ns);
    return wake::due;
  }
};

/// T2: cancels every sleep on a timer, whichever was meant.
struct cancels_the_neighbours : base {
  using base::base;
  using base::cancel;
  using base::sleep_until;
  void cancel(timer&) {
    for (timer* each : sleeping_) base::cancel(*each);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) {
    sleeping_.insert(&on);
    const wake how = base::sleep_until(on, deadline_ns);
    sleeping_.erase(&on);
    return how;
  }

 private:
  std::set<timer*> sleeping_;
};

/// T2: remembers a cancel of an idle timer and lets it hit the next sleep.
struct remembers_a_cancel : base {
  using base::base;
  using base::cancel;
  using base::sleep_until;
  void cancel(timer& target) {
    if (target.waiter == nullptr) remembered_.insert(&target);
    base::cancel(target);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) {
    if (remembered_.erase(&on) == 0) return base::sleep_until(on, deadline_ns);
    return wake::cancelled;
  }

 private:
  std::set<timer*> remembered_;
};

/// T3: a timer holds its first sleep only; later ones are due at once.
struct wears_timers_out : base {
  using base::base;
  using base::sleep_until;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    if (used_.insert(&on).second) return base::sleep_until(on, deadline_ns);
    return wake::due;
  }

 private:
  std::set<timer*> used_;
};

/// T2: ends whatever a task waits for behind a sleep on a timer, sleep or read, when that timer is
/// cancelled.
template <bool Sleeps, bool Reads>
struct cancels_the_next : base {
  using base::base;
  using base::cancel;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    const wake how = base::sleep_until(on, deadline_ns);
    ended_ = &on;
    return how;
  }
  wake sleep_until(time_ns deadline_ns) {
    timer own;
    if (Sleeps && ended_ != nullptr) sleeps_[std::exchange(ended_, nullptr)] = &own;
    const wake how = base::sleep_until(own, deadline_ns);
    std::erase_if(sleeps_, [&own](const auto& each) { return each.second == &own; });
    return how;
  }
  bytes read(connection& from) {
    if (Reads && ended_ != nullptr) reads_[std::exchange(ended_, nullptr)] = &from;
    const bytes chunk = base::read(from);
    std::erase_if(reads_, [&from](const auto& each) { return each.second == &from; });
    return chunk;
  }
  void cancel(timer& target) {
    base::cancel(target);
    if (const auto found = sleeps_.find(&target); found != sleeps_.end()) {
      base::cancel(*found->second);
    }
    if (const auto found = reads_.find(&target); found != reads_.end()) {
      base::cancel(*found->second);
    }
  }

 private:
  timer* ended_ = nullptr;  ///< whose task has not waited since
  std::map<timer*, timer*> sleeps_;
  std::map<timer*, connection*> reads_;
};
using cancels_the_next_sleep = cancels_the_next<true, false>;
using cancels_the_next_read = cancels_the_next<false, true>;

/// T2: takes deadlines that are too far off for due.
struct overflows : base {
  using base::base;
  using base::sleep_until;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    const bool too_far = deadline_ns > from_now(3600 * 24 * ns_per_s);
    return base::sleep_until(on, too_far ? 0 : deadline_ns);
  }

 private:
  static time_ns from_now(time_ns delay_ns) { return monotonic_clock::now_ns() + delay_ns; }
};

/// T3: a timer is cancelled once and never again.
struct cancels_each_once : base {
  using base::base;
  using base::cancel;
  void cancel(timer& target) {
    if (target.waiter == nullptr || cancelled_.insert(&target).second) base::cancel(target);
  }

 private:
  std::set<timer*> cancelled_;
};

}  // namespace skein::contract::liars
