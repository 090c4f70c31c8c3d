// What a cell asks a worker to do: the work, and the conditions that its scheduler runs under.
#pragma once

#include <cstdint>

#include "generated/workloads/cells.hpp"
#include "runtimes/options.hpp"
#include "workloads/nesting.hpp"

namespace skein::workloads {

/// Of any workload. The caller sets every field: a default could differ between runtimes.
struct parameters {
  any_cell of;
  scheduler_options options;
  std::uint64_t seed;
  nesting nested = {};
};

/// Of one workload; its cell's fields are members.
template <class Cell>
struct parameters_of : Cell {
  scheduler_options options{};
  std::uint64_t seed = 0;
  nesting nested = {};
};

}  // namespace skein::workloads
