// Reads whole numbers (ns, blank-separated) and prints the histogram object that a record would
// hold, every percentile allowed. For checking the payload with a decoder that is not ours.
#include <cstdint>
#include <iostream>

#include "harness/measure/distribution.hpp"

int main() {
  skein::histogram values;
  for (std::int64_t value = 0; std::cin >> value;) values.record_signed(value);
  using rule = skein::measure::percentile_rule;
  std::cout << skein::measure::to_json(skein::measure::distribution_of(values, rule::any())).dump()
            << '\n';
}
