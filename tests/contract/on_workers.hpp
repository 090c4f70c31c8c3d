// Schedulers whose tasks move among threads, as the suite takes them: with a number of workers, and
// connections in name.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdlib>

#include "runtimes/options.hpp"
#include "runtimes/poll.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::contract {

/// What must not be asked for: an awaitable, and a future.
template <class Result>
struct never {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> /*waiting*/) const noexcept { std::abort(); }
  Result await_resume() const noexcept { std::abort(); }
};
template <class Output>
struct never_polled : pinned {
  using output = Output;
  polled<Output> poll(context& /*with*/) { std::abort(); }
};

/// Not of an anonymous namespace: g++ warns of a frame that refers to one there.
template <class Scheduler, std::size_t Workers>
class on_workers : public Scheduler {
 public:
  struct connection {
    static int error() noexcept { return 0; }
  };
  struct listener {};

  explicit on_workers(scheduler_options options) : Scheduler(with_workers(options)) {}

  using Scheduler::cancel;
  static listener& listen(int /*descriptor*/) { std::abort(); }
  static void close(connection& /*closed*/) { std::abort(); }
  static void cancel(connection& /*target*/) { std::abort(); }
  static void cancel(listener& /*target*/) { std::abort(); }

  // In the coroutine style.
  static never<connection*> accept(listener& /*from*/) { return {}; }
  static never<bytes> read(connection& /*from*/) { return {}; }
  static never<bool> write(connection& /*to*/, const bytes& /*data*/) { return {}; }

  // In the poll style.
  struct accepting : never_polled<connection*> {
    accepting(on_workers& /*on*/, listener& /*from*/) noexcept {}
  };
  struct reading : never_polled<bytes> {
    reading(on_workers& /*on*/, connection& /*from*/) noexcept {}
  };
  struct writing : never_polled<bool> {
    writing(on_workers& /*on*/, connection& /*to*/, bytes /*data*/) noexcept {}
  };

 private:
  static scheduler_options with_workers(scheduler_options options) {
    options.workers = Workers;
    return options;
  }
};

}  // namespace skein::contract
