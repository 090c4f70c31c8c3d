// Tasks that wait for each other in an order that a seed decides: S7 and W4 to W7 at once.
#pragma once

#include <cstdint>

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Senders and receivers that also lock, take permits, start and join children, and give up, each
/// `steps` times, with random yields and short sleeps between. The same seed makes the same
/// choices; on one thread that is the same run but for the clock.
verdict talking_in_any_order(const subject& of, std::uint32_t seed, int steps);

}  // namespace skein::contract
