// What threads wait for from each other: the names and the meaning of runtimes/sync, on futexes.
//
// Each thing has a lock for its state and a list of who waits, first in, first out. A waiter lies
// on its thread's stack and has a word of its own to sleep on, so that an end wakes one thread and
// no herd. The mutex alone has a way past its lock: a word that is taken and given back by one
// compare-and-swap while nobody waits.
//
// stop() reaches who waits by a list of all things (W8). It sets its flag first and takes their
// locks after; who is about to wait looks at the flag under the lock. Whichever of the two has the
// lock second sees what the other did.
//
// A waiter's word is changed, and its thread woken, under the thing's lock, and the thread takes
// that lock before it returns. So its stack is not gone between the change and the wake.
#pragma once

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "runtimes/thread/futex.hpp"

namespace skein::thread {

class sync_object;

/// The things that a scheduler's threads may wait for. Any thread.
class sync_objects {
 public:
  void stop() noexcept;
  bool stopping() const noexcept { return stopped_.load(std::memory_order_acquire); }

 private:
  friend class sync_object;

  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  sync_object* first_ = nullptr;
};

/// The lock, the list of who waits, and the way for stop to reach them.
class sync_object {
 public:
  sync_object(const sync_object&) = delete;
  sync_object& operator=(const sync_object&) = delete;

 protected:
  struct waiter {
    futex_word ended{0};
    int result = 0;
    void* value = nullptr;
    waiter* next = nullptr;
  };

  /// Under the lock of its object.
  class waiters {
   public:
    bool empty() const noexcept { return head_ == nullptr; }
    void add(waiter& last) noexcept {
      *tail_ = &last;
      tail_ = &last.next;
    }
    waiter* take() noexcept {
      waiter* const first = head_;
      if (first == nullptr) return nullptr;
      head_ = first->next;
      if (head_ == nullptr) tail_ = &head_;
      return first;
    }

   private:
    waiter* head_ = nullptr;
    waiter** tail_ = &head_;
  };

  /// Ends all waits of the object as cancelled: under its lock.
  using stop_fn = void (*)(sync_object& self) noexcept;

  sync_object(sync_objects& all, stop_fn on_stop) noexcept;
  ~sync_object() { assert(link_ == nullptr && "it did not retire"); }
  /// Last of all in the constructor of what derives from this: stop reaches it from now on.
  void enlist() noexcept;
  /// First of all in its destructor: stop reaches it no more.
  void retire() noexcept;

  bool stopping() const noexcept { return all_.stopping(); }

  /// Waits in a list, and gives up the lock meanwhile; the result that it was ended with.
  int wait_in(waiters& list, std::unique_lock<std::mutex>& lock, void* value = nullptr) noexcept;
  static void end(waiter& taken, int result) noexcept;
  static void end_all(waiters& list, int result) noexcept {
    while (waiter* const next = list.take()) end(*next, result);
  }

  std::mutex mutex_;

 private:
  friend class sync_objects;
  sync_objects& all_;
  stop_fn on_stop_;
  sync_object* next_ = nullptr;
  sync_object** link_ = nullptr;
};

/// As sync::mutex. The word is 0 while nobody has the lock, 1 while somebody has it and nobody
/// waits, 2 while somebody may wait.
///
/// Why nobody overtakes: a word of 0 means that nobody waits, as it is set to 0 under the lock and
/// with an empty list only, or out of 1. Why no wake is lost: a waiter sets 2 under the lock before
/// it is in the list, so an unlock that does not find 1 takes the lock and finds it there.
class mutex : sync_object {
 public:
  class locking {
   public:
    using output = bool;
    explicit locking(mutex& of) noexcept : of_(of) {}
    bool perform() noexcept { return of_.acquire(); }

   private:
    mutex& of_;
  };

  template <class Scheduler>
  explicit mutex(Scheduler& on) noexcept : sync_object(on.objects(), &stop) {
    enlist();
  }
  ~mutex() { retire(); }

  locking lock() noexcept { return locking(*this); }
  void unlock() noexcept;

 private:
  bool acquire() noexcept;
  static void stop(sync_object& self) noexcept {
    end_all(static_cast<mutex&>(self).waiting_, -ECANCELED);
  }

  std::atomic<std::uint32_t> word_{0};
  waiters waiting_;
};

/// As sync::semaphore.
class semaphore : sync_object {
 public:
  class acquiring {
   public:
    using output = bool;
    explicit acquiring(semaphore& of) noexcept : of_(of) {}
    bool perform() noexcept { return of_.take_one(); }

   private:
    semaphore& of_;
  };

  template <class Scheduler>
  semaphore(Scheduler& on, std::size_t permits) noexcept
      : sync_object(on.objects(), &stop), permits_(permits) {
    enlist();
  }
  ~semaphore() { retire(); }

  acquiring acquire() noexcept { return acquiring(*this); }
  void release() noexcept;

 private:
  bool take_one() noexcept;
  static void stop(sync_object& self) noexcept {
    end_all(static_cast<semaphore&>(self).waiting_, -ECANCELED);
  }

  std::size_t permits_;
  waiters waiting_;
};

/// As sync::offload_pool, but a thread may block, so it does its work itself: the pool only bounds
/// how many do so at once.
class offload_pool {
 public:
  class working {
   public:
    using output = bool;
    working(offload_pool& of, void (*work)(void*) noexcept, void* on) noexcept
        : of_(of), work_(work), on_(on) {}
    bool perform() noexcept {
      if (!of_.permits_.acquire().perform()) return false;
      work_(on_);
      of_.permits_.release();
      return true;
    }

   private:
    offload_pool& of_;
    void (*work_)(void*) noexcept;
    void* on_;
  };

  template <class Scheduler>
  offload_pool(Scheduler& on, std::size_t threads) : permits_(on, threads) {}

  template <auto Work, class Of>
  working run(Of& on) noexcept {
    return working(
        *this, [](void* with) noexcept { std::invoke(Work, *static_cast<Of*>(with)); }, &on);
  }

 private:
  semaphore permits_;
};

/// As sync::event.
class event : sync_object {
 public:
  class awaiting {
   public:
    using output = bool;
    explicit awaiting(event& of) noexcept : of_(of) {}
    bool perform() noexcept { return of_.await(); }

   private:
    event& of_;
  };

  template <class Scheduler>
  explicit event(Scheduler& on) noexcept : sync_object(on.objects(), &stop) {
    enlist();
  }
  ~event() { retire(); }

  awaiting wait() noexcept { return awaiting(*this); }
  void set() noexcept;
  /// Says nothing of whether set() has returned: who wants to end the event waits for it.
  bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }

 private:
  bool await() noexcept;
  static void stop(sync_object& self) noexcept {
    end_all(static_cast<event&>(self).waiting_, -ECANCELED);
  }

  std::atomic<bool> set_{false};  ///< written under the lock
  waiters waiting_;
};

/// As sync::channel.
template <class T>
class channel : sync_object {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                "a value is handed on as a copy: send a pointer to what is larger");

 public:
  class sending {
   public:
    using output = bool;
    sending(channel& of, const T& value) noexcept : of_(of), value_(value) {}
    bool perform() { return of_.put(value_); }

   private:
    channel& of_;
    T value_;
  };
  class receiving {
   public:
    using output = std::optional<T>;
    explicit receiving(channel& of) noexcept : of_(of) {}
    output perform() { return of_.get(); }

   private:
    channel& of_;
  };

  template <class Scheduler>
  channel(Scheduler& on, std::size_t capacity) noexcept
      : sync_object(on.objects(), &stop), capacity_(capacity) {
    enlist();
  }
  ~channel() { retire(); }

  sending send(const T& value) noexcept { return sending(*this, value); }
  receiving receive() noexcept { return receiving(*this); }
  void close() noexcept {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    end_all(senders_, -EPIPE);
    end_all(receivers_, -EPIPE);
  }

 private:
  bool put(T& value) {
    std::unique_lock lock(mutex_);
    if (stopping() || closed_) return false;
    if (waiter* const receiver = receivers_.take()) {
      *static_cast<T*>(receiver->value) = value;
      end(*receiver, 0);
    } else if (values_.size() < capacity_) {
      values_.push_back(value);
    } else {
      return wait_in(senders_, lock, &value) == 0;
    }
    return true;
  }

  std::optional<T> get() {
    std::unique_lock lock(mutex_);
    if (stopping()) return std::nullopt;
    if (!values_.empty()) {
      const T value = values_.front();
      values_.pop_front();
      if (waiter* const sender = senders_.take()) values_.push_back(taken_from(*sender));
      return value;
    }
    if (waiter* const sender = senders_.take()) return taken_from(*sender);
    if (closed_) return std::nullopt;
    T value{};
    if (wait_in(receivers_, lock, &value) != 0) return std::nullopt;
    return value;
  }

  static T taken_from(waiter& sender) noexcept {
    const T value = *static_cast<T*>(sender.value);
    end(sender, 0);
    return value;
  }

  static void stop(sync_object& self) noexcept {
    end_all(static_cast<channel&>(self).senders_, -ECANCELED);
    end_all(static_cast<channel&>(self).receivers_, -ECANCELED);
  }

  std::deque<T> values_;
  std::size_t capacity_;
  bool closed_ = false;
  waiters senders_;
  waiters receivers_;
};

/// As sync::scope. Its count is under the lock, so a task's last step happens-before the return of
/// join. The last end_one may be the last use of the scope, so it wakes the joiner under the lock.
class scope : sync_object {
 public:
  class joining {
   public:
    using output = bool;
    explicit joining(scope& of) noexcept : of_(of) {}
    bool perform() noexcept { return of_.await_all(); }

   private:
    scope& of_;
  };

  template <class Scheduler>
  explicit scope(Scheduler& on) noexcept : sync_object(on.objects(), &stop) {
    enlist();
  }
  ~scope() {
    retire();
    assert(running_ == 0 && "a task outlived its scope: join it first");
  }

  joining join() noexcept { return joining(*this); }
  void begin_one() noexcept {
    const std::scoped_lock lock(mutex_);
    ++running_;
  }
  void end_one() noexcept {
    const std::scoped_lock lock(mutex_);
    if (--running_ == 0) end_all(joiners_, 0);
  }

 private:
  bool await_all() noexcept;
  static void stop(sync_object&) noexcept {}  // all tasks end, and it with them

  std::size_t running_ = 0;
  waiters joiners_;
};

}  // namespace skein::thread
