// A bounded channel for the tasks of Asio's rows (clause W6): a queue and a timer for who waits, as
// in Asio's chat server (condition.hpp). The queue is a std::deque, as there; it allocates some
// 600 bytes when it is made.
//
// The queue has, in their order: values that are claimed by receivers that were woken; at most
// `capacity` that lie in the channel; those of senders that wait. A receiver that comes between a
// wake-up and the turn of who was woken takes none of the claimed ones. It may take the first,
// since the claimer gets a later one: each takes from the front.
//
// Who waits is all receivers or all senders, so one timer is enough: receivers wait only while
// nothing is unclaimed, and then a send hands its value to one of them and does not wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "runtimes/asio/condition.hpp"

namespace skein::asio {

template <class T, class Executor>
class channel {
 public:
  /// True when the value is with the channel; false when it is closed, or the scheduler stopped.
  class sending {
   public:
    using output = bool;

    sending(channel& of, const T& value) noexcept : of_(&of), value_(value) {}

    std::optional<bool> now() { return of_->offer(value_, number_); }
    template <class Handler>
    void start(Handler handler) {
      of_->turn_.wait(*this, std::move(handler));
    }
    bool ended(bool granted) const noexcept { return granted && number_ < of_->let_in_; }

   private:
    channel* of_;
    T value_;
    std::uint64_t number_ = 0;
  };

  /// A value; none when the channel is closed and empty, or the scheduler stopped.
  using receiving = wait_of<channel, std::optional<T>>;

  template <class Scheduler>
  channel(Scheduler& on, std::size_t capacity) : capacity_(capacity), turn_(on.home()) {}

  sending send(const T& value) noexcept { return sending(*this, value); }
  receiving receive() noexcept { return receiving(*this); }

  /// More than once does nothing. Sends that wait fail, receives that wait end.
  void close() {
    closed_ = true;
    while (unclaimed() > capacity_) values_.pop_back();
    turn_.wake_all();
  }

 private:
  friend receiving;

  std::size_t unclaimed() const noexcept { return values_.size() - claimed_; }
  T take() {
    const T first = values_.front();
    values_.pop_front();
    return first;
  }

  // --- a send

  /// `number` becomes the place of the value among all that were offered.
  std::optional<bool> offer(const T& value, std::uint64_t& number) {
    if (closed_ || turn_.stopped()) return false;
    number = offered_++;
    values_.push_back(value);
    if (unclaimed() == 1 && turn_.wake_one()) ++claimed_;
    if (unclaimed() > capacity_) return std::nullopt;
    ++let_in_;
    return true;
  }

  // --- a receive

  std::optional<std::optional<T>> now() {
    using with_none = std::optional<std::optional<T>>;
    if (turn_.stopped()) return with_none(std::in_place);
    if (unclaimed() == 0) return closed_ ? with_none(std::in_place) : std::nullopt;
    const T value = take();
    if (unclaimed() >= capacity_) {
      ++let_in_;  // that of the sender that has waited longest
      turn_.wake_one();
    }
    return std::optional<T>(value);
  }
  /// Asio calls handlers in the order in which their waits were cancelled. So those that were woken
  /// for a value come before those that close() has ended.
  std::optional<T> ended(bool granted) {
    if (!granted || claimed_ == 0) return std::nullopt;
    --claimed_;
    return take();
  }

  std::size_t capacity_;
  std::deque<T> values_;
  std::size_t claimed_ = 0;    ///< of values_
  std::uint64_t offered_ = 0;  ///< in all
  std::uint64_t let_in_ = 0;   ///< of those, the first: their sends have ended, or will, as sent
  bool closed_ = false;
  condition<Executor> turn_;
};

}  // namespace skein::asio
