// Clauses W1 to W3, for every runtime and against the liars that break them.
// What each check does is in check_waiting.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/waiting.hpp"

#include "tests/contract/check_signals.hpp"
#include "tests/contract/check_waiting.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/liars/connections.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("W1: sleeps end once when cancel races the deadline") {
  require_kept(w1_sleeps_end_once_when_cancel_races_the_deadline(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W1: reads end once when cancel races the bytes") {
  require_kept(w1_reads_end_once_when_cancel_races_the_bytes(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W1: a signal ends no wait") {
  require_kept(w1_a_signal_ends_no_wait(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W2: a reader with much to read starves nobody") {
  require_kept(w2_a_reader_with_much_to_read_starves_nobody(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W2: a writer with room starves nobody") {
  require_kept(w2_a_writer_with_room_starves_nobody(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W2: a sleeper into the past starves nobody") {
  require_kept(w2_a_sleeper_into_the_past_starves_nobody(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W2: a reader of a cancelled connection starves nobody") {
  require_kept(w2_a_reader_of_a_cancelled_connection_starves_nobody(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W3: nothing is alive after run") {
  require_kept(w3_nothing_is_alive_after_run(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W1: writes end once when cancel races the room") {
  require_kept(w1_writes_end_once_when_cancel_races_the_room(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("W3: what is alive is counted") {
  require_kept(w3_what_is_alive_is_counted(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on W1: wakes twice / sleeps end once when cancel races the deadline",
          "[contract][liar]") {
  require_caught(
      "W1", w1_sleeps_end_once_when_cancel_races_the_deadline(subject_of<liars::wakes_twice>()));
}

TEST_CASE(
    "liar caught on W1: swallows a connections cancel / reads end once when cancel races the bytes",
    "[contract][liar]") {
  require_caught("W1", w1_reads_end_once_when_cancel_races_the_bytes(
                           subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on W1: takes a signal for the end / a signal ends no wait",
          "[contract][liar]") {
  require_caught("W1", w1_a_signal_ends_no_wait(subject_of<liars::takes_a_signal_for_the_end>()));
}

TEST_CASE("liar caught on W2: never lets go / a reader with much to read starves nobody",
          "[contract][liar]") {
  require_caught("W2",
                 w2_a_reader_with_much_to_read_starves_nobody(subject_of<liars::never_lets_go>()));
}

TEST_CASE("liar caught on W2: never lets go / a writer with room starves nobody",
          "[contract][liar]") {
  require_caught("W2", w2_a_writer_with_room_starves_nobody(subject_of<liars::never_lets_go>()));
}

TEST_CASE("liar caught on W2: never lets go / a sleeper into the past starves nobody",
          "[contract][liar]") {
  require_caught("W2",
                 w2_a_sleeper_into_the_past_starves_nobody(subject_of<liars::never_lets_go>()));
}

TEST_CASE("liar caught on W2: never lets go / a reader of a cancelled connection starves nobody",
          "[contract][liar]") {
  require_caught("W2", w2_a_reader_of_a_cancelled_connection_starves_nobody(
                           subject_of<liars::never_lets_go>()));
}

TEST_CASE("liar caught on W3: leaks connections / nothing is alive after run", "[contract][liar]") {
  require_caught("W3", w3_nothing_is_alive_after_run(subject_of<liars::leaks_connections>()));
}

TEST_CASE("liar caught on W1: writes twice / writes end once when cancel races the room",
          "[contract][liar]") {
  require_caught("W1",
                 w1_writes_end_once_when_cancel_races_the_room(subject_of<liars::writes_twice>()));
}

TEST_CASE("liar caught on W3: counts cancelled as gone / what is alive is counted",
          "[contract][liar]") {
  require_caught("W3", w3_what_is_alive_is_counted(subject_of<liars::counts_cancelled_as_gone>()));
}

}  // namespace
}  // namespace skein::contract
