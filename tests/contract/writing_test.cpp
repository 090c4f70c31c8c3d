// Clauses C2 and C4, for every runtime and against the liars that break them.
// What each check does is in check_writing.hpp; who lies, and how, in liars/.
#include "tests/contract/check_writing.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/liars/bytes.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("C2: a large write to a slow reader is complete") {
  require_kept(c2_a_large_write_to_a_slow_reader_is_complete(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: a write to nobody fails") {
  require_kept(c2_a_write_to_nobody_fails(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: small and empty writes are complete") {
  require_kept(c2_small_and_empty_writes_are_complete(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: a reset ends a pending write") {
  require_kept(c2_a_reset_ends_a_pending_write(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: a pending write goes on behind the peer's end") {
  require_kept(c2_a_pending_write_goes_on_behind_the_peers_end(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C4: a read and a write are pending together") {
  require_kept(c4_a_read_and_a_write_are_pending_together(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C4: bytes that come during a write are read") {
  require_kept(c4_bytes_that_come_during_a_write_are_read(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on C2: writes half / a large write to a slow reader is complete",
          "[contract][liar]") {
  require_caught("C2",
                 c2_a_large_write_to_a_slow_reader_is_complete(subject_of<liars::writes_half>()));
}

TEST_CASE("liar caught on C2: denies failed writes / a write to nobody fails", "[contract][liar]") {
  require_caught("C2", c2_a_write_to_nobody_fails(subject_of<liars::denies_failed_writes>()));
}

TEST_CASE("liar caught on C2: fails empty writes / small and empty writes are complete",
          "[contract][liar]") {
  require_caught("C2",
                 c2_small_and_empty_writes_are_complete(subject_of<liars::fails_empty_writes>()));
}

TEST_CASE("liar caught on C2: denies failed writes / a reset ends a pending write",
          "[contract][liar]") {
  require_caught("C2", c2_a_reset_ends_a_pending_write(subject_of<liars::denies_failed_writes>()));
}

TEST_CASE(
    "liar caught on C2: writes to nobody who has finished / a pending write goes on behind the "
    "peer's end",
    "[contract][liar]") {
  require_caught("C2", c2_a_pending_write_goes_on_behind_the_peers_end(
                           subject_of<liars::writes_to_nobody_who_has_finished>()));
}

TEST_CASE("liar caught on C4: takes turns / a read and a write are pending together",
          "[contract][liar]") {
  require_caught("C4",
                 c4_a_read_and_a_write_are_pending_together(subject_of<liars::takes_turns>()));
}

TEST_CASE("liar caught on C4: loses bytes beside a write / bytes that come during a write are read",
          "[contract][liar]") {
  require_caught("C4", c4_bytes_that_come_during_a_write_are_read(
                           subject_of<liars::loses_bytes_beside_a_write>()));
}

}  // namespace
}  // namespace skein::contract
