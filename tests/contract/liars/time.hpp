// Liars about time: T1 to T3.
#pragma once

#include <set>

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

}  // namespace skein::contract::liars
