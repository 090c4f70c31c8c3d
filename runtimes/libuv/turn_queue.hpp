// What has to happen in the loop's next turn: spawned and yielded steps, and completions that must
// not run inside the call that caused them.
//
// libuv has no such queue for its own thread. Its users keep one and attach it to an idle handle,
// which runs once per turn and, while it is active, keeps the loop from blocking. That is done
// here. A turn runs only what was queued before it, so a step that yields comes after all others
// (S4).
#pragma once

#include <cstddef>
#include <deque>
#include <uv.h>

#include "runtimes/shared/handler.hpp"

namespace skein::libuv {

class turn_queue {
 public:
  using step = handler<>;

  turn_queue() = default;
  turn_queue(const turn_queue&) = delete;
  turn_queue& operator=(const turn_queue&) = delete;

  /// `after_turn` runs after each turn's last step.
  void attach(uv_loop_t& loop, step after_turn) noexcept {
    after_turn_ = after_turn;
    ::uv_idle_init(&loop, &idle_);
    idle_.data = this;
  }

  void push(step next) {
    if (steps_.empty()) ::uv_idle_start(&idle_, &on_idle);
    steps_.push_back(next);
  }

  /// A step that was queued does nothing when its turn comes. It is searched for.
  void withdraw(step queued) noexcept {
    for (step& each : steps_) {
      if (each.call == queued.call && each.object == queued.object) each.call = &do_nothing;
    }
  }

  bool empty() const noexcept { return steps_.empty(); }
  void close(uv_close_cb on_closed) noexcept {
    ::uv_close(reinterpret_cast<uv_handle_t*>(&idle_), on_closed);
  }

 private:
  static void do_nothing(void*) noexcept {}
  static void on_idle(uv_idle_t* idle) noexcept {
    static_cast<turn_queue*>(idle->data)->run_turn();
  }

  void run_turn() noexcept {
    for (std::size_t left = steps_.size(); left > 0; --left) {
      const step next = steps_.front();
      steps_.pop_front();
      next();
    }
    if (steps_.empty()) ::uv_idle_stop(&idle_);
    after_turn_();
  }

  uv_idle_t idle_{};
  step after_turn_;
  std::deque<step> steps_;  ///< a deque gives its memory back as it drains
};

}  // namespace skein::libuv
