// What the schedulers on Asio have in common: the loop, the list of listeners, and the list
// of connections, which stop() needs. (Asio's own example of an HTTP server keeps one, too.)
#pragma once

#include <cassert>
#include <list>
#include <memory>

#include "runtimes/asio/connected_socket.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::asio {

template <class Connection, class Listener, class Timer>
class scheduler_base {
 public:
  using connection = Connection;
  using listener = Listener;
  using timer = Timer;

  explicit scheduler_base(const scheduler_options& options) : loop_(new loop(options)) {}
  scheduler_base(const scheduler_base&) = delete;
  scheduler_base& operator=(const scheduler_base&) = delete;

  /// Adopts a listening descriptor. Throws boost::system::system_error.
  listener& listen(int descriptor) {
    listener& added = listeners_.emplace_back(*loop_, connections_, descriptor);
    if (loop_->is_stopping()) cancel(added);
    return added;
  }

  void close(connection& closed) { closed.close(); }
  void cancel(connection& target) { target.cancel(); }
  void cancel(listener& target) { target.cancel(); }
  void cancel(timer& target) { target.cancel(); }

  void run() { loop_->run_tasks(nullptr); }
  void run(inbox& messages) { loop_->run_tasks(&messages); }
  /// Ends nothing itself: handlers are called later.
  void stop() {
    loop_->stop_tasks();
    for (listener& each : listeners_) cancel(each);
    for (connection& each : connections_) cancel(each);
  }

  live_counts live() const noexcept { return {loop_->tasks(), loop_->connections()}; }
  loop& home() noexcept { return *loop_; }

 protected:
  /// Closes what is left open. No wait may be pending.
  ~scheduler_base() {
    assert(loop_->tasks() == 0 && "a task outlived its scheduler");
    while (!connections_.empty()) connections_.front().close();
    loop_->run_ends();
  }

  loop& on() noexcept { return *loop_; }

 private:
  struct release {
    void operator()(loop* released) const noexcept { released->release(); }
  };

  std::unique_ptr<loop, release> loop_;  // first: the others are on it
  list_of<connection> connections_;
  std::list<listener> listeners_;
};

}  // namespace skein::asio
