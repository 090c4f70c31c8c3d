// Field by field: what adds up, what is merged, and what is the worst of all.
#include "harness/conductor/processes/joint_load.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "harness/protocol/protocol.hpp"

namespace skein::conductor {
namespace {

using protocol::load_report;
using protocol::load_result;

template <typename Value>
void add(std::optional<Value>& sum, const std::optional<Value>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

template <typename Value>
void worst(std::optional<Value>& of, const std::optional<Value>& more) {
  if (more) of = of ? std::max(*of, *more) : *more;
}

template <typename Value>
void first(std::optional<Value>& of, const std::optional<Value>& more) {
  if (!of) of = more;
}

void add_errors(protocol::error_counts& sum, const protocol::error_counts& more) {
  protocol::error_counts::for_each_field(sum, [&](std::string_view name, std::uint64_t& count) {
    protocol::error_counts::for_each_field(more,
                                           [&](std::string_view other, const std::uint64_t& its) {
                                             if (name == other) count += its;
                                           });
  });
}

void add_load(load_result& sum, const load_result& more) {
  add(sum.offered_per_s, more.offered_per_s);
  add(sum.achieved_per_s, more.achieved_per_s);
  sum.sent += more.sent;
  sum.completed += more.completed;
  add_errors(sum.errors, more.errors);
  sum.inflight_max += more.inflight_max;
  worst(sum.late_50us_fraction, more.late_50us_fraction);
  worst(sum.late_ns_p99, more.late_ns_p99);
  worst(sum.generator_cpu_fraction, more.generator_cpu_fraction);
  worst(sum.generator_cpu_per_op_ns, more.generator_cpu_per_op_ns);
  worst(sum.generator_busy_fraction, more.generator_busy_fraction);
  worst(sum.handler_step_ns, more.handler_step_ns);
  sum.unsent += more.unsent;
  sum.away_ns = std::max(sum.away_ns, more.away_ns);
  sum.warmup_ns = std::max(sum.warmup_ns, more.warmup_ns);
  first(sum.warmup_note, more.warmup_note);
  first(sum.early_end, more.early_end);
}

void add_work(protocol::work_done& sum, const protocol::work_done& more) {
  sum.units += more.units;
  sum.bytes += more.bytes;
  sum.checksum = protocol::hex_checksum(number_of(sum.checksum) + number_of(more.checksum));
  sum.expected_checksum =
      protocol::hex_checksum(number_of(sum.expected_checksum) + number_of(more.expected_checksum));
}

}  // namespace

std::uint64_t number_of(const std::string& checksum) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(checksum.data(), checksum.data() + checksum.size(), value, 16);
  if (error != std::errc() || end != checksum.data() + checksum.size()) {
    throw std::invalid_argument("no checksum: " + checksum);
  }
  return value;
}

measure::distribution merged(const std::optional<measure::distribution>& sum,
                             const measure::distribution& more) {
  if (!sum) return more;
  histogram both = measure::histogram_of(*sum);
  both.merge(measure::histogram_of(more));
  return measure::distribution_of(both);
}

load_report expect_report(conversation& talk, child_process& generator) {
  json result = talk.expect(generator, "result", talk.cell_deadline_ns());
  result.erase("type");
  return structure<load_report>(generator, result, "");
}

load_report joined(const std::vector<load_report>& reports, const std::vector<time_ns>& lengths_ns,
                   time_ns common_ns) {
  load_report sum = reports.front();
  if (reports.size() == 1) return sum;
  double operations = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const load_report& each = reports[i];
    if (lengths_ns[i] > 0) {
      operations += static_cast<double>(each.window.units) * static_cast<double>(common_ns) /
                    static_cast<double>(lengths_ns[i]);
    }
    if (i == 0) continue;
    add_load(sum.load, each.load);
    add_work(sum.work, each.work);
    sum.latency = {merged(sum.latency, each.latency), {}};
    sum.service_time = merged(sum.service_time, each.service_time);
    sum.wrong_bytes += each.wrong_bytes;
  }
  sum.window = {static_cast<std::uint64_t>(std::llround(operations)), common_ns};
  return sum;
}

void joint_load::await_begin() {
  for (child_process* const each : generators_) {
    const json begun = talk_.expect(*each, "window_begin", talk_.cell_deadline_ns());
    warmup_ns_ = std::max(warmup_ns_, field<time_ns>(*each, begun, "warmup_ns"));
  }
  begun_ns_ = monotonic_clock::now_ns();
}

void joint_load::await_end() {
  std::size_t which = 0;
  const json ended = talk_.expect_first(generators_, "window_end", talk_.cell_deadline_ns(), which);
  first_end_ns_ = monotonic_clock::now_ns();
  ended_.resize(generators_.size());
  ended_[which] = field<time_ns>(*generators_[which], ended, "duration_ns");
}

time_ns joint_load::window_ns() {
  for (std::size_t i = 0; i < generators_.size(); ++i) {
    if (!ended_[i]) {
      const json ended = talk_.expect(*generators_[i], "window_end", talk_.cell_deadline_ns());
      ended_[i] = field<time_ns>(*generators_[i], ended, "duration_ns");
    }
    lengths_ns_.push_back(*ended_[i]);
  }
  common_ns_ = generators_.size() == 1 ? lengths_ns_.front()
                                       : std::max<time_ns>(first_end_ns_ - begun_ns_, 0);
  return common_ns_;
}

double joint_load::common_fraction() const {
  const time_ns longest_ns = *std::max_element(lengths_ns_.begin(), lengths_ns_.end());
  if (longest_ns <= 0) return 1;
  return std::min(1.0, static_cast<double>(common_ns_) / static_cast<double>(longest_ns));
}

load_report joint_load::await_report() {
  std::vector<load_report> reports;
  for (child_process* const each : generators_) reports.push_back(expect_report(talk_, *each));
  return joined(reports, lengths_ns_, common_ns_);
}

}  // namespace skein::conductor
