// Recording from several threads, and all queries of a histogram.
#include "histogram/histogram.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <functional>
#include <numeric>

#include "histogram/nearest_rank.hpp"

namespace skein {
namespace {

// All atomics below are relaxed. Each is an independent counter or extreme: no reader concludes
// anything about other memory from its value. Whoever reads the histogram has joined the recording
// threads first, and that orders everything they wrote before what it reads.

void add(std::int64_t& counter) noexcept {
  std::atomic_ref(counter).fetch_add(1, std::memory_order_relaxed);
}

/// Invariant: `extreme` only ever moves towards `better` values. If another thread stores between
/// our load and our exchange, the exchange fails and returns the new value, and we compare again:
/// either ours is no longer better and we stop, or we try against the newer value. No value is
/// lost.
template <typename Better>
void keep_best(std::int64_t& extreme, std::int64_t value, Better better) noexcept {
  const std::atomic_ref shared(extreme);
  auto seen = shared.load(std::memory_order_relaxed);
  while (better(value, seen) &&
         !shared.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

}  // namespace

histogram::histogram() : counts_(counts_size, 0) {
  static_assert(index_of(highest_ns) < counts_size);
}

void histogram::record_concurrent(std::int64_t value_ns) noexcept {
  if (value_ns < 0) {
    add(early_count_);
    keep_best(early_max_ns_, -value_ns, std::greater<>{});
    return;
  }
  if (value_ns > highest_ns) return add(overflow_);
  add(counts_[index_of(value_ns)]);
  keep_best(min_ns_, value_ns, std::less<>{});
  keep_best(max_ns_, value_ns, std::greater<>{});
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t i = 0; i < counts_size; ++i) counts_[i] += other.counts_[i];
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  overflow_ += other.overflow_;
  early_count_ += other.early_count_;
  early_max_ns_ = std::max(early_max_ns_, other.early_max_ns_);
}

std::int64_t histogram::count() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

/// Clamped to the smallest and largest value seen, so that a mean can never lie outside [min, max].
double histogram::middle(std::size_t index) const noexcept {
  const auto low = static_cast<double>(std::max(lowest_equivalent(index), min_ns_));
  const auto high = static_cast<double>(std::min(highest_equivalent(index), max_ns_));
  return (low + high) / 2;
}

double histogram::mean() const noexcept {
  double sum = 0;
  std::int64_t values = 0;
  for (std::size_t i = 0; i < counts_size; ++i) {
    if (counts_[i] == 0) continue;
    sum += middle(i) * static_cast<double>(counts_[i]);
    values += counts_[i];
  }
  return values == 0 ? 0 : sum / static_cast<double>(values);
}

double histogram::stddev() const noexcept {
  const double centre = mean();
  double squares = 0;
  std::int64_t values = 0;
  for (std::size_t i = 0; i < counts_size; ++i) {
    if (counts_[i] == 0) continue;
    const double distance = middle(i) - centre;
    squares += distance * distance * static_cast<double>(counts_[i]);
    values += counts_[i];
  }
  return values == 0 ? 0 : std::sqrt(squares / static_cast<double>(values));
}

std::int64_t histogram::percentile(double percent) const noexcept {
  const auto values = count();
  if (values == 0) return 0;
  const auto rank = nearest_rank(percent, values);
  std::int64_t passed = 0;
  for (std::size_t i = 0; i < counts_size; ++i) {
    passed += counts_[i];
    if (passed >= rank) return std::min(highest_equivalent(i), max());
  }
  return max();
}

void histogram::add_to_bucket(std::size_t index, std::int64_t count) noexcept {
  assert(index < counts_size && count > 0);
  counts_[index] += count;
  min_ns_ = std::min(min_ns_, lowest_equivalent(index));
  max_ns_ = std::max(max_ns_, highest_equivalent(index));
}

void histogram::restore(std::int64_t min_ns, std::int64_t max_ns, std::int64_t overflow,
                        std::int64_t early_count, std::int64_t early_max_ns) noexcept {
  if (max_ns_ >= 0) {
    min_ns_ = min_ns;
    max_ns_ = max_ns;
  }
  overflow_ = overflow;
  early_count_ = early_count;
  early_max_ns_ = early_max_ns;
}

}  // namespace skein
