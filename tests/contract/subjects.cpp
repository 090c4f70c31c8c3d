// Every runtime that models the interface, as a subject.
#include "tests/contract/subjects.hpp"

#include "runtimes/all.hpp"
#include "tests/contract/reference_rows.hpp"

namespace skein::contract {

const subject& subject_named(std::string_view runtime) {
  static const auto known = [] {
    subjects all;
    interface_runtimes::for_each([&]<class S>() { add<S>(all); });
    in_other_orders::for_each([&]<class S>() { add<S>(all); });
    add_asio(all);
#ifdef SKEIN_HAS_BOOST_FIBER
    add_boost_fiber(all);
#endif
    return all;
  }();
  return *known.at(runtime);
}

}  // namespace skein::contract
