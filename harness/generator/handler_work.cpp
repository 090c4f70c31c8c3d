// The tables, and a stopwatch.
#include "harness/generator/handler_work.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "runtimes/clock.hpp"

namespace skein::generator {

worked_words::worked_words(std::int64_t steps) {
  for (std::size_t place = 0; place < tables_.size(); ++place) {
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      const std::uint32_t alone = c10k::work_on(1U << (8 * place + bit), steps);
      for (std::uint32_t byte = 0; byte < 256; ++byte) {
        if ((byte >> bit) & 1U) tables_[place][byte] ^= alone;
      }
    }
  }
}

std::optional<double> measured_step_ns(std::int64_t steps) {
  constexpr std::int64_t measured_steps = 200'000;
  constexpr int tries = 5;
  if (steps == 0) return std::nullopt;
  time_ns best_ns = std::numeric_limits<time_ns>::max();
  volatile std::uint32_t word = 1;  // so that all of it is done, and between the two times
  for (int i = 0; i < tries; ++i) {
    const time_ns begin_ns = monotonic_clock::now_ns();
    word = c10k::work_on(word, measured_steps);
    best_ns = std::min(best_ns, monotonic_clock::now_ns() - begin_ns);
  }
  return static_cast<double>(best_ns) / static_cast<double>(measured_steps);
}

}  // namespace skein::generator
