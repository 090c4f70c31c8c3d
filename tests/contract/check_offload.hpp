// Clause W10: work that a pool of threads does.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Work that ends only when another task has had its turn, and work whose result is read at once.
verdict w10_work_is_done_once_while_others_go_on(const subject& of);

/// Many works that sleep, in a pool of two threads.
verdict w10_no_more_work_at_once_than_threads(const subject& of);

/// A pool of one thread, that works on while stop is called.
verdict w10_stop_cancels_what_has_not_begun(const subject& of);

}  // namespace skein::contract
