#include "harness/micro/bench.hpp"

#include <map>
#include <utility>

#include "runtimes/errors.hpp"

namespace skein::micro {

namespace {

using row_body = std::function<void(stopwatch&)>;

int failed_rows = 0;

/// By name. A static of a function, so that the map exists whenever rows are added.
std::map<std::string, row_body>& rows() {
  static std::map<std::string, row_body> all;
  return all;
}

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
  if (state_ == nullptr) {
    if (batches_left_-- <= 0) return false;
    items_ += items;
    return true;
  }
  // The library asks for a running timer whenever it looks at the iteration count.
  if (begun_) state_->ResumeTiming();
  begun_ = true;
  if (!state_->KeepRunningBatch(items)) {
    report();
    return false;
  }
  state_->PauseTiming();
  items_ += items;
  return true;
}

void stopwatch::report() {
  const double per_item_ns = static_cast<double>(measured_ns_) / static_cast<double>(items_);
  state_->counters["ns_per_item"] = benchmark::Counter(per_item_ns);
}

void expect_count(const char* what, std::size_t got, std::size_t expected) {
  if (got == expected) return;
  throw wrong_answer(std::string(what) + ": " + std::to_string(got) + " instead of " +
                     std::to_string(expected));
}

void add(const std::string& name, row_body body) {
  rows()[name] = body;
  benchmark::RegisterBenchmark(name.c_str(), [body = std::move(body)](benchmark::State& state) {
    run_guarded(state, body);
  });
}

std::optional<std::int64_t> run_counted(const std::string& name, std::int64_t batches) {
  const auto row = rows().find(name);
  if (row == rows().end()) return std::nullopt;
  stopwatch watch(batches);
  row->second(watch);
  return watch.items();
}

int failures() noexcept {
  return failed_rows;
}

}  // namespace skein::micro
