#include "runtimes/asio/callback_scheduler.hpp"

namespace skein::asio {

/// Sessions that are spawned together start behind one operation. A user of Asio's would call their
/// first step himself; operations of their own would be freed between the sessions and stay unused.
void callback_scheduler::start_later(handler<> step) {
  starting_.push_back(step);
  if (starting_.size() == 1) net::post(on(), [this]() noexcept { start_all(); });
}

void callback_scheduler::start_all() {
  for (std::size_t left = starting_.size(); left > 0; --left) {
    const handler<> step = starting_.front();
    starting_.pop_front();
    on().refill_inline();
    step();
  }
  if (!starting_.empty()) net::post(on(), [this]() noexcept { start_all(); });
}

void callback_scheduler::post(handler<> step) {
  net::post(on(), [step]() noexcept {
    loop::current().refill_inline();
    step();
  });
}

void callback_scheduler::sleep_until(timer& sleeps, time_ns deadline_ns, handler<wake> on_wake) {
  const auto ended = [on_wake](const error_code& said) noexcept {
    on_wake(loop::current().sleep_ended(said));
  };
  if (on().is_stopping()) {
    return net::post(on(), [ended]() noexcept { ended(net::error::operation_aborted); });
  }
  sleeps.set(on(), deadline_ns).async_wait(ended);
}

}  // namespace skein::asio
