// Whole workloads on runtimes whose tasks move among threads, on one worker and on several, held to
// their oracles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtimes/clock.hpp"
#include "tests/catch.hpp"
#include "tests/options.hpp"
#include "tests/whole_run.hpp"
#include "workloads/fanout/program.hpp"
#include "workloads/timers/program.hpp"

namespace skein::test {

inline fanout::parameters tree(std::int64_t leaves, std::size_t workers) {
  fanout::parameters asked{{.tasks = leaves, .order = fanout::order::wide, .work = std::nullopt},
                           options_for(static_cast<std::size_t>(leaves) + 16),
                           7};
  asked.options.workers = workers;
  return asked;
}

/// A tree that workers divide among them is added up as the oracle says.
template <class S>
void grow_tree(std::int64_t leaves, std::size_t workers) {
  INFO(leaves << " leaves, " << workers << " workers");
  const auto asked = tree(leaves, workers);
  fanout::program<S> program(asked);
  whole_run run(program, static_cast<std::size_t>(leaves));
  program.run(run);
  REQUIRE(program.counts().units == fanout::expected(asked).units);
  REQUIRE(program.counts().checksum == fanout::expected(asked).checksum);
  REQUIRE(program.live().tasks == 0);
}

/// One that is stopped before its epoch ends with nothing left alive.
template <class S>
void stop_tree() {
  const auto asked = tree(100, 3);
  fanout::program<S> program(asked);
  stopped_at_once run(program, 100);
  program.run(run);
  REQUIRE(program.counts().units == 0);
  REQUIRE(program.live().tasks == 0);
}

template <class Program>
void fire_timers_of(timers::pattern pattern, std::size_t workers) {
  INFO(workloads::word_of(pattern) << ", " << workers << " workers");
  const timers::parameters asked{{.tasks = 200,
                                  .pattern = pattern,
                                  .window_ns = 50 * ns_per_ms,
                                  .grid_ns = ns_per_ms,
                                  .timers = {}},
                                 options_on(workers),
                                 7};
  Program program(asked);
  whole_run run(program, 200);
  program.run(run);
  REQUIRE(program.counts().units == timers::expected(asked).units);
  REQUIRE(program.counts().checksum == timers::expected(asked).checksum);
  REQUIRE(program.counts().errors == 0);
  REQUIRE(program.lateness()->early_count() == 0);
  REQUIRE(program.live().tasks == 0);
}

/// Timers of every pattern do their work once, none early.
template <class S>
void fire_timers() {
  for (const std::size_t workers : numbers_of_workers) {
    fire_timers_of<timers::sleepers_program<S>>(timers::pattern::spread, workers);
    fire_timers_of<timers::sleepers_program<S>>(timers::pattern::storm, workers);
    fire_timers_of<timers::wakers_program<S>>(timers::pattern::periodic, workers);
    fire_timers_of<timers::timeouts_program<S>>(timers::pattern::churn, workers);
  }
}

}  // namespace skein::test
