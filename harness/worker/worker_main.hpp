// `skein worker`: one program, run for a conductor. The protocol is in harness/PROTOCOL.md.
#pragma once

#include <memory>
#include <string_view>

#include "runtimes/info.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"

namespace skein::worker {

/// Speaks the protocol over the two descriptors (borrowed) and returns the process's exit status: 0
/// after stop, after a limit, and when the conductor went away; 1 after an error, which has been
/// reported on the channel and on stderr. `runtime` must be a known id.
///
/// A task that leaves its stack is reported on both, by name, before the process ends by SIGSEGV.
int worker_main(std::string_view runtime, int command_fd, int reply_fd);

/// Builds the program of a cell, as workloads::make_program does.
using program_factory = std::unique_ptr<workloads::program> (*)(std::string_view runtime,
                                                                const workloads::parameters& asked);

/// The same for programs that are not in the list of workloads: for tests.
int worker_main(std::string_view runtime, int command_fd, int reply_fd, program_factory make);

/// The same for a runtime that is not in the list either (harness/references).
int worker_main(const runtime_info& runtime, int command_fd, int reply_fd, program_factory make);

}  // namespace skein::worker
