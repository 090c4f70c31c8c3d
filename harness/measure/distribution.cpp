// A histogram's figures, both ways.
#include "harness/measure/distribution.hpp"

#include <stdexcept>

#include "harness/measure/hdr_codec.hpp"

namespace skein::measure {
namespace {

std::optional<std::int64_t> percentile_if(const histogram& source, double percent,
                                          std::int64_t min_count) {
  if (source.count() == 0 || source.count() < min_count) return std::nullopt;
  return source.percentile(percent);
}

std::int64_t required(const std::optional<std::int64_t>& value, const char* name) {
  if (!value) throw std::runtime_error(std::string("histogram: ") + name + " is null");
  return *value;
}

}  // namespace

distribution distribution_of(const histogram& source, percentile_rule rule) {
  const auto if_any = [&](auto value) {
    return source.count() > 0 ? std::optional(value) : std::nullopt;
  };
  distribution of;
  of.count = source.count();
  of.min = if_any(source.min());
  of.mean = if_any(source.mean());
  of.stddev = if_any(source.stddev());
  of.p50 = percentile_if(source, 50, 1);
  of.p90 = percentile_if(source, 90, 1);
  of.p99 = percentile_if(source, 99, rule.p99_min_count);
  of.p999 = percentile_if(source, 99.9, rule.p999_min_count);
  of.p9999 = percentile_if(source, 99.99, rule.p9999_min_count);
  of.max = if_any(source.max());
  of.overflow = source.overflow();
  of.early_count = source.early_count();
  if (source.early_count() > 0) of.early_max_ns = source.early_max_ns();
  of.histogram = encode_hdr(source);
  return of;
}

histogram histogram_of(const distribution& from) {
  auto result = decode_hdr(from.histogram);
  if (from.count != result.count()) {
    throw std::runtime_error("histogram: count is not the payload's");
  }
  const bool any = from.count > 0;
  result.restore(any ? required(from.min, "min") : 0, any ? required(from.max, "max") : 0,
                 from.overflow, from.early_count,
                 from.early_count > 0 ? required(from.early_max_ns, "early_max_ns") : 0);
  return result;
}

}  // namespace skein::measure
