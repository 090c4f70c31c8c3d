// Subjects by name. One file adds ours, and one each library's.
#pragma once

#include <map>
#include <string_view>

#include "tests/contract/subject_of.hpp"

namespace skein::contract {

using subjects = std::map<std::string_view, const subject*>;

template <scheduler S>
void add(subjects& all) {
  all.emplace(S::info().id, &subject_of<S>());
}

void add_asio(subjects& all);
void add_boost_fiber(subjects& all);  ///< only where Boost.Fiber is installed

}  // namespace skein::contract
