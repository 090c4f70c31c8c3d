// The operations that a task of asio_await waits for, as Asio's documentation builds composed
// operations: an object that starts one of Asio's own, with a handler around the coroutine's. They
// take what `co_await socket.async_wait(..., use_awaitable)` takes: one frame and one operation.
#pragma once

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

#include "runtimes/asio/around.hpp"
#include "runtimes/asio/connection.hpp"

namespace skein::asio {

/// `start` is called with the handler that resumes the coroutine.
template <class Result, class Executor, class Start>
net::awaitable<Result, Executor> operation(Start start) {
  static constexpr net::use_awaitable_t<Executor> use{};
  return net::async_initiate<const net::use_awaitable_t<Executor>, void(Result)>(std::move(start),
                                                                                 use);
}

/// A result that is there already.
template <class Result, class Executor>
net::awaitable<Result, Executor> at_once(Result result) {
  co_return result;
}

/// A result that is there already, by way of Asio's queue.
template <class Result, class Executor>
net::awaitable<Result, Executor> by_the_queue(loop& on, Result result) {
  return operation<Result, Executor>([&on, result](auto handler) {
    net::post(on, [&on, result, handler = std::move(handler)]() mutable {
      on.refill_inline();
      handler(result);
    });
  });
}

template <class Handler>
class woken : public around<Handler> {
 public:
  explicit woken(Handler handler) : around<Handler>(std::move(handler)) {}
  void operator()(const error_code& said) { this->handler_(loop::current().sleep_ended(said)); }
};

/// A sleep that nobody but stop() can end before its time. Its timer is in the operation's frame.
template <class Executor>
class sleeping {
 public:
  sleeping(loop& on, time_ns deadline_ns) : timer_(on.get_executor(), clock::at(deadline_ns)) {}

  template <class Handler>
  void operator()(Handler handler) {
    timer_.async_wait(woken<Handler>(std::move(handler)));
  }

 private:
  waitable_timer<Executor> timer_;
};

template <class Executor, class Handler>
class readable : public around<Handler> {
 public:
  readable(basic_connection<Executor>& from, Handler handler)
      : around<Handler>(std::move(handler)), from_(&from) {}

  /// Of a wait, for lent memory. Readiness may prove false; then it waits again.
  void operator()(const error_code& said) {
    begin(said);
    if (from_->error() != 0) return this->handler_(bytes());
    const std::optional<bytes> chunk = from_->read();
    if (chunk) return this->handler_(*chunk);
    from_->wait_to_read(std::move(*this));
  }
  /// Of a read, into own memory.
  void operator()(const error_code& said, std::size_t count) {
    begin(said);
    this->handler_(from_->error() == 0 ? from_->own(count) : bytes());
  }

 private:
  void begin(const error_code& said) {
    loop::current().refill_inline();
    from_->waited(said);
  }

  basic_connection<Executor>* from_;
};

template <class Executor, class Handler>
class sent : public around<Handler> {
 public:
  sent(basic_connection<Executor>& to, Handler handler)
      : around<Handler>(std::move(handler)), to_(&to) {}
  void operator()(const error_code& said, std::size_t) {
    loop::current().refill_inline();
    this->handler_(to_->written(said));
  }

 private:
  basic_connection<Executor>* to_;
};

/// A write of what the kernel did not take at once. Lent bytes are valid until the task waits, so
/// what is left of them is copied, into the operation's frame.
template <class Executor>
class sending {
 public:
  sending(loop& on, basic_connection<Executor>& to, bytes rest) : to_(&to), rest_(rest) {
    if (!on.is_scratch(rest)) return;
    copy_ = std::make_unique_for_overwrite<std::byte[]>(rest.size());
    std::copy(rest.begin(), rest.end(), copy_.get());
    rest_ = {copy_.get(), rest.size()};
  }

  template <class Handler>
  void operator()(Handler handler) {
    to_->write_all(rest_, sent<Executor, Handler>(*to_, std::move(handler)));
  }

 private:
  basic_connection<Executor>* to_;
  bytes rest_;
  std::unique_ptr<std::byte[]> copy_;
};

template <class Executor, class Handler>
class accepted : public around<Handler> {
 public:
  accepted(basic_listener<Executor>& from, Handler handler)
      : around<Handler>(std::move(handler)), from_(&from) {}
  void operator()(const error_code& said, stream<Executor> peer) {
    this->handler_(from_->accepted(said, std::move(peer)));
  }

 private:
  basic_listener<Executor>* from_;
};

}  // namespace skein::asio
