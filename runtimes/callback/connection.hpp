// A connection of the callback style on one of our loops: its operations and handlers, beside the
// loop's own connection object.
//
// The receive is one multishot operation for the connection's whole life, so it lives here. A write
// is rarely pending, so its operation comes from a pool of the scheduler.
#pragma once

#include <cstdint>

#include "runtimes/op.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/shared/handler.hpp"

namespace skein::callback {

template <class Loop>
class basic_scheduler;

template <class Loop>
class connection : op {
 public:
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// 0 after an orderly end of stream, ECANCELED after cancel, else the errno that ended it.
  int error() const noexcept { return socket_->error(); }

 private:
  friend class basic_scheduler<Loop>;
  using home = basic_scheduler<Loop>;

  connection(home& on, typename Loop::connection& socket) noexcept
      : op(&completed), home_(&on), socket_(&socket) {
    multishot = true;
  }

  static void completed(op& received) noexcept {
    auto& self = static_cast<connection&>(received);
    self.home_->received(self);
  }

  home* home_;
  typename Loop::connection* socket_;
  handler<bytes> on_chunk_;
};

}  // namespace skein::callback
