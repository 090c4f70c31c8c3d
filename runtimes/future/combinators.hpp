// Futures made of futures. Each takes functions that make the parts, since a future cannot be
// passed on: what the function returns is built in its place.
//
//     auto reply = then([&] { return reading(on, peer); },
//                       [&](bytes chunk) { return writing(on, peer, chunk); });
//
// A part is polled whenever the whole is: a waker says that something happened, not what. That is
// the model, and what depth and width cost in it. A part is dropped as soon as the whole needs it
// no more; a part that has ended is not polled again (P6).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/poll.hpp"

namespace skein::future {

/// A future of a function's result, in place; dropped by reset.
template <pollable F>
class part {
 public:
  template <class Make>
  explicit part(Make& make) {
    begin(make);
  }
  part() noexcept {}
  part(const part&) = delete;
  part& operator=(const part&) = delete;
  ~part() { reset(); }

  template <class Make>
  void begin(Make& make) {
    ::new (static_cast<void*>(&held_)) F(std::invoke(make));
    has_ = true;
  }
  void reset() noexcept {
    if (std::exchange(has_, false)) held_.~F();
  }
  explicit operator bool() const noexcept { return has_; }
  F& operator*() noexcept { return held_; }

 private:
  union {
    F held_;
  };
  bool has_ = false;
};

template <class Make, class... Given>
using made_by = std::invoke_result_t<Make&, Given...>;
template <class Make, class... Given>
using output_of = typename made_by<Make, Given...>::output;

/// The output of one future, changed by a function.
template <class Make, class Change>
class map {
 public:
  using output = std::invoke_result_t<Change&, output_of<Make>>;

  map(Make make, Change change) : part_(make), change_(std::move(change)) {}

  polled<output> poll(context& with) {
    auto ready = (*part_).poll(with);
    if (!ready) return not_ready;
    part_.reset();
    return std::invoke(change_, *std::move(ready));
  }

 private:
  part<made_by<Make>> part_;
  Change change_;
};

/// A future, and then one that is made of its output.
template <class Make, class Next>
class then {
  using first_part = made_by<Make>;
  using second_part = made_by<Next, output_of<Make>>;

 public:
  using output = typename second_part::output;

  then(Make make, Next next) : first_(make), next_(std::move(next)) {}

  polled<output> poll(context& with) {
    if (first_) {
      auto ready = (*first_).poll(with);
      if (!ready) return not_ready;
      first_.reset();
      auto make = [&] { return std::invoke(next_, *std::move(ready)); };
      second_.begin(make);
    }
    return (*second_).poll(with);
  }

 private:
  part<first_part> first_;
  part<second_part> second_;
  Next next_;
};

/// All of several futures: ready when the last is, with all outputs.
template <class... Make>
class join {
 public:
  using output = std::tuple<output_of<Make>...>;

  explicit join(Make... make) : parts_(make...) {}
  join(const join&) = delete;  // which a tuple of what cannot be moved does not say
  join& operator=(const join&) = delete;

  polled<output> poll(context& with) { return poll_each(with, std::index_sequence_for<Make...>()); }

 private:
  template <std::size_t... I>
  polled<output> poll_each(context& with, std::index_sequence<I...>) {
    (poll_one<I>(with), ...);
    if (!(std::get<I>(outputs_).has_value() && ...)) return not_ready;
    return output(*std::move(std::get<I>(outputs_))...);
  }
  template <std::size_t I>
  void poll_one(context& with) {
    auto& one = std::get<I>(parts_);
    if (!one) return;
    if (auto ready = (*one).poll(with)) {
      std::get<I>(outputs_) = std::move(ready);
      one.reset();
    }
  }

  std::tuple<part<made_by<Make>>...> parts_;
  std::tuple<std::optional<output_of<Make>>...> outputs_;
};

/// All of `count` futures of one kind, where their number is known when it runs: ready when the
/// last is. The parts lie in one allocation. A wake of one polls all that are pending, since a
/// waker does not say which: waking each in turn costs count squared polls (which Rust's
/// FuturesUnordered, with a waker for each part, does not).
template <class Make>
class join_all : pinned {
  using made = made_by<Make, std::size_t>;

 public:
  using output = std::vector<typename made::output>;

  join_all(std::size_t count, Make make)
      : parts_(std::make_unique<part<made>[]>(count)), outputs_(count), count_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto make_one = [&] { return std::invoke(make, i); };
      parts_[i].begin(make_one);
    }
  }
  /// From the first to the last, as their operations may be queued in that order: taking the first
  /// out of a list is cheap.
  ~join_all() {
    for (std::size_t i = 0; i < count_; ++i) parts_[i].reset();
  }

  polled<output> poll(context& with) {
    std::size_t pending = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (!parts_[i]) continue;
      if (auto ready = (*parts_[i]).poll(with)) {
        outputs_[i] = *std::move(ready);
        parts_[i].reset();
      } else {
        ++pending;
      }
    }
    if (pending > 0) return not_ready;
    return std::move(outputs_);
  }

 private:
  std::unique_ptr<part<made>[]> parts_;
  output outputs_;
  std::size_t count_;
};

/// The first of several futures, in their order where more than one is ready at once. The others
/// are dropped with it, and not later.
template <class... Make>
class select {
 public:
  using output = std::variant<output_of<Make>...>;

  explicit select(Make... make) : parts_(make...) {}
  select(const select&) = delete;  // which a tuple of what cannot be moved does not say
  select& operator=(const select&) = delete;

  polled<output> poll(context& with) { return poll_each(with, std::index_sequence_for<Make...>()); }

 private:
  template <std::size_t... I>
  polled<output> poll_each(context& with, std::index_sequence<I...>) {
    polled<output> first = not_ready;
    static_cast<void>((poll_one<I>(with, first) || ...));
    if (first) (std::get<I>(parts_).reset(), ...);
    return first;
  }
  template <std::size_t I>
  bool poll_one(context& with, polled<output>& first) {
    auto ready = (*std::get<I>(parts_)).poll(with);
    if (ready) first.emplace(std::in_place_index<I>, *std::move(ready));
    return ready.has_value();
  }

  std::tuple<part<made_by<Make>>...> parts_;
};

/// A future that is given up on at a deadline: its output, or nothing. `S` is the scheduler whose
/// clock it is.
template <class S, class Make>
class timeout {
 public:
  using output = std::optional<output_of<Make>>;

  timeout(S& on, time_ns deadline_ns, Make make)
      : part_(make), sleep_(std::in_place, on, deadline_ns) {}

  polled<output> poll(context& with) {
    if (auto ready = (*part_).poll(with)) {
      end();
      return polled<output>(std::in_place, *std::move(ready));
    }
    if (!sleep_->poll(with)) return not_ready;
    end();
    return polled<output>(std::in_place);
  }

 private:
  void end() noexcept {
    part_.reset();
    sleep_.reset();
  }

  part<made_by<Make>> part_;
  std::optional<typename S::sleeping> sleep_;
};

}  // namespace skein::future
