// Liars about tasks that wait for each other: S7, W4 to W8. Each is the fiber runtime with one of
// the things that are waited for replaced. The oracles of the workloads are held against some of
// them, too (tests/workloads/oracles_test.cpp).
#pragma once

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

using true_semaphore = base::semaphore;
using true_event = base::event;
using true_scope = base::scope;
template <class Value>
using true_channel = base::channel<Value>;

struct at_once {
  using output = bool;
  static constexpr auto gives = sync::gives_back::freely;
  submitted submit(op&) noexcept { return submitted::done; }
  void withdraw(op&) noexcept {}
  void refuse(op&) noexcept {}
  bool take(op&) noexcept { return true; }
};

/// S7: join answers at once.
struct joins_before_the_end : base {
  using base::base;
  struct scope : true_scope {
    using true_scope::true_scope;
    auto join() { return at_once{}; }
  };
  template <class Work>
  void spawn(scope& within, Work&& work) {
    base::scheduler::spawn(static_cast<true_scope&>(within), std::forward<Work>(work));
  }
  using base::spawn;
};

/// S7: a scope does not know of every fifth of its tasks.
struct forgets_children : base {
  using base::base;
  template <class Work>
  void spawn(scope& within, Work&& work) {
    if (++spawned_ % 5 == 0) return base::scheduler::spawn(std::forward<Work>(work));
    base::scheduler::spawn(within, std::forward<Work>(work));
  }
  template <class Work>
  void spawn(Work&& work) {
    base::scheduler::spawn(std::forward<Work>(work));
  }

 private:
  int spawned_ = 0;
};

/// A mutex made of a semaphore.
class semaphore_mutex {
 public:
  semaphore_mutex(base& on, std::size_t permits) : permits_(on, permits) {}
  auto lock() { return permits_.acquire(); }
  void unlock() { permits_.release(); }

 private:
  true_semaphore permits_;
};

/// W4: the lock is two tasks' at once.
struct locks_for_two : base {
  using base::base;
  struct mutex : semaphore_mutex {
    explicit mutex(base& on) : semaphore_mutex(on, 2) {}
  };
};

/// W4: every fiftieth unlock lets two tasks in.
struct lets_two_in : base {
  using base::base;
  struct mutex : semaphore_mutex {
    explicit mutex(base& on) : semaphore_mutex(on, 1) {}
    void unlock() {
      semaphore_mutex::unlock();
      if (++unlocks_ % 50 == 0) semaphore_mutex::unlock();
    }

   private:
    int unlocks_ = 0;
  };
};

/// W4: every fiftieth unlock wakes nobody.
struct loses_a_handover : base {
  using base::base;
  struct mutex : semaphore_mutex {
    explicit mutex(base& on) : semaphore_mutex(on, 1) {}
    void unlock() {
      if (++unlocks_ % 50 != 0) semaphore_mutex::unlock();
    }

   private:
    int unlocks_ = 0;
  };
};

/// W4: who asked last has it next.
struct hands_to_the_last : base {
  using base::base;
  class mutex {
   public:
    explicit mutex(base& on) : on_(on) {}
    auto lock() {
      auto& turn = turns_.emplace_back(std::make_unique<true_event>(on_));
      if (std::exchange(locked_, true)) {
        waiting_.push_back(turn.get());
      } else {
        turn->set();
      }
      return turn->wait();
    }
    void unlock() {
      if (waiting_.empty()) {
        locked_ = false;
      } else {
        waiting_.back()->set();
        waiting_.pop_back();
      }
    }

   private:
    base& on_;
    bool locked_ = false;
    std::vector<true_event*> waiting_;
    std::vector<std::unique_ptr<true_event>> turns_;
  };
};

/// W5: there is a permit more than it was told.
struct has_a_permit_more : base {
  using base::base;
  struct semaphore : true_semaphore {
    semaphore(base& on, std::size_t permits) : true_semaphore(on, permits + 1) {}
  };
};

/// W5: an event lets one task go on.
struct wakes_one_only : base {
  using base::base;
  class event {
   public:
    explicit event(base& on) : permits_(on, 0) {}
    auto wait() { return permits_.acquire(); }
    void set() {
      if (!std::exchange(set_, true)) permits_.release();
    }

   private:
    true_semaphore permits_;
    bool set_ = false;
  };
};

/// A wait that is to be given one wrong step.
template <class Wait>
struct wrong_wait : Wait {
  explicit wrong_wait(Wait right) : Wait(right) {}
};

/// W6: every fiftieth value that is received is received once more.
struct delivers_twice : base {
  using base::base;
  template <class Value>
  struct channel : true_channel<Value> {
    using right = true_channel<Value>;
    using right_wait = wrong_wait<typename right::receiving>;
    using right::right;
    struct receiving : right_wait {
      explicit receiving(channel& on) : right_wait(static_cast<right&>(on).receive()), of(&on) {}
      submitted submit(op& waiter) noexcept {
        again = std::exchange(of->again_, std::nullopt);
        return again ? submitted::done : right_wait::submit(waiter);
      }
      std::optional<Value> take(op& waiter) noexcept {
        if (again) return again;
        const auto got = right_wait::take(waiter);
        if (got && ++of->taken_ % 50 == 0) of->again_ = got;
        return got;
      }
      channel* of;
      std::optional<Value> again;
    };
    receiving receive() { return receiving(*this); }

   private:
    std::optional<Value> again_;
    int taken_ = 0;
  };
};

/// W6: every fiftieth value that is sent is lost.
struct loses_values : base {
  using base::base;
  template <class Value>
  struct channel : true_channel<Value> {
    using right = true_channel<Value>;
    using right_wait = wrong_wait<typename right::sending>;
    using right::right;
    struct sending : right_wait {
      sending(channel& on, const Value& value)
          : right_wait(static_cast<right&>(on).send(value)), of(&on) {}
      submitted submit(op& waiter) noexcept {
        waiter.result = 0;
        return ++of->sent_ % 50 == 0 ? submitted::done : right_wait::submit(waiter);
      }
      channel* of;
    };
    sending send(const Value& value) { return sending(*this, value); }

   private:
    int sent_ = 0;
  };
};

/// W6: there is room for one value more than it was told.
struct has_more_room : base {
  using base::base;
  template <class Value>
  struct channel : true_channel<Value> {
    channel(base& on, std::size_t capacity) : true_channel<Value>(on, capacity + 1) {}
  };
};

/// W6: what is in a channel when it is closed is gone.
struct drops_at_close : base {
  using base::base;
  template <class Value>
  struct channel : true_channel<Value> {
    using right = true_channel<Value>;
    using right_wait = wrong_wait<typename right::receiving>;
    using right::right;
    struct receiving : right_wait {
      explicit receiving(channel& on) : right_wait(static_cast<right&>(on).receive()), of(&on) {}
      submitted submit(op& waiter) noexcept {
        if (!of->closed_) return right_wait::submit(waiter);
        waiter.result = -EPIPE;
        return submitted::done;
      }
      channel* of;
    };
    receiving receive() { return receiving(*this); }
    void close() {
      closed_ = true;
      right::close();
    }

   private:
    bool closed_ = false;
  };
};

/// W7: a receive that was given up stays behind, and takes the next value.
struct leaves_a_receiver_behind : base {
  using base::base;
  template <class A, class B>
  class first_of : public base::first_of<A, B> {
   public:
    using output = typename base::first_of<A, B>::output;
    first_of(const A& first, const B& second)
        : base::first_of<A, B>(first, second), again_(first) {}
    output take(op& waiter) noexcept {
      output how = base::first_of<A, B>::take(waiter);
      if (how.index() == 1) stay_behind();
      return how;
    }

   private:
    struct ghost : op {
      explicit ghost(const A& again) : op(&completed), wait(again) {}
      static void completed(op& ended) noexcept { delete static_cast<ghost*>(&ended); }
      A wait;
    };
    void stay_behind() {
      auto stays = std::make_unique<ghost>(again_);
      if (stays->wait.submit(*stays) == submitted::pending) static_cast<void>(stays.release());
    }
    A again_;
  };
};

/// W7: of two that both came, it forgets the value.
struct forgets_what_was_granted : base {
  using base::base;
  template <class A, class B>
  class first_of : public base::first_of<A, B> {
   public:
    using output = typename base::first_of<A, B>::output;
    using base::first_of<A, B>::first_of;
    output take(op& waiter) noexcept {
      output how = base::first_of<A, B>::take(waiter);
      if (how.index() == 0) return output(std::in_place_index<1>);
      return how;
    }
  };
};

/// W8: an event is taken for set when the scheduler stops.
struct grants_at_stop : base {
  using base::base;
  struct event : true_event {
    using true_event::true_event;
    struct awaiting : wrong_wait<true_event::awaiting> {
      using wrong_wait<true_event::awaiting>::wrong_wait;
      bool take(op&) noexcept { return true; }
    };
    awaiting wait() { return awaiting(true_event::wait()); }
  };
};

}  // namespace skein::contract::liars
