#include "harness/conductor/processes/stops.hpp"

#include <sys/wait.h>

namespace skein::conductor {

void stop_record::look() {
  const time_ns now_ns = monotonic_clock::now_ns();
  siginfo_t news{};
  while (::waitid(P_PID, static_cast<id_t>(child_), &news, WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
         news.si_pid == child_) {
    if (news.si_code == CLD_CONTINUED) {
      total_ns_ += now_ns - since_ns_.value_or(looked_ns_);
      since_ns_.reset();
    } else if (!since_ns_) {
      since_ns_ = now_ns;
    }
    news = {};
  }
  looked_ns_ = now_ns;
}

time_ns stop_record::total_ns() {
  look();
  return total_ns_ + (since_ns_ ? looked_ns_ - *since_ns_ : 0);
}

}  // namespace skein::conductor
