// Liars about waiting: W1 to W3.
#pragma once

#include <algorithm>
#include <vector>

#include "tests/contract/liars/base.hpp"

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

}  // namespace skein::contract::liars
