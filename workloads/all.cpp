#include "workloads/all.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include "runtimes/all.hpp"
#include "workloads/make.hpp"

namespace skein::workloads {

const declaration* declaration_named(std::string_view id) {
  const auto* const found = std::find_if(declarations.begin(), declarations.end(),
                                         [&](const declaration* each) { return each->id == id; });
  return found == declarations.end() ? nullptr : *found;
}

const declaration& declaration_of(const any_cell& asked) {
  return *declarations[asked.index()];
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

std::unique_ptr<program> make_program(std::string_view runtime, const parameters& asked) {
  return make_program_among<all_runtimes>(runtime, asked);
}

std::string objection(const any_cell& asked) {
  return std::visit([]<class Cell>(const Cell& cell) { return Cell::workload::objection(cell); },
                    asked);
}

void set_options(const any_cell& asked, scheduler_options& options) {
  std::visit([&]<class Cell>(const Cell& cell) { Cell::workload::set_options(cell, options); },
             asked);
}

timing timing_of(const any_cell& asked) {
  return std::visit([]<class Cell>(const Cell& cell) { return Cell::workload::timing(cell); },
                    asked);
}

std::optional<oracle> expected(const parameters& asked) {
  return std::visit(
      [&]<class Cell>(const Cell& cell) { return Cell::workload::expected(typed(asked, cell)); },
      asked.of);
}

}  // namespace skein::workloads
