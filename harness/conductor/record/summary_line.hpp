// A line of a run's summary, as results/metrics.toml declares it: generated/results/metrics.hpp has
// all of them. Places in a record are JSON pointers; an empty one is none.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace skein::conductor {

enum class figure_format : std::uint8_t {
  time,           // in the unit that suits: 43.1 us
  bytes,          // 4133 B
  rate,           // a second: 19908
  count,          // 2081
  none_or_count,  // a count that must be 0: "none" where it is
  decimal,        // 2.13
  share,          // 1.73 %
  given_back,     // a share of memory, in words
};

struct figure {
  std::string_view place;
  std::string_view minus;  // of what is taken off
  figure_format format;
};

struct summary_piece {
  std::string_view text;  // before the figure, if there is one
  figure shown;
  std::string_view where;  // it is there only where the record has this
};

struct summary_line {
  std::string_view label;  // {task} in it is what the workload calls one of its tasks
  std::span<const summary_piece> pieces;
  // It is there only where the record has this; none: any figure whose piece is always there.
  std::string_view where;
};

}  // namespace skein::conductor
