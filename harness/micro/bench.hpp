// What every benchmark here consists of: a name, a body, and a stopwatch that leaves out set-up.
//
// Google Benchmark gives the iteration count, the repetitions, the statistics and the JSON. Its
// manual timing would append /manual_time to every name. So the timer is paused and resumed
// instead, around batches large enough that this costs nothing per item. Leaves out
// items_per_second: the library computes it from the CPU time of the calling thread, which says
// nothing about tasks that are threads.
//
// A row can also be run without that library, for a fixed number of batches, so that callgrind can
// count its instructions. Starting and stopping the watch then switches the counting on and off,
// which leaves out set-up in the same way (counted.hpp).
#pragma once

#include <benchmark/benchmark.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "harness/micro/counted.hpp"
#include "runtimes/clock.hpp"

namespace skein::micro {

/// Times batches. Use: while (watch.next_batch(n)) { set up; start(); n items; stop(); check; }
///
/// All members are called on the thread that runs the benchmark, from whatever stack is on it.
class stopwatch {
 public:
  explicit stopwatch(benchmark::State& state) noexcept : state_(&state) {}
  /// Counts instructions instead of time, for exactly `batches` batches.
  explicit stopwatch(std::int64_t batches) noexcept : batches_left_(batches) {}
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;

  /// True if a further batch of `items` is wanted. The library counts items as iterations, so its
  /// times are per item. When it returns false, the counter ns_per_item has been set.
  bool next_batch(std::int64_t items);

  void start() {
    if (state_ == nullptr) return toggle_counting();
    state_->ResumeTiming();
    started_ns_ = monotonic_clock::now_ns();
  }
  void stop() {
    if (state_ == nullptr) return toggle_counting();
    measured_ns_ += monotonic_clock::now_ns() - started_ns_;
    state_->PauseTiming();
  }

  /// True while instructions are counted. Everything then takes some fifty times as long, so
  /// whatever waits for the clock must wait longer.
  [[nodiscard]] bool is_counting() const noexcept { return state_ == nullptr; }
  /// Items of all batches so far.
  [[nodiscard]] std::int64_t items() const noexcept { return items_; }

 private:
  void report();

  benchmark::State* state_ = nullptr;  ///< null while instructions are counted
  std::int64_t batches_left_ = 0;
  bool begun_ = false;
  std::int64_t items_ = 0;
  time_ns started_ns_ = 0;
  time_ns measured_ns_ = 0;
};

/// The timed work was not the intended work. Thrown outside tasks; the row carries the message.
class wrong_answer : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws wrong_answer unless `got` is `expected`.
void expect_count(const char* what, std::size_t got, std::size_t expected);

/// Registers `body` under a name like "yield/fiber/1000". If it throws limit_error, the row is an
/// error that names the limit; if it throws wrong_answer or anything else, the row is an error that
/// counts as a failure.
void add(const std::string& name, std::function<void(stopwatch&)> body);

/// Runs a registered row for `batches` batches and counts its instructions. Returns the number of
/// items; empty when there is no such row. Throws what the row throws.
std::optional<std::int64_t> run_counted(const std::string& name, std::int64_t batches);

/// Rows that ended in something other than a time or a limit.
int failures() noexcept;

}  // namespace skein::micro
