// Any wait that an act may ask for, as one: so that an adapter has one case for them all.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtimes/op.hpp"
#include "runtimes/sync/wait.hpp"
#include "tests/contract/act.hpp"

namespace skein::contract {

template <class S>
concept has_first_of = requires { typename S::sleep_wait; };

namespace detail {

struct no_first_of {};
template <class S>
struct receive_or_sleep {
  using type = no_first_of;
};
template <has_first_of S>
struct receive_or_sleep<S> {
  using type = typename S::template first_of<
      decltype(std::declval<typename S::template channel<int>&>().receive()),
      typename S::sleep_wait>;
};

}  // namespace detail

/// A wait of runtimes/sync, or of the counterpart that threads or Asio's rows have.
template <class S>
class any_wait {
  using mutex = typename S::mutex;
  using semaphore = typename S::semaphore;
  using event = typename S::event;
  using shared_event = typename S::shared_event;
  using channel = typename S::template channel<int>;
  using scope = typename S::scope;
  using pool = typename S::offload_pool;
  using work = std::function<void()>;
  using receive_or_sleep = typename detail::receive_or_sleep<S>::type;
  using waits = std::variant<
      decltype(std::declval<mutex&>().lock()), decltype(std::declval<semaphore&>().acquire()),
      decltype(std::declval<event&>().wait()), decltype(std::declval<channel&>().send(0)),
      decltype(std::declval<channel&>().receive()), decltype(std::declval<scope&>().join()),
      decltype(std::declval<pool&>().template run<&work::operator()>(std::declval<work&>())),
      receive_or_sleep, decltype(std::declval<shared_event&>().wait())>;

 public:
  using output = actor::said;
  static constexpr auto gives = sync::gives_back::freely;

  any_wait(S& on, const actor::request& asked) : wait_(made(on, asked)) {}

  submitted submit(op& waiter) noexcept {
    return visit([&](auto& wait) { return wait.submit(waiter); }, submitted::done);
  }
  void withdraw(op& waiter) noexcept {
    visit([&](auto& wait) { return wait.withdraw(waiter), 0; }, 0);
  }
  void refuse(op& waiter) noexcept {
    visit([&](auto& wait) { return wait.refuse(waiter), 0; }, 0);
  }
  output take(op& waiter) noexcept {
    return visit([&](auto& wait) { return said(wait.take(waiter)); }, output{});
  }
  /// For threads.
  output perform() {
    return visit([](auto& wait) { return said(wait.perform()); }, output{});
  }
  // For Boost.Asio's rows (runtimes/asio/condition.hpp).
  std::optional<output> now() {
    return visit(
        [](auto& wait) {
          const auto ended = wait.now();
          return ended ? std::optional(said(*ended)) : std::nullopt;
        },
        std::optional<output>());
  }
  template <class Handler>
  void start(Handler handler) {
    visit(
        [&](auto& wait) {
          wait.start(
              [handler = std::move(handler)](const auto& how) mutable { handler(said(how)); });
          return 0;
        },
        0);
  }

 private:
  static waits made(S& on, const actor::request& asked) {
    static_cast<void>(on);
    switch (asked.about) {
      case talk::lock:
        return waits(std::in_place_index<0>, own<mutex>(*asked.with).lock());
      case talk::acquire:
        return waits(std::in_place_index<1>, own<semaphore>(*asked.with).acquire());
      case talk::wait:
        return waits(std::in_place_index<2>, own<event>(*asked.with).wait());
      case talk::wait_shared:
        return waits(std::in_place_index<8>, own<shared_event>(*asked.with).wait());
      case talk::send:
        return waits(std::in_place_index<3>, own<channel>(*asked.with).send(asked.value));
      case talk::receive:
        return waits(std::in_place_index<4>, own<channel>(*asked.with).receive());
      case talk::join:
        return waits(std::in_place_index<5>, own<scope>(*asked.with).join());
      case talk::offload:
        return waits(std::in_place_index<6>,
                     own<pool>(*asked.with).template run<&work::operator()>(*asked.work));
      case talk::receive_or_sleep:
        break;
    }
    if constexpr (has_first_of<S>) {
      return waits(std::in_place_index<7>,
                   receive_or_sleep(own<channel>(*asked.with).receive(),
                                    typename S::sleep_wait(on, asked.deadline_ns)));
    } else {
      return waits(std::in_place_index<7>);
    }
  }

  template <class Do, class Otherwise>
  Otherwise visit(Do&& act, Otherwise otherwise) {
    return std::visit(
        [&](auto& wait) -> Otherwise {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(wait)>, detail::no_first_of>) {
            return otherwise;
          } else {
            return act(wait);
          }
        },
        wait_);
  }

  static output said(bool granted) { return {.granted = granted}; }
  static output said(const std::optional<int>& received) {
    return {.granted = received.has_value(), .value = received.value_or(0)};
  }
  template <class Received, class Slept>
  static output said(const std::variant<Received, Slept>& first) {
    return first.index() == 0 ? said(std::get<0>(first)) : output{};
  }

  waits wait_;
};

}  // namespace skein::contract
