// A bounded channel: many senders, many receivers, values in the order in which they were sent
// (W6). With a capacity of 0 a send waits until somebody receives (a rendezvous, as in CSP: Hoare
// 1978).
//
// A value goes straight to a receiver that waits. A receiver that makes room lets the first waiting
// sender's value in, so that senders are served in order, too. After close() what was sent is still
// received; then receives end without a value, and sends fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "runtimes/sync/wait.hpp"

namespace skein::sync {

template <class T, class Loop>
class channel : public object<Loop> {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>,
                "a value is handed on as a copy: send a pointer to what is larger");

 public:
  /// True when the value is with the channel; false when it is closed, or the scheduler stopped.
  class sending {
   public:
    using output = bool;
    static constexpr gives_back gives = gives_back::never;  ///< it may have been received

    sending(channel& of, const T& value) noexcept : of_(&of), value_(value) {}
    submitted submit(op& waiter) noexcept { return of_->submit_send(waiter, value_); }
    void withdraw(op& waiter) noexcept { of_->object<Loop>::withdraw(of_->senders_, waiter); }
    void refuse(op&) noexcept {}
    bool take(op& waiter) noexcept { return was_granted(waiter); }

   private:
    channel* of_;
    T value_;
  };

  /// A value; none when the channel is closed and empty, or the scheduler stopped.
  class receiving {
   public:
    using output = std::optional<T>;
    static constexpr gives_back gives = gives_back::late;

    explicit receiving(channel& of) noexcept : of_(&of) {}
    submitted submit(op& waiter) noexcept { return of_->submit_receive(waiter, value_); }
    void withdraw(op& waiter) noexcept {
      if (of_->object<Loop>::withdraw(of_->receivers_, waiter)) of_->give_back(waiter, value_);
    }
    void refuse(op& waiter) noexcept { of_->give_back(waiter, value_); }
    output take(op& waiter) noexcept { return was_granted(waiter) ? output(value_) : output(); }

   private:
    channel* of_;
    T value_{};
  };

  template <class Scheduler>
  channel(Scheduler& on, std::size_t capacity)
      : object<Loop>(on.loop(), &stop),
        values_(capacity > 0 ? std::make_unique<T[]>(capacity) : nullptr),
        capacity_(capacity) {}
  ~channel() {
    assert(senders_.empty() && receivers_.empty() && "a channel ended with a task waiting");
  }

  sending send(const T& value) noexcept { return sending(*this, value); }
  receiving receive() noexcept { return receiving(*this); }

  /// Any task; more than once does nothing. Sends that wait fail, receives that wait end.
  void close() noexcept {
    closed_ = true;
    this->end_all(senders_, -EPIPE);
    this->end_all(receivers_, -EPIPE);
  }

 private:
  static constexpr std::uint32_t largest_number = INT32_MAX;

  struct returned {
    std::int32_t number;
    T value;
  };

  submitted submit_send(op& waiter, T& value) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    if (closed_) return this->answer(waiter, -EPIPE);
    if (op* const receiver = receivers_.take()) {
      hand_over(*receiver, value);
    } else if (size_ < capacity_) {
      push(value);
    } else {
      waiter.target = &value;
      return senders_.park(waiter);
    }
    return this->answer(waiter, 0);
  }

  submitted submit_receive(op& waiter, T& value) noexcept {
    if (this->stopping()) return this->answer(waiter, -ECANCELED);
    if (!given_back_.empty()) [[unlikely]] {
      const returned first = given_back_.front();
      given_back_.erase(given_back_.begin());
      value = first.value;
      return this->answer(waiter, first.number);
    }
    if (size_ > 0) {
      value = pop();
      if (op* const sender = senders_.take()) push(taken_from(*sender));
    } else if (op* const sender = senders_.take()) {
      value = taken_from(*sender);
    } else if (closed_) {
      return this->answer(waiter, -EPIPE);
    } else {
      waiter.target = &value;
      return receivers_.park(waiter);
    }
    return this->answer(waiter, next_number());
  }

  /// Which of all values it is that somebody received: what a receive's result is.
  std::int32_t next_number() noexcept {
    handed_over_ = (handed_over_ + 1) & largest_number;
    return static_cast<std::int32_t>(handed_over_);
  }

  void hand_over(op& receiver, const T& value) noexcept {
    *static_cast<T*>(receiver.target) = value;
    this->end(receiver, next_number());
  }
  /// The value of a sender that waited, whose wait ends.
  T taken_from(op& sender) noexcept {
    const T value = *static_cast<T*>(sender.target);
    this->end(sender, 0);
    return value;
  }

  /// A value whose receiver has withdrawn: it is received before all that were sent after it and
  /// that nobody has yet, also where there is no room for it. Rare, so its room is made then.
  void give_back(const op& from, const T& value) noexcept {
    const returned back{from.result, value};
    if (op* const receiver = receivers_.take()) {
      *static_cast<T*>(receiver->target) = value;
      return this->end(*receiver, back.number);
    }
    const auto is_earlier = [](const returned& one, const returned& other) {
      const auto apart = static_cast<std::uint32_t>(one.number - other.number) & largest_number;
      return apart > largest_number / 2;  // numbers begin anew after the largest
    };
    given_back_.insert(std::ranges::upper_bound(given_back_, back, is_earlier), back);
  }

  void push(const T& value) noexcept {
    const std::size_t at = first_ + size_++;
    values_[at < capacity_ ? at : at - capacity_] = value;
  }
  T pop() noexcept {
    const T value = values_[first_];
    if (++first_ == capacity_) first_ = 0;
    --size_;
    return value;
  }

  static void stop(stoppable& self) noexcept {
    auto& stopped = object<Loop>::template of<channel>(self);
    stopped.end_all(stopped.senders_, -ECANCELED);
    stopped.end_all(stopped.receivers_, -ECANCELED);
  }

  std::unique_ptr<T[]> values_;  ///< a ring
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::uint32_t handed_over_ = 0;
  bool closed_ = false;
  wait_list senders_;
  wait_list receivers_;
  std::vector<returned> given_back_;
};

}  // namespace skein::sync
