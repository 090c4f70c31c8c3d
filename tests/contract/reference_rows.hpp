// The reference rows that model the interface, by name alone: what is behind the names is compiled
// in one file (asio_subjects.cpp), since other people's headers take long to compile.
#pragma once

#include "runtimes/all.hpp"
#include "runtimes/asio/info.hpp"
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

/// Everyone whom the suite examines.
using examined = skein::detail::joined<interface_runtimes,
                                       runtime_list<asio_await, asio_await_any, asio_cb>>::type;

}  // namespace skein::contract
