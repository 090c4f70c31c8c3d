// Clause W1 where a signal interrupts: what waits goes on waiting.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// A signal that a handler takes, in the very threads that wait, ends no wait of any kind.
verdict w1_a_signal_ends_no_wait(const subject& of);

}  // namespace skein::contract
