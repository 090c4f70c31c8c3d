// Liars about an event that another thread sets: W11. Each is the fiber runtime with another one.
#pragma once

#include <atomic>
#include <utility>

#include "tests/contract/liars/talking.hpp"

namespace skein::contract::liars {

using true_shared_event = base::shared_event;

/// W11: every twentieth set is lost.
struct loses_a_set : base {
  using base::base;
  struct shared_event : true_shared_event {
    using true_shared_event::true_shared_event;
    void set() {
      static std::atomic<int> sets{0};
      if (++sets % 20 != 0) true_shared_event::set();
    }
  };
};

/// W11: a wait that begins after the event was set does not see that it was.
struct forgets_an_early_set : base {
  using base::base;
  struct shared_event : true_shared_event {
    explicit shared_event(base& on) : true_shared_event(on), never_(on) {}
    struct awaiting {
      using output = bool;
      static constexpr auto gives = sync::gives_back::freely;
      submitted submit(op& waiter) noexcept {
        is_late = of->is_set();
        return is_late ? never.submit(waiter) : right.submit(waiter);
      }
      void withdraw(op& waiter) noexcept {
        is_late ? never.withdraw(waiter) : right.withdraw(waiter);
      }
      void refuse(op&) noexcept {}
      bool take(op& waiter) noexcept { return right.take(waiter); }
      shared_event* of;
      true_event::awaiting never;
      true_shared_event::awaiting right;
      bool is_late = false;
    };
    awaiting wait() { return {this, never_.wait(), true_shared_event::wait()}; }

   private:
    true_event never_;
  };
};

/// W11: a set lets one task go on.
struct wakes_one_of_all : base {
  using base::base;
  struct shared_event : true_shared_event {
    explicit shared_event(base& on) : true_shared_event(on), never_(on) {}
    true_event::awaiting wait() {
      return std::exchange(has_waiter_, true) ? never_.wait() : true_shared_event::wait();
    }

   private:
    bool has_waiter_ = false;
    true_event never_;
  };
};

}  // namespace skein::contract::liars
