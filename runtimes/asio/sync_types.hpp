// The names under which Asio's rows offer what their tasks wait for from each other.
#pragma once

#include "runtimes/asio/channel.hpp"
#include "runtimes/asio/locks.hpp"
#include "runtimes/asio/offload.hpp"
#include "runtimes/asio/scope.hpp"
#include "runtimes/asio/shared_event.hpp"

namespace skein::asio {

/// A base of schedulers: nothing but names. first_of is not among them: this version of Asio
/// withdraws the first of the waits for a timer, or all, and no other one.
template <class Executor>
struct sync_types {
  using mutex = asio::mutex<Executor>;
  using semaphore = asio::semaphore<Executor>;
  using event = asio::event<Executor>;
  using shared_event = asio::shared_event<Executor>;
  using scope = asio::scope<Executor>;
  using offload_pool = asio::offload_pool;
  template <class T>
  using channel = asio::channel<T, Executor>;
};

}  // namespace skein::asio
