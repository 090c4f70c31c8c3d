// The checks of W9: reads that give up at a deadline. All are kept by a runtime that has none.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

verdict w9_a_silent_read_gives_up_at_its_deadline(const subject& of);
verdict w9_a_read_in_time_leaves_no_deadline_behind(const subject& of);
verdict w9_a_late_loop_reads_what_came_in_time(const subject& of);
verdict w9_bytes_that_race_the_deadline_are_read_once(const subject& of);
verdict w9_cancel_and_stop_end_a_read_before_its_deadline(const subject& of);

}  // namespace skein::contract
