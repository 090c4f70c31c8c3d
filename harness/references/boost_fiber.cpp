// skein_boost_fiber: the row of Boost.Fiber.
#include "harness/references/reference_worker.hpp"
#include "runtimes/boost_fiber/scheduler.hpp"
#include "runtimes/list.hpp"

int main(int argument_count, char** arguments) {
  using rows = skein::runtime_list<skein::boost_fiber::scheduler>;
  return skein::references::reference_worker<rows>(argument_count, arguments);
}
