// The first of two waits; the other is withdrawn, and ends unseen (W7). A read with a deadline is
// the commonest:
//
//     on.until(first_of(reading(on, peer), sleeping(on, deadline_ns)))
//
// It has an operation for each of the two, beside that of its task, which goes on within the
// completion of the first. Where both have been granted when that comes, the one that completed
// first is the first, unless the other is worse at giving back what it got. So a value that came
// before its receiver's deadline was over is received, and stays in its order.
#pragma once

#include <algorithm>
#include <utility>
#include <variant>

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class Wait>
concept combined = requires { Wait::is_combined; };

template <waitable A, waitable B>
class first_of {
  static_assert(!combined<A> && !combined<B>, "of two waits, not of what combines some");
  static_assert(A::gives != gives_back::never || B::gives != gives_back::never,
                "of two that cannot give back what they got, both may end");

 public:
  using output = std::variant<typename A::output, typename B::output>;
  static constexpr bool is_combined = true;
  static constexpr gives_back gives = std::max(A::gives, B::gives);

  first_of(A first, B second) noexcept : a_(std::move(first)), b_(std::move(second)) {}
  /// For passing it on before it is submitted.
  first_of(const first_of& other) noexcept : a_(other.a_), b_(other.b_) {}
  first_of& operator=(const first_of&) = delete;

  submitted submit(op& waiter) noexcept {
    waiter_ = &waiter;
    arm_a_.of = arm_b_.of = this;
    if (a_.submit(arm_a_) == submitted::done) return settle(0, submitted::done);
    if (b_.submit(arm_b_) == submitted::done) {
      a_.withdraw(arm_a_);
      return settle(1, submitted::done);
    }
    waiter.state = op_state::waiting;
    return submitted::pending;
  }
  void withdraw(op& waiter) noexcept {
    a_.withdraw(arm_a_);
    b_.withdraw(arm_b_);
    waiter.state = op_state::idle;
  }
  void refuse(op&) noexcept {
    if (first_ == 0) {
      if (was_granted(arm_a_)) a_.refuse(arm_a_);
    } else if (was_granted(arm_b_)) {
      b_.refuse(arm_b_);
    }
  }
  output take(op&) noexcept {
    if (first_ == 0) return output(std::in_place_index<0>, a_.take(arm_a_));
    return output(std::in_place_index<1>, b_.take(arm_b_));
  }

 private:
  struct arm : op {
    explicit arm(complete_fn on_complete) noexcept : op(on_complete) {}
    first_of* of = nullptr;
  };

  submitted settle(int first, submitted how) noexcept {
    first_ = first;
    waiter_->result = 0;
    return how;
  }

  static void a_completed(op& completed) noexcept {
    auto& self = *static_cast<arm&>(completed).of;
    self.end(0, self.a_, self.arm_a_, self.b_, self.arm_b_);
  }
  static void b_completed(op& completed) noexcept {
    auto& self = *static_cast<arm&>(completed).of;
    self.end(1, self.b_, self.arm_b_, self.a_, self.arm_a_);
  }

  template <class First, class Other>
  void end(int which, First& first, arm& ended, Other& other, arm& left) noexcept {
    if (left.state == op_state::queued && left.action == queued_action::complete) {
      // The other's completion is queued, and finds this one over. Where stop() has ended both it
      // is left to come, since to take it out of the queue would be to search for it.
      if (!was_granted(ended)) return;
      if (was_granted(left) && Other::gives > First::gives) return first.refuse(ended);
    }
    other.withdraw(left);
    settle(which, submitted::done);
    waiter_->state = op_state::idle;
    waiter_->complete(*waiter_);
  }

  A a_;
  B b_;
  arm arm_a_{&a_completed};
  arm arm_b_{&b_completed};
  op* waiter_ = nullptr;
  int first_ = 0;
};

}  // namespace skein::sync
