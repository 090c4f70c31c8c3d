// The work of a handler (workloads/c10k/handler_work.hpp) as the generator sees it: what must come
// out, and how long a step takes here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "workloads/c10k/handler_work.hpp"

namespace skein::generator {

/// The outcome for any word without taking the steps. They are shifts and exclusive ors, so the
/// outcome for a word is that of its bits, combined: one table for each of its bytes is enough.
class worked_words {
 public:
  explicit worked_words(std::int64_t steps);

  [[nodiscard]] std::uint32_t operator()(std::uint32_t word) const noexcept {
    return tables_[0][word & 0xffU] ^ tables_[1][(word >> 8U) & 0xffU] ^
           tables_[2][(word >> 16U) & 0xffU] ^ tables_[3][word >> 24U];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> tables_{};
};

/// How long a step takes on this CPU, at best; empty without steps. Takes a few milliseconds.
std::optional<double> measured_step_ns(std::int64_t steps);

}  // namespace skein::generator
