// The words of the poll style: a future is asked whether it is ready, and a waker says when it is
// worth while to ask again.
//
// The model is that of Rust's core::future and core::task (Future::poll, Context, Waker,
// RawWakerVTable). Where C++ has no borrow checker, a rule says in prose who must outlive whom.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace skein {

/// What a future says when it is polled: its output, or nothing yet.
template <class T>
using polled = std::optional<T>;
inline constexpr std::nullopt_t not_ready = std::nullopt;

/// The output of a future that has none.
struct nothing {};

struct waker_table;

/// A waker on loan, of two words: it holds nothing, and may be used on the thread of the task that
/// it wakes, for as long as the future that got it is alive. Who wants to wake from elsewhere, or
/// later, clones it.
struct waker_ref {
  void* data = nullptr;
  const waker_table* table = nullptr;

  /// Makes the task be polled again, unless it is to be anyhow, or is over.
  void wake() const noexcept;
  /// Whether both wake the same task. A `false` proves nothing.
  bool will_wake(const waker_ref& other) const noexcept {
    return data == other.data && table == other.table;
  }
};

/// How wakers of one kind do what they do. `clone` gives a waker that is owned, `wake` wakes and
/// gives up one that is owned, `drop` gives it up only. An owned waker may be used and given up on
/// any thread, also when its task and its scheduler are no more: waking then does nothing.
struct waker_table {
  waker_ref (*clone)(void* data);
  void (*wake)(void* data) noexcept;
  void (*wake_by_ref)(void* data) noexcept;
  void (*drop)(void* data) noexcept;
};

inline void waker_ref::wake() const noexcept {
  table->wake_by_ref(data);
}

/// An owned waker. A copy is a clone. Any thread; the object itself is one thread's at a time.
class waker {
 public:
  waker() = default;
  explicit waker(waker_ref lent) : held_(lent.table->clone(lent.data)) {}
  waker(const waker& other) : held_(other ? other.held_.table->clone(other.held_.data) : nobody) {}
  waker(waker&& other) noexcept : held_(std::exchange(other.held_, nobody)) {}
  waker& operator=(waker other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~waker() {
    if (*this) held_.table->drop(held_.data);
  }

  /// False for one that wakes nobody: made without a task, moved from, or used up.
  explicit operator bool() const noexcept { return held_.table != nullptr; }

  /// Wakes, and is used up.
  void wake() && noexcept {
    if (!*this) return;
    const waker_ref used = std::exchange(held_, nobody);
    used.table->wake(used.data);
  }
  void wake_by_ref() const noexcept {
    if (*this) held_.wake();
  }

  /// For who lends it.
  const waker_ref& ref() const noexcept { return held_; }

 private:
  static constexpr waker_ref nobody{};

  waker_ref held_ = nobody;
};

/// What a future is polled with. Lives for that call.
class context {
 public:
  explicit context(const waker_ref& lent) noexcept : waker_(lent) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  const waker_ref& waker() const noexcept { return waker_; }

 private:
  waker_ref waker_;
};

/// Once polled a future must not move, as the kernel's and the loop's lists may hold its address.
/// So it cannot be moved at all: it is built where it stays, out of a prvalue or in place.
template <class F>
concept pollable = !std::is_copy_constructible_v<F> && !std::is_move_constructible_v<F> &&
                   !std::is_copy_assignable_v<F> && !std::is_move_assignable_v<F> &&
                   requires(F& polling, context& with) {
                     typename F::output;
                     { polling.poll(with) } -> std::same_as<polled<typename F::output>>;
                   };

/// A future with this output.
template <class F, class Output>
concept pollable_of = pollable<F> && std::same_as<typename F::output, Output>;

/// Base of futures that hold none: neither copied nor moved. One that holds futures cannot be moved
/// anyhow, and this base beside theirs would need an address of its own.
class pinned {
 public:
  pinned() = default;
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
};

}  // namespace skein
