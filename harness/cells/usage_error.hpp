// The error of whoever asked for something that does not exist or makes no sense.
#pragma once

#include <stdexcept>

namespace skein::cells {

/// The message says what was asked, and names the valid choices.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace skein::cells
