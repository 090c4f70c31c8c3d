// Clauses C1 to C8, for every runtime and against the liars that break them.
// What each check does is in check_connections.hpp; who lies, and how, in liars.hpp.
#include "tests/contract/check_connections.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/liars.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("C1: bytes arrive complete, in order, unchanged") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  SKEIN_REQUIRE_KEPT((c1_bytes_arrive_complete_in_order_unchanged(SKEIN_SUBJECT, policy)));
}

SKEIN_FOR_EVERY_RUNTIME("C1: the end is seen behind the last bytes") {
  SKEIN_REQUIRE_KEPT(c1_the_end_is_seen_behind_the_last_bytes(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C1: a reset is an error") {
  SKEIN_REQUIRE_KEPT(c1_a_reset_is_an_error(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: a large write to a slow reader is complete") {
  SKEIN_REQUIRE_KEPT(c2_a_large_write_to_a_slow_reader_is_complete(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C2: a write to nobody fails") {
  SKEIN_REQUIRE_KEPT(c2_a_write_to_nobody_fails(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C3: bytes are valid as long as promised") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  SKEIN_REQUIRE_KEPT((c3_bytes_are_valid_as_long_as_promised(SKEIN_SUBJECT, policy)));
}

SKEIN_FOR_EVERY_RUNTIME("C4: a read and a write are pending together") {
  SKEIN_REQUIRE_KEPT(c4_a_read_and_a_write_are_pending_together(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a read") {
  SKEIN_REQUIRE_KEPT(c5_cancel_ends_a_read(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a write") {
  SKEIN_REQUIRE_KEPT(c5_cancel_ends_a_write(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends an accept") {
  SKEIN_REQUIRE_KEPT(c5_cancel_ends_an_accept(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C6: a new connection sees nothing of an old one") {
  SKEIN_REQUIRE_KEPT(c6_a_new_connection_sees_nothing_of_an_old_one(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C7: accepted sockets have the shared options") {
  SKEIN_REQUIRE_KEPT(c7_accepted_sockets_have_the_shared_options(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C8: receive goes on until the empty chunk") {
  SKEIN_REQUIRE_KEPT(c8_receive_goes_on_until_the_empty_chunk(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C8: nothing is received after close") {
  SKEIN_REQUIRE_KEPT(c8_nothing_is_received_after_close(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on C1: loses a byte / bytes arrive complete, in order, unchanged",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C1", c1_bytes_arrive_complete_in_order_unchanged(
                                 subject_of<liars::loses_a_byte>(), buffer_policy::lent));
}

TEST_CASE("liar caught on C1: flips a bit / bytes arrive complete, in order, unchanged",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C1", c1_bytes_arrive_complete_in_order_unchanged(
                                 subject_of<liars::flips_a_bit>(), buffer_policy::lent));
}

TEST_CASE("liar caught on C1: loses the last chunk / the end is seen behind the last bytes",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C1", c1_the_end_is_seen_behind_the_last_bytes(subject_of<liars::loses_the_last_chunk>()));
}

TEST_CASE("liar caught on C1: repeats bytes at a reset / a reset is an error", "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C1", c1_a_reset_is_an_error(subject_of<liars::repeats_bytes_at_a_reset>()));
}

TEST_CASE("liar caught on C2: writes half / a large write to a slow reader is complete",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C2", c2_a_large_write_to_a_slow_reader_is_complete(subject_of<liars::writes_half>()));
}

TEST_CASE("liar caught on C2: denies failed writes / a write to nobody fails", "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C2", c2_a_write_to_nobody_fails(subject_of<liars::denies_failed_writes>()));
}

TEST_CASE("liar caught on C3: shares own buffers / bytes are valid as long as promised",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C3", c3_bytes_are_valid_as_long_as_promised(
                                 subject_of<liars::shares_own_buffers>(), buffer_policy::own));
}

TEST_CASE("liar caught on C4: takes turns / a read and a write are pending together",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C4", c4_a_read_and_a_write_are_pending_together(subject_of<liars::takes_turns>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / cancel ends a read",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C5",
                       c5_cancel_ends_a_read(subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / cancel ends a write",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C5",
                       c5_cancel_ends_a_write(subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a listeners cancel / cancel ends an accept",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C5",
                       c5_cancel_ends_an_accept(subject_of<liars::swallows_a_listeners_cancel>()));
}

TEST_CASE("liar caught on C6: delivers stale ends / a new connection sees nothing of an old one",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C6", c6_a_new_connection_sees_nothing_of_an_old_one(
                                 subject_of<liars::delivers_stale_ends>()));
}

TEST_CASE("liar caught on C7: delays packets / accepted sockets have the shared options",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C7", c7_accepted_sockets_have_the_shared_options(subject_of<liars::delays_packets>()));
}

TEST_CASE("liar caught on C8: ends twice / receive goes on until the empty chunk",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT("C8",
                       c8_receive_goes_on_until_the_empty_chunk(subject_of<liars::ends_twice>()));
}

TEST_CASE("liar caught on C8: receives once / receive goes on until the empty chunk",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C8", c8_receive_goes_on_until_the_empty_chunk(subject_of<liars::receives_once>()));
}

TEST_CASE("liar caught on C8: receives after close / nothing is received after close",
          "[contract][liar]") {
  SKEIN_REQUIRE_CAUGHT(
      "C8", c8_nothing_is_received_after_close(subject_of<liars::receives_after_close>()));
}

}  // namespace
}  // namespace skein::contract
