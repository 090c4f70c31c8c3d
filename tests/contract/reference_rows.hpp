// The reference rows that model the interface, by name alone: what is behind the names is compiled
// in a file for each library, since other people's headers take long to compile.
#pragma once

#include <string>
#include <string_view>

#include "runtimes/all.hpp"
#include "runtimes/asio/info.hpp"
#include "runtimes/boost_fiber/info.hpp"
#include "runtimes/list.hpp"

namespace skein::contract {

struct asio_cb {
  static runtime_info info() { return asio::callback_info(); }
};
struct asio_await {
  static runtime_info info() { return asio::await_info(); }
};
struct asio_await_any {
  static runtime_info info() { return asio::await_any_info(); }
};

#ifdef SKEIN_HAS_BOOST_FIBER
struct on_boost_fiber {
  static runtime_info info() { return boost_fiber::info(); }
};
using where_installed = runtime_list<on_boost_fiber>;
#else
using where_installed = runtime_list<>;
#endif

/// A runtime that runs its tasks in another order than the usual one.
template <class S, run_strategy strategy>
struct ordered : S {
  explicit ordered(scheduler_options options) : S(in_order(options)) {}

  static runtime_info info() {
    runtime_info about = S::info();
    about.id = id();
    return about;
  }

 private:
  static scheduler_options in_order(scheduler_options options) {
    options.strategy = strategy;
    return options;
  }
  static std::string_view id() {
    static const std::string name =
        std::string(S::info().id) + (strategy == run_strategy::lifo ? ", lifo" : ", priority");
    return name;
  }
};
using in_other_orders = runtime_list<ordered<coroutine::scheduler, run_strategy::lifo>,
                                     ordered<coroutine::scheduler, run_strategy::priority>,
                                     ordered<future::scheduler, run_strategy::lifo>,
                                     ordered<future::scheduler, run_strategy::priority>>;

/// Those whose schedulers are known here by their types.
using examined_in_full = skein::detail::joined<interface_runtimes, in_other_orders>::type;

/// All runtimes that the suite tests.
using examined =
    skein::detail::joined<examined_in_full, runtime_list<asio_await, asio_await_any, asio_cb>,
                          where_installed>::type;

}  // namespace skein::contract
