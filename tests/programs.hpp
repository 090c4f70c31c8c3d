// Programs of one workload, made as the harness makes them.
#pragma once

#include <memory>
#include <string_view>

#include "workloads/all.hpp"

namespace skein::test {

template <class Cell>
std::unique_ptr<workloads::program> make_program(std::string_view runtime,
                                                 const workloads::parameters_of<Cell>& asked) {
  return workloads::make_program(
      runtime, {static_cast<const Cell&>(asked), asked.options, asked.seed, asked.nested});
}

}  // namespace skein::test
