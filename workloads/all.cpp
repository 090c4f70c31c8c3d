#include "workloads/all.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtimes/all.hpp"
#include "workloads/c10k/floor.hpp"
#include "workloads/c10k/info.hpp"
#include "workloads/c10k/program.hpp"
#include "workloads/c10k/sharded.hpp"
#include "workloads/timers/floor.hpp"
#include "workloads/timers/info.hpp"
#include "workloads/timers/program.hpp"

namespace skein::workloads {

namespace {

template <template <class> class Program, class FloorProgram>
std::unique_ptr<program> make(std::string_view runtime, const parameters& asked) {
  std::unique_ptr<program> made;
  all_runtimes::for_each([&]<class Runtime>() {
    if (Runtime::info().id != runtime) return;
    if constexpr (scheduler<Runtime>) {
      made = std::make_unique<Program<Runtime>>(asked);
    } else {
      made = std::make_unique<FloorProgram>(asked);
    }
  });
  if (!made) throw std::invalid_argument("unknown runtime '" + std::string(runtime) + "'");
  return made;
}

std::unique_ptr<program> make_c10k(std::string_view runtime, const parameters& asked) {
  const auto make_one = [runtime = std::string(runtime)](const parameters& own) {
    return make<c10k::program, c10k::floor_program>(runtime, own);
  };
  if (asked.loops == 1) return make_one(asked);
  return std::make_unique<c10k::sharded_program>(asked, make_one);
}

std::unique_ptr<program> make_timers(std::string_view runtime, const parameters& asked) {
  using namespace timers;
  switch (pattern_named(asked.pattern)) {
    case pattern::periodic:
      return make<wakers_program, timers::floor_program<floor_wakers>>(runtime, asked);
    case pattern::churn:
      return make<timeouts_program, timers::floor_program<floor_timeouts>>(runtime, asked);
    case pattern::spread:
    case pattern::storm:
      break;
  }
  return make<sleepers_program, timers::floor_program<floor_sleepers>>(runtime, asked);
}

}  // namespace

std::span<const workload_info> all() {
  static const std::array<workload_info, 2> list{c10k::info(), timers::info()};
  return list;
}

std::span<const runtime_info> runtimes() {
  static const std::vector<runtime_info> list = [] {
    std::vector<runtime_info> infos;
    all_runtimes::for_each([&]<class Runtime>() { infos.push_back(Runtime::info()); });
    return infos;
  }();
  return list;
}

const runtime_info* runtime_named(std::string_view id) {
  const auto list = runtimes();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const runtime_info& each) { return each.id == id; });
  return found == list.end() ? nullptr : &*found;
}

std::unique_ptr<program> make_program(std::string_view workload, std::string_view runtime,
                                      const parameters& asked) {
  if (workload == "c10k") return make_c10k(runtime, asked);
  if (workload == "timers") return make_timers(runtime, asked);
  throw std::invalid_argument("unknown workload '" + std::string(workload) + "'");
}

work_counts expected_timers(const parameters& asked) {
  return timers::expected(asked);
}

std::uint64_t expected_fires(const parameters& asked) {
  return timers::expected_fires(asked);
}

}  // namespace skein::workloads
