// Every runtime that models the interface, as a subject.
#include <map>

#include "runtimes/all.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {

const subject& subject_named(std::string_view runtime) {
  static const auto subjects = [] {
    std::map<std::string_view, const subject*> all;
    interface_runtimes::for_each([&]<class S>() { all.emplace(S::info().id, &subject_of<S>()); });
    return all;
  }();
  return *subjects.at(runtime);
}

}  // namespace skein::contract
