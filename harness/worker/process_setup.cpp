// Process-wide settings; threads started later inherit the timer slack.
#include "harness/worker/process_setup.hpp"

#include <csignal>
#include <sys/prctl.h>

#include "harness/cells/defaults.hpp"
#include "runtimes/errors.hpp"

namespace skein::worker {

void set_up_process() {
  checked(::prctl(PR_SET_TIMERSLACK, cells::defaults::timer_slack_ns), "prctl(PR_SET_TIMERSLACK)");
  checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl(PR_SET_PDEATHSIG)");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
}

}  // namespace skein::worker
