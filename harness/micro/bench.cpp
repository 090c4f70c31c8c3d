#include "harness/micro/bench.hpp"

#include <utility>

#include "runtimes/errors.hpp"

namespace skein::micro {

namespace {

int failed_rows = 0;

void run_guarded(benchmark::State& state, const std::function<void(stopwatch&)>& body) {
  stopwatch watch(state);
  try {
    body(watch);
  } catch (const limit_error& limit) {
    state.SkipWithError((std::string("limit: ") + limit.what()).c_str());
  } catch (const std::exception& failure) {
    ++failed_rows;
    state.SkipWithError((std::string("failed: ") + failure.what()).c_str());
  }
}

}  // namespace

bool stopwatch::next_batch(std::int64_t items) {
  // The library asks for a running timer whenever it looks at the iteration count.
  if (begun_) state_.ResumeTiming();
  begun_ = true;
  if (!state_.KeepRunningBatch(items)) {
    report();
    return false;
  }
  state_.PauseTiming();
  items_ += items;
  return true;
}

void stopwatch::report() {
  const double per_item_ns = static_cast<double>(measured_ns_) / static_cast<double>(items_);
  state_.counters["ns_per_item"] = benchmark::Counter(per_item_ns);
}

void expect_count(const char* what, std::size_t got, std::size_t expected) {
  if (got == expected) return;
  throw wrong_answer(std::string(what) + ": " + std::to_string(got) + " instead of " +
                     std::to_string(expected));
}

void add(const std::string& name, std::function<void(stopwatch&)> body) {
  benchmark::RegisterBenchmark(name.c_str(), [body = std::move(body)](benchmark::State& state) {
    run_guarded(state, body);
  });
}

int failures() noexcept {
  return failed_rows;
}

}  // namespace skein::micro
