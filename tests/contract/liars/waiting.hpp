// Liars about waiting: W1 to W3.
#pragma once

#include <algorithm>
#include <vector>

#include "tests/contract/liars/base.hpp"
#include "tests/signals.hpp"

namespace skein::contract::liars {

/// W1: calls every wake-up handler again in the next turn.
struct wakes_twice : callback_base {
  using callback_base::callback_base;
  template <auto OnWake, class Session>
  void sleep_until(timer& on, time_ns deadline_ns, Session* session) {
    // Told of a wake that was none, a session may ask for its next sleep while one is under way.
    if (std::find(asleep.begin(), asleep.end(), &on) != asleep.end()) return;
    asleep.push_back(&on);
    struct repeater {
      wakes_twice& through;
      timer* slept_on;
      Session* session;
      wake how = wake::due;
      void on_wake(wake ended) {
        how = ended;
        std::erase(through.asleep, slept_on);
        through.template yield<&repeater::again>(this);
        (session->*OnWake)(how);
      }
      void again() {
        (session->*OnWake)(how);
        delete this;
      }
    };
    auto* twice = new repeater{*this, &on, session};
    libuv::scheduler::sleep_until<&repeater::on_wake>(on, deadline_ns, twice);
  }

  std::vector<timer*> asleep;
};

/// W1: a read that a signal interrupts is over.
struct takes_a_signal_for_the_end : base {
  using base::base;
  bytes read(connection& from) {
    const int before = test::signals_taken;
    const bytes chunk = base::read(from);
    return before == test::signals_taken ? chunk : bytes();
  }
};

/// W2: no bound on inline completion.
struct never_lets_go : base {
  explicit never_lets_go(const scheduler_options& options) : base(unbounded(options)) {}

 private:
  static scheduler_options unbounded(scheduler_options options) {
    options.inline_budget = 0xffff'ffff;
    return options;
  }
};

/// W3: forgets to close.
struct leaks_connections : base {
  using base::base;
  void close(connection&) {}
};

/// W1: calls every handler of a write again in the next turn.
struct writes_twice : callback_base {
  using callback_base::callback_base;
  template <auto OnWritten, class Session>
  void write(connection& to, bytes data, Session* session) {
    struct repeater {
      libuv::scheduler& through;
      Session* session;
      bool complete = false;
      void on_written(bool done) {
        complete = done;
        through.template yield<&repeater::again>(this);
        (session->*OnWritten)(complete);
      }
      void again() {
        (session->*OnWritten)(complete);
        delete this;
      }
    };
    libuv::scheduler::write<&repeater::on_written>(to, data, new repeater{*this, session});
  }
};

/// W3: counts a cancelled connection as gone.
struct counts_cancelled_as_gone : base {
  using base::base;
  using base::cancel;
  void cancel(connection& target) {
    base::cancel(target);
    ++cancelled_;
  }
  live_counts live() const {
    live_counts counted = base::live();
    counted.connections -= std::min(cancelled_, counted.connections);
    return counted;
  }

 private:
  std::size_t cancelled_ = 0;
};

}  // namespace skein::contract::liars
