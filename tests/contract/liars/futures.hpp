// Liars about futures and wakers: P1 to P8. Each is the future runtime with something between a
// task and its future.
//
// Some never poll a task again, so each has a watchman: a task without a lie, which wakes all
// others when they take too long, and notes that.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/future/scheduler.hpp"
#include "runtimes/poll.hpp"

namespace skein::contract::liars {

/// The future runtime, and a watchman.
class watched : public future::scheduler {
 public:
  using scheduler::run;
  using scheduler::scheduler;

  void run() {
    scheduler::spawn<watchman>(*this);
    scheduler::run();
  }
  /// Whether tasks had to be woken that nobody else woke.
  bool forced() const noexcept { return forced_; }
  /// The task's own waker, whatever its future is told.
  void note(const context& own) { own_wakers_.emplace_back(own.waker()); }

 private:
  static constexpr time_ns patience_ns = 300 * ns_per_ms;

  class watchman : skein::pinned {
   public:
    using output = nothing;

    explicit watchman(watched& over) : over_(over) { look_again(); }

    polled<nothing> poll(context& with) {
      while (sleep_->poll(with)) {
        if (over_.live().tasks == 1) return nothing{};
        if (monotonic_clock::now_ns() - began_ns_ > patience_ns) over_.wake_all();
        look_again();
      }
      return not_ready;
    }

   private:
    void look_again() { sleep_.emplace(over_, monotonic_clock::now_ns() + ns_per_ms); }

    watched& over_;
    const time_ns began_ns_ = monotonic_clock::now_ns();
    std::optional<future::sleeping> sleep_;
  };

  void wake_all() {
    forced_ = true;
    for (const waker& each : own_wakers_) each.wake_by_ref();
  }

  std::vector<waker> own_wakers_;
  bool forced_ = false;
};

/// A watched runtime in which each future is inside a `Lie` of it.
template <template <class> class Lie>
class lying : public watched {
 public:
  using watched::watched;

  template <class F, class... Parts>
  void spawn(Parts&&... parts) {
    scheduler::spawn<Lie<F>>(static_cast<watched&>(*this), std::forward<Parts>(parts)...);
  }
};

/// What lies have in common: the future in their middle.
template <class F>
class lie : pinned {
 public:
  using output = typename F::output;

  template <class... Parts>
  explicit lie(watched& on, Parts&&... parts) : on_(on), inner_(std::forward<Parts>(parts)...) {}

 protected:
  watched& on_;
  F inner_;
};

inline void wake_nobody(void*) noexcept {}

template <auto Wake>
waker_ref plain_ref(void* data);

/// Wakers that call `Wake` and count nothing: what they point at lives as long as the test.
template <auto Wake>
inline constexpr waker_table plain_table{
    .clone = &plain_ref<Wake>, .wake = Wake, .wake_by_ref = Wake, .drop = &wake_nobody};
template <auto Wake>
waker_ref plain_ref(void* data) {
  return {data, &plain_table<Wake>};
}

/// P1: polls what it is given at once.
template <class F>
struct begun_at_once : lie<F> {
  template <class... Parts>
  explicit begun_at_once(watched& on, Parts&&... parts)
      : lie<F>(on, std::forward<Parts>(parts)...) {
    context deaf(plain_ref<&wake_nobody>(nullptr));
    this->inner_.poll(deaf);
  }
  polled<typename F::output> poll(context& with) { return this->inner_.poll(with); }
};
using polls_in_spawn = lying<begun_at_once>;

/// P2: gives futures a waker that does nothing.
template <class F>
struct unheard : lie<F> {
  using lie<F>::lie;
  polled<typename F::output> poll(context& with) {
    this->on_.note(with);
    context deaf(plain_ref<&wake_nobody>(nullptr));
    return this->inner_.poll(deaf);
  }
};
using never_wakes = lying<unheard>;

/// P2: wakes whichever other task was polled last.
template <class F>
struct mistaken : lie<F> {
  using lie<F>::lie;
  polled<typename F::output> poll(context& with) {
    this->on_.note(with);
    waker* const before = polled_.empty() ? nullptr : polled_.back().get();
    polled_.push_back(std::make_unique<waker>(with.waker()));
    context wrong(plain_ref<&wake_other>(before));
    return this->inner_.poll(wrong);
  }

 private:
  static void wake_other(void* data) noexcept {
    if (data != nullptr) static_cast<waker*>(data)->wake_by_ref();
  }
  inline static std::vector<std::unique_ptr<waker>> polled_;
};
using wakes_the_wrong_task = lying<mistaken>;

/// P3: carries a future elsewhere after each poll. Only for one whose bytes are all there is of it.
template <class F>
class carried : pinned {
 public:
  using output = typename F::output;

  template <class... Parts>
  explicit carried(watched&, Parts&&... parts) : here_(new F(std::forward<Parts>(parts)...)) {}
  ~carried() { ::operator delete(static_cast<void*>(here_)); }

  polled<output> poll(context& with) {
    auto ready = here_->poll(with);
    void* const there = ::operator new(sizeof(F));
    std::memcpy(there, static_cast<const void*>(here_), sizeof(F));
    ::operator delete(static_cast<void*>(here_));
    here_ = static_cast<F*>(there);
    return ready;
  }

 private:
  F* here_;
};
using moves_futures = lying<carried>;

/// P4: does not hear what is woken while it is polled.
template <class F>
struct deaf_while_polled : lie<F> {
  using lie<F>::lie;
  polled<typename F::output> poll(context& with) {
    this->on_.note(with);
    own_ = waker(with.waker());
    polling_ = true;
    context told(plain_ref<&wake>(this));
    auto ready = this->inner_.poll(told);
    polling_ = false;
    return ready;
  }

 private:
  static void wake(void* data) noexcept {
    auto& self = *static_cast<deaf_while_polled*>(data);
    if (!self.polling_) self.own_.wake_by_ref();
  }
  waker own_;
  bool polling_ = false;
};
using forgets_a_wake_while_polling = lying<deaf_while_polled>;

/// P5: polls twice where once was asked for.
template <class F>
struct impatient : lie<F> {
  using lie<F>::lie;
  polled<typename F::output> poll(context& with) {
    if (auto ready = this->inner_.poll(with)) return ready;
    return this->inner_.poll(with);
  }
};
using polls_for_every_wake = lying<impatient>;

/// P6: asks once more when the answer is there.
template <class F>
struct unbelieving : lie<F> {
  using lie<F>::lie;
  polled<typename F::output> poll(context& with) {
    auto ready = this->inner_.poll(with);
    if (ready) this->inner_.poll(with);
    return ready;
  }
};
using polls_after_the_end = lying<unbelieving>;

/// P7: keeps the operation of a sleep that was dropped.
class keeps_dropped_sleeps : public future::scheduler {
 public:
  using scheduler::scheduler;

  class sleeping : skein::pinned {
   public:
    using output = skein::wake;  // in here `wake` and `pinned` are the scheduler's own

    sleeping(keeps_dropped_sleeps& on, time_ns until_ns)
        : on_(on), sleep_(std::make_unique<future::sleeping>(on, until_ns)) {}
    ~sleeping() { on_.kept_.push_back(std::move(sleep_)); }

    polled<output> poll(context& with) { return sleep_->poll(with); }

   private:
    keeps_dropped_sleeps& on_;
    std::unique_ptr<future::sleeping> sleep_;
  };

 private:
  std::vector<std::unique_ptr<future::sleeping>> kept_;
};

/// P8: passes a wake on only where it knows that the task sleeps, which it notes after the task's
/// last look. What comes between the two is lost.
template <class F>
class hard_of_hearing : public lie<F> {
 public:
  template <class... Parts>
  explicit hard_of_hearing(watched& on, Parts&&... parts)
      : lie<F>(on, std::forward<Parts>(parts)...), state_(*kept_.emplace_back(new state)) {}

  polled<typename F::output> poll(context& with) {
    this->on_.note(with);
    if (!state_.own) state_.own = waker(with.waker());
    state_.sleeps.store(false);
    context told(plain_ref<&wake_if_asleep>(&state_));
    auto ready = this->inner_.poll(told);
    state_.sleeps.store(true);
    return ready;
  }

 private:
  struct state {
    waker own;
    std::atomic<bool> sleeps{false};
  };
  static void wake_if_asleep(void* data) noexcept {
    auto& of = *static_cast<state*>(data);
    if (of.sleeps.load()) of.own.wake_by_ref();
  }
  inline static std::vector<std::unique_ptr<state>> kept_;  // wakers outlive their tasks

  state& state_;
};
using loses_wakes_before_sleep = lying<hard_of_hearing>;

}  // namespace skein::contract::liars
