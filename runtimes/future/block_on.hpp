// One future on the calling thread, which parks while it waits: for futures that somebody else
// wakes, a thread or a scheduler on another one. (A future that waits for a scheduler's loop is
// spawned there: nobody would run the loop meanwhile.)
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "runtimes/poll.hpp"

namespace skein::future {

/// Wakes the thread that sleeps in park(). Clones share it, and the last frees it. Any thread.
class parking_spot : pinned {
 public:
  static waker make() {
    auto* const made = new parking_spot;
    const waker_ref own{made, &table};
    waker held(own);
    own.table->drop(own.data);
    return held;
  }
  static parking_spot& of(const waker& made) noexcept { return at(made.ref().data); }

  /// Sleeps until it was woken since the last call. A wake that came before is not lost: it has set
  /// `woken_`, which is looked at before the kernel is asked, and by the kernel once more.
  void park() noexcept {
    while (!woken_.exchange(false, std::memory_order_acquire)) {
      woken_.wait(false, std::memory_order_relaxed);
    }
  }

 private:
  static parking_spot& at(void* data) noexcept { return *static_cast<parking_spot*>(data); }

  void acquire() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  /// What was written before it is seen by who was woken, also where two wake at once: a store
  /// would end what the other released, an exchange carries it on (a release sequence).
  void wake() noexcept {
    woken_.exchange(true, std::memory_order_release);
    woken_.notify_one();
  }

  static const waker_table table;

  std::atomic<bool> woken_{false};
  std::atomic<std::size_t> references_{1};
};

/// Nothing of the table is the spot's alone: whoever calls holds a reference.
inline const waker_table parking_spot::table{
    .clone =
        [](void* data) {
          at(data).acquire();
          return waker_ref{data, &table};
        },
    .wake =
        [](void* data) noexcept {
          at(data).wake();
          at(data).release();
        },
    .wake_by_ref = [](void* data) noexcept { at(data).wake(); },
    .drop = [](void* data) noexcept { at(data).release(); }};

/// Drives the future that `make` returns to its end, and returns its output.
template <class Make>
auto block_on(Make make) {
  auto driven = make();
  const waker own = parking_spot::make();
  while (true) {
    context with(own.ref());
    if (auto ready = driven.poll(with)) return *std::move(ready);
    parking_spot::of(own).park();
  }
}

}  // namespace skein::future
