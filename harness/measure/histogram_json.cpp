// The record's histogram object, both ways.
#include "harness/measure/histogram_json.hpp"

#include <stdexcept>
#include <string>

#include "harness/measure/hdr_codec.hpp"

namespace skein::measure {
namespace {

json percentile_or_null(const histogram& source, std::int64_t count, double percent,
                        std::int64_t min_count) {
  if (count == 0 || count < min_count) return nullptr;
  return source.percentile(percent);
}

std::int64_t required(const json& object, const char* key) {
  const auto value = integer_at(object, key);
  if (!value) throw std::runtime_error(std::string("histogram: no whole number in \"") + key + '"');
  return *value;
}

}  // namespace

json to_json(const histogram& source, percentile_rule rule) {
  const auto count = source.count();
  const auto if_any = [count](auto value) { return count > 0 ? json(value) : json(nullptr); };
  json object;
  object["count"] = count;
  object["min"] = if_any(source.min());
  object["mean"] = if_any(source.mean());
  object["stddev"] = if_any(source.stddev());
  object["p50"] = percentile_or_null(source, count, 50, 1);
  object["p90"] = percentile_or_null(source, count, 90, 1);
  object["p99"] = percentile_or_null(source, count, 99, rule.p99_min_count);
  object["p999"] = percentile_or_null(source, count, 99.9, rule.p999_min_count);
  object["p9999"] = percentile_or_null(source, count, 99.99, rule.p9999_min_count);
  object["max"] = if_any(source.max());
  object["overflow"] = source.overflow();
  object["early_count"] = source.early_count();
  object["early_max_ns"] = source.early_count() > 0 ? json(source.early_max_ns()) : json(nullptr);
  object["histogram"] = encode_hdr(source);
  return object;
}

histogram histogram_from_json(const json& object) {
  const auto payload = object.find("histogram");
  if (payload == object.end() || !payload->is_string()) {
    throw std::runtime_error("histogram: no payload");
  }
  auto result = decode_hdr(payload->get_ref<const std::string&>());
  const auto count = required(object, "count");
  if (count != result.count()) throw std::runtime_error("histogram: count is not the payload's");
  const auto early = required(object, "early_count");
  result.restore(count > 0 ? required(object, "min") : 0, count > 0 ? required(object, "max") : 0,
                 required(object, "overflow"), early,
                 early > 0 ? required(object, "early_max_ns") : 0);
  return result;
}

}  // namespace skein::measure
