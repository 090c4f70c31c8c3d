// The names under which a scheduler on a loop of ours offers what its tasks wait for from each
// other.
#pragma once

#include "runtimes/sync/channel.hpp"
#include "runtimes/sync/event.hpp"
#include "runtimes/sync/first_of.hpp"
#include "runtimes/sync/mutex.hpp"
#include "runtimes/sync/offload.hpp"
#include "runtimes/sync/scope.hpp"
#include "runtimes/sync/semaphore.hpp"
#include "runtimes/sync/shared_event.hpp"
#include "runtimes/sync/waits.hpp"

namespace skein::sync {

/// A base of schedulers: nothing but names.
template <class Loop>
struct types {
  using mutex = sync::mutex<Loop>;
  using semaphore = sync::semaphore<Loop>;
  using event = sync::event<Loop>;
  using shared_event = sync::shared_event<Loop>;
  using offload_pool = sync::offload_pool<Loop>;
  template <class T>
  using channel = sync::channel<T, Loop>;
  using sleep_wait = sync::sleeping<Loop>;
  template <class A, class B>
  using first_of = sync::first_of<A, B>;
};

}  // namespace skein::sync
