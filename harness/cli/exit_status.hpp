// The process's exit status, and the two errors that end a command early. Leaves out the status
// words of a record (conductor/outcome.hpp).
#pragma once

#include <stdexcept>

namespace skein::cli {

/// "Slower" and "could not measure" never share a status, so status 1 is left to the comparison
/// gate.
enum exit_status : int {
  exit_ok = 0,             ///< measured, or a named limit of the machine stood in the way
  exit_usage = 2,          ///< the command line makes no sense
  exit_not_measured = 4,   ///< failed, timed out, invalid, locked out, nowhere to write
  exit_interrupted = 130,  ///< SIGINT or SIGTERM
};

/// The caller asked for something that does not exist or makes no sense. The message names the
/// valid choices.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Nothing can be measured: another run holds the lock, or the output cannot be written.
class cannot_measure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace skein::cli
