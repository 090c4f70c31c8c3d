// A handler around another one.
#pragma once

#include <utility>

namespace skein::asio {

/// Base of a handler that calls another. A session's names no executor.
template <class Handler>
class around {
 protected:
  explicit around(Handler handler) : handler_(std::move(handler)) {}

  Handler handler_;
};

/// A coroutine's does. Asio calls this one where it would call that.
template <class Handler>
  requires requires { typename Handler::executor_type; }
class around<Handler> {
 public:
  using executor_type = typename Handler::executor_type;
  executor_type get_executor() const noexcept { return handler_.get_executor(); }

 protected:
  explicit around(Handler handler) : handler_(std::move(handler)) {}

  Handler handler_;
};

}  // namespace skein::asio
