// The work of a hog: steps that follow from each other, taken in one slice or in several.
#pragma once

#include <algorithm>
#include <cstdint>

#include "workloads/hog/schedule.hpp"
#include "workloads/work_steps.hpp"

namespace skein::hog {

/// For one thread at a time.
class computation {
 public:
  explicit computation(const parameters& asked) noexcept
      : slice_(asked.yield_every.value_or(steps_of(asked))),
        left_(steps_of(asked)),
        word_(first_word(asked.seed)) {}

  /// Takes the steps up to the next yield. True while there are more.
  bool take_slice() noexcept {
    const std::int64_t steps = std::min(slice_, left_);
    word_ = workloads::work_on(word_, steps);
    left_ -= steps;
    return left_ > 0;
  }

  void take_all() noexcept {
    while (take_slice()) continue;
  }

  std::uint32_t outcome() const noexcept { return word_; }

 private:
  std::int64_t slice_;
  std::int64_t left_;
  std::uint32_t word_;
};

}  // namespace skein::hog
