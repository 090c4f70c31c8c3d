// How a cell and the name of a runtime become a program, for any list of runtimes. Heavy: it
// compiles every workload for all of the list.
//
// A workload that is declared and not included here does not compile: its struct is incomplete.
#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "workloads/c10k/workload.hpp"
#include "workloads/cancel/workload.hpp"
#include "workloads/channel/workload.hpp"
#include "workloads/contention/workload.hpp"
#include "workloads/fanout/workload.hpp"
#include "workloads/hog/workload.hpp"
#include "workloads/parameters.hpp"
#include "workloads/program.hpp"
#include "workloads/relay/workload.hpp"
#include "workloads/timers/workload.hpp"

namespace skein::workloads {

template <class Cell>
parameters_of<Cell> typed(const parameters& asked, const Cell& cell) {
  return {cell, asked.options, asked.seed, asked.nested};
}

/// As make_program of all.hpp.
template <class Runtimes>
std::unique_ptr<program> make_program_among(std::string_view runtime, const parameters& asked) {
  return std::visit(
      [&]<class Cell>(const Cell& cell) {
        return Cell::workload::template make<Runtimes>(runtime, typed(asked, cell));
      },
      asked.of);
}

}  // namespace skein::workloads
