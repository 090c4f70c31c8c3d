// What the worker and the machine used between two instants: the measured window.
#pragma once

#include <optional>
#include <sys/types.h>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/pinning.hpp"

namespace skein::conductor {

class window_probe {
 public:
  /// @param generator  the load generator's pid where there is one
  window_probe(const pinning& pins, pid_t worker, std::optional<pid_t> generator);

  void begin();
  /// Writes out.cpu and out.host.
  void end(outcome& out);

 private:
  struct reading {
    measure::cpu_snapshot worker;
    measure::cpu_snapshot generator;
    measure::cpu_snapshot conductor;
    measure::host_snapshot host;
  };
  [[nodiscard]] reading read() const;

  const pinning& pins_;
  pid_t worker_;
  std::optional<pid_t> generator_;
  reading begin_;
};

}  // namespace skein::conductor
