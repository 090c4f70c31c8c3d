// Planted liars: schedulers that keep the whole contract but for one clause, which the suite must
// notice. They lie by the clause in the files of this folder. Most are the fiber runtime with one
// verb replaced; those that complete too often are the libuv runtime, since in the callback style
// one completion too many can be made without undefined behaviour.
#pragma once

#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract::liars {

/// The fiber runtime, to be given one wrong verb.
struct base : fiber::scheduler, planted {
  using scheduler = fiber::scheduler;
  using fiber::scheduler::basic_scheduler;
};

/// The libuv runtime, likewise.
struct callback_base : libuv::scheduler, planted {
  using libuv::scheduler::scheduler;
};

}  // namespace skein::contract::liars
