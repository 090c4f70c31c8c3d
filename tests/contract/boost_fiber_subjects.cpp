// Boost.Fiber's row as a subject.
#include "runtimes/boost_fiber/scheduler.hpp"
#include "tests/contract/subjects.hpp"

namespace skein::contract {

void add_boost_fiber(subjects& all) {
  add<boost_fiber::scheduler>(all);
}

}  // namespace skein::contract
