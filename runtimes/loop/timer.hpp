// A cancellable sleep on an event loop, for the styles whose tasks own their operation.
#pragma once

#include "runtimes/op.hpp"

namespace skein {

/// Knows the operation that sleeps on it, if one does. Carries one wait at a time (T3).
class timer {
 public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  op* waiter = nullptr;
};

}  // namespace skein
