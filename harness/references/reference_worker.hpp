// The main of a worker for reference rows in C++: other people's runtimes behind our interface.
// They are programs of their own, so that `skein` is built without their headers; apart from that
// such a row is measured as ours are, with the same bodies and by the same worker.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <unistd.h>

#include "harness/worker/worker_main.hpp"
#include "runtimes/info.hpp"
#include "workloads/make.hpp"

namespace skein::references {

/// `worker --runtime ID`, with an id among the Runtimes (a runtime_list). Returns the exit status.
template <class Runtimes>
int reference_worker(int argument_count, char** arguments) {
  int status = 2;
  const bool said = argument_count == 3 && std::string_view(arguments[1]) == "--runtime";
  Runtimes::for_each([&]<class Runtime>() {
    const runtime_info row = Runtime::info();
    if (!said || row.id != arguments[2]) return;
    status = worker::worker_main(row, STDIN_FILENO, STDOUT_FILENO,
                                 &workloads::make_program_among<Runtimes>);
  });
  if (status != 2) return status;
  std::fprintf(stderr, "usage: %s --runtime ID, where ID is", arguments[0]);
  Runtimes::for_each([]<class Runtime>() {
    std::fprintf(stderr, " %s", std::string(Runtime::info().id).c_str());
  });
  std::fprintf(stderr, "\n");
  return status;
}

}  // namespace skein::references
