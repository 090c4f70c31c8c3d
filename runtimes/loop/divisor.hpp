// Whole division by a number that is known only at run time and then stays: one multiplication and
// at most one correction, where the processor's division takes several times as long.
//
// With m = floor((2^64 - 1) / d), the high half of n * m is floor(n / d) or one less for every n:
// 2^64 - m * d is from 1 to d, so n / d - n * m / 2^64 = n * (2^64 - m * d) / (d * 2^64) is below
// 1. The remainder tells which of the two it is. The method is Granlund and Montgomery's
// ("Division by Invariant Integers using Multiplication", PLDI 1994).
#pragma once

#include <cstdint>
#include <limits>

namespace skein {

class divisor {
 public:
  /// `by` > 0.
  explicit constexpr divisor(std::uint64_t by) noexcept
      : by_(by), factor_(std::numeric_limits<std::uint64_t>::max() / by) {}

  friend constexpr std::uint64_t operator/(std::uint64_t number, const divisor& d) noexcept {
    __extension__ using wide = unsigned __int128;
    const auto quotient = static_cast<std::uint64_t>((wide{number} * d.factor_) >> 64);
    return quotient + (number - quotient * d.by_ >= d.by_ ? 1 : 0);
  }

  constexpr std::uint64_t value() const noexcept { return by_; }

 private:
  std::uint64_t by_;
  std::uint64_t factor_;
};

}  // namespace skein
