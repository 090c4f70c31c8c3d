// The load generator's entry point.
#pragma once

namespace skein::generator {

/// Speaks the generator protocol (harness/GENERATOR.md) as the answering side: one JSON object per
/// line, commands from `command_fd`, replies to `reply_fd`. Returns the process's exit status: 0
/// after `stop`, or when the conductor has closed its end; 1 when the channel itself failed, or the
/// conductor was not heard of for as long as it said it would be at most.
///
/// Signals: SIGPIPE is ignored from here on. SIGINT and SIGTERM keep their default action: the
/// process ends at once and silently. The kernel then resets its connections, because every socket
/// has SO_LINGER{1,0} from the beginning.
///
/// Uses only the calling thread, and all of its CPU while a load runs. Throws nothing.
int generator_main(int command_fd, int reply_fd);

}  // namespace skein::generator
