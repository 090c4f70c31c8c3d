// Who makes a program whose tasks wait some calls down: a function for each workload and style, in
// the source file of those tasks, as they take long to compile.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "workloads/nesting.hpp"
#include "workloads/program.hpp"

namespace skein::workloads {

/// Makes the program on a runtime of ours; null where the runtime is of another style.
template <class Parameters>
using nested_maker = std::unique_ptr<program>(std::string_view runtime, const Parameters& asked);

/// What the first of them makes that can. Throws limit_error where the runtime has no such tasks.
template <class Parameters>
std::unique_ptr<program> make_by_any(std::initializer_list<nested_maker<Parameters>*> makers,
                                     std::string_view runtime, const Parameters& asked) {
  for (auto* const make : makers) {
    if (auto made = make(runtime, asked)) return made;
  }
  throw no_levels(runtime, asked.nested);
}

/// What `make`, a template over the scheduler, makes for the one of that name among the Runtimes;
/// null where its constraint does not take that one.
template <class Runtimes, class Make>
std::unique_ptr<program> make_if_taken(std::string_view runtime, Make&& make) {
  std::unique_ptr<program> made;
  Runtimes::for_each([&]<class S>() {
    if constexpr (requires { make.template operator()<S>(); }) {
      if (S::info().id == runtime) made = make.template operator()<S>();
    }
  });
  return made;
}

}  // namespace skein::workloads
