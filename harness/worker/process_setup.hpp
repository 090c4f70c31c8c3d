// The conditions every worker runs under, whatever its runtime.
#pragma once

namespace skein::worker {

/// Sets what must be the same for all runtimes, and what keeps processes from being left behind:
/// - timer slack (recorded; the kernel's own default). The conductor has set it as well, for
///   workers that cannot; here it is for a worker that a person starts, under a profiler for
///   example;
/// - death with the parent;
/// - SIGPIPE and SIGINT ignored (a lost peer is an error code here, and the conductor decides about
///   Ctrl-C).
/// Throws std::system_error.
void set_up_process();

}  // namespace skein::worker
