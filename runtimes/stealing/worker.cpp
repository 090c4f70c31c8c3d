#include "runtimes/stealing/worker.hpp"

#include <exception>
#include <poll.h>

#include "runtimes/stealing/scheduler_base.hpp"

namespace skein::stealing {

void worker::run(inbox& watched) noexcept {
  worker* const before = std::exchange(current_, this);
  try {
    loop_.run(&watched, [this] { return is_over(); });
  } catch (...) {
    scheduler_.fail(std::current_exception());
    run_out();
  }
  ready_.leave();
  current_ = before;
}

void worker::heed_alarm() noexcept {
  ready_.silence_alarm();
  ready_.awake();
  letters_.open_all();
  sent_.take_all([this](op& ready) { loop_.post(ready); });
}

/// What is left to do where the loop has failed, and the scheduler is stopped. The alarm is heeded
/// beside the tasks, since one of these may wait, yielding, for what a letter ends; and again and
/// again, if it cannot be slept on either.
void worker::run_out() noexcept {
  loop_.stop();
  while (true) {
    loop_.run_blindly();
    if (is_over()) return;
    pollfd alarm{.fd = ready_.alarm_descriptor(), .events = POLLIN, .revents = 0};
    ::poll(&alarm, 1, loop_.others_wait() ? 0 : -1);
    heed_alarm();
  }
}

/// Asked before the loop blocks, and so also what it does before that.
bool worker::is_over() noexcept {
  ready_.awake();
  if (scheduler_.stopping()) loop_.stop();
  while (!loop_.others_wait()) {
    if (scheduler_.over()) return true;
    found_ = ready_.search();
    if (found_ == nullptr && !ready_.begin_sleep()) continue;
    if (found_ == nullptr && scheduler_.may_end()) {
      scheduler_.end();
      return true;
    }
    if (found_ != nullptr) loop_.post(turn_);
    break;
  }
  return false;
}

}  // namespace skein::stealing
