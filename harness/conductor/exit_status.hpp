// What the process tells its caller, and the error of measuring that cannot begin.
// Leaves out the status words of a record (outcome.hpp).
#pragma once

#include <stdexcept>

namespace skein::conductor {

/// "Slower" and "could not measure" never share a status, so status 1 is left to the comparison
/// gate.
enum exit_status : int {
  exit_ok = 0,             ///< measured, or a named limit of the machine stood in the way
  exit_usage = 2,          ///< the command line makes no sense
  exit_not_measured = 4,   ///< failed, timed out, invalid, locked out, nowhere to write
  exit_interrupted = 130,  ///< SIGINT or SIGTERM
};

/// Nothing can be measured: another run holds the lock, or the output cannot be written.
class cannot_measure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace skein::conductor
