// `skein worker`: one program, run for a conductor. The protocol is in harness/PROTOCOL.md.
#pragma once

#include <string_view>

namespace skein::worker {

/// Speaks the protocol over the two descriptors (borrowed) and returns the process's exit status:
/// 0 after stop, after a limit, and when the conductor went away; 1 after an error, which was
/// reported on the channel and on stderr. `runtime` must be a known id.
int worker_main(std::string_view runtime, int command_fd, int reply_fd);

}  // namespace skein::worker
