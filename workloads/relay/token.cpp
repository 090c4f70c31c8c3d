#include "workloads/relay/token.hpp"

#include <algorithm>
#include <numeric>

namespace skein::relay {
namespace {

/// What the first `hops` hops make of a token.
affine_map way_of(const cell& asked, std::uint64_t hops) noexcept {
  const std::size_t stride = stride_of(asked);
  affine_map way;
  std::size_t index = 0;
  for (std::uint64_t hop = 0; hop < hops; ++hop) {
    way = way.then(step_of(index));
    index = (index + stride) % task_count(asked);
  }
  return way;
}

affine_map repeated(affine_map once, std::uint64_t times) noexcept {
  affine_map all;
  for (; times > 0; times /= 2) {
    if (times % 2 == 1) all = all.then(once);
    once = once.then(once);
  }
  return all;
}

}  // namespace

std::size_t stride_of(const cell& asked) noexcept {
  if (asked.order == order::near) return 1;
  const std::size_t tasks = task_count(asked);
  std::size_t stride = std::max<std::size_t>(tasks * 618 / 1000, 1);
  while (std::gcd(stride, tasks) != 1) ++stride;  // tasks - 1 is one, at the latest
  return stride;
}

workloads::work_counts expected(const parameters& asked) {
  const std::uint64_t hops = static_cast<std::uint64_t>(asked.hops);
  const std::uint64_t laps = hops / task_count(asked);
  const affine_map lap = laps > 0 ? way_of(asked, task_count(asked)) : affine_map();
  const affine_map all = repeated(lap, laps).then(way_of(asked, hops % task_count(asked)));
  workloads::work_counts counts;
  counts.units = hops;
  counts.checksum = all.of(first_token(asked));
  return counts;
}

}  // namespace skein::relay
