// Clauses W1 to W3: waits end once, nobody starves the others, nothing is left behind.
#pragma once

#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Sleeps whose timers fire and are cancelled at the same time end once each. In the callback style
/// the adapter sees a second end; in the others it would resume a task that waits for something
/// else, which is why tasks yield in between.
verdict w1_sleeps_end_once_when_cancel_races_the_deadline(const subject& of);

/// Reads whose bytes come while they are cancelled end once each.
verdict w1_reads_end_once_when_cancel_races_the_bytes(const subject& of);

/// Writes that get room while they are cancelled, likewise.
verdict w1_writes_end_once_when_cancel_races_the_room(const subject& of);

/// What a task does again and again, each time finished at once if the runtime so chooses, beside
/// another that wants its turn. At most `inline_budget` in a row may pass without it.
verdict w2_a_reader_with_much_to_read_starves_nobody(const subject& of);

verdict w2_a_writer_with_room_starves_nobody(const subject& of);

verdict w2_a_sleeper_into_the_past_starves_nobody(const subject& of);

/// Also when every wait ends at once because it is cancelled. (In the callback style a receive ends
/// once; there is no next one to ask for.)
verdict w2_a_reader_of_a_cancelled_connection_starves_nobody(const subject& of);

/// A run that closes what it accepted leaves nothing alive.
verdict w3_nothing_is_alive_after_run(const subject& of);

/// Meanwhile live() counts the tasks that were spawned and the connections that were accepted.
verdict w3_what_is_alive_is_counted(const subject& of);

}  // namespace skein::contract
