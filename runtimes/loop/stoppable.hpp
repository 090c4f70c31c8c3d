// What stop() has to reach on a loop beside its connections, listeners and timers: things that
// tasks wait for without the kernel (runtimes/sync).
#pragma once

namespace skein {

/// In the list of its loop for as long as it is alive. The loop outlives it.
class stoppable {
 public:
  /// Ends all waits as cancelled. They complete through the run queue, never in here.
  using stop_fn = void (*)(stoppable& self) noexcept;

  explicit stoppable(stop_fn on_stop) noexcept : on_stop_(on_stop) {}
  stoppable(const stoppable&) = delete;
  stoppable& operator=(const stoppable&) = delete;
  ~stoppable() {
    if (link_ == nullptr) return;
    *link_ = next_;
    if (next_ != nullptr) next_->link_ = link_;
  }

 private:
  friend class stoppables;

  stop_fn on_stop_;
  stoppable* next_ = nullptr;
  stoppable** link_ = nullptr;  ///< of the pointer that points here
};

/// A loop's list of them.
class stoppables {
 public:
  void add(stoppable& made) noexcept {
    made.next_ = first_;
    made.link_ = &first_;
    if (first_ != nullptr) first_->link_ = &made.next_;
    first_ = &made;
  }

  void stop_all() noexcept {
    for (stoppable* each = first_; each != nullptr; each = each->next_) each->on_stop_(*each);
  }

 private:
  stoppable* first_ = nullptr;
};

}  // namespace skein
