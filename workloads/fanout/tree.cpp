#include "workloads/fanout/tree.hpp"

namespace skein::fanout {

std::size_t tasks_for(std::size_t count) {
  const leaves below{0, count};
  const std::size_t few = count / below.children();
  const std::size_t with_more = count % below.children();
  const auto of_child = [](std::size_t each) { return each == 1 ? 1 : tasks_for(each); };
  const std::size_t more = with_more > 0 ? with_more * of_child(few + 1) : 0;
  return 1 + more + (below.children() - with_more) * of_child(few);
}

workloads::work_counts expected(const parameters& asked) {
  workloads::work_counts counts;
  counts.units = static_cast<std::uint64_t>(asked.tasks);
  const std::uint64_t worked_out = worked(asked.seed, asked.work.value_or(0));
  for (std::size_t index = 0; index < counts.units; ++index) {
    counts.checksum += value_of(asked.seed, index) ^ worked_out;
  }
  return counts;
}

}  // namespace skein::fanout
