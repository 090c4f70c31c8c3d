// Clauses C5 to C8, for every runtime and against the liars that break them.
// What each check does is in check_connections.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/connections.hpp"

#include "tests/contract/check_cancel.hpp"
#include "tests/contract/check_connections.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a read") {
  require_kept(c5_cancel_ends_a_read(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a write") {
  require_kept(c5_cancel_ends_a_write(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends an accept") {
  require_kept(c5_cancel_ends_an_accept(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: a cancelled read gets no bytes") {
  require_kept(c5_a_cancelled_read_gets_no_bytes(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C6: a new connection sees nothing of an old one") {
  require_kept(c6_a_new_connection_sees_nothing_of_an_old_one(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C7: accepted sockets have the shared options") {
  require_kept(c7_accepted_sockets_have_the_shared_options(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C8: receive goes on until the empty chunk") {
  require_kept(c8_receive_goes_on_until_the_empty_chunk(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C8: nothing is received after close") {
  require_kept(c8_nothing_is_received_after_close(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel comes before the wait") {
  require_kept(c5_cancel_comes_before_the_wait(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a read and a write together") {
  require_kept(c5_cancel_ends_a_read_and_a_write_together(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel ends a write that moves") {
  require_kept(c5_cancel_ends_a_write_that_moves(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: cancel reaches its own object only") {
  require_kept(c5_cancel_reaches_its_own_object_only(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: a cancel hides no earlier error") {
  require_kept(c5_a_cancel_hides_no_earlier_error(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on C5: hides an error / a cancel hides no earlier error",
          "[contract][liar]") {
  require_caught("C5", c5_a_cancel_hides_no_earlier_error(subject_of<liars::hides_an_error>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / cancel ends a read",
          "[contract][liar]") {
  require_caught("C5", c5_cancel_ends_a_read(subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / cancel ends a write",
          "[contract][liar]") {
  require_caught("C5", c5_cancel_ends_a_write(subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a listeners cancel / cancel ends an accept",
          "[contract][liar]") {
  require_caught("C5", c5_cancel_ends_an_accept(subject_of<liars::swallows_a_listeners_cancel>()));
}

TEST_CASE("liar caught on C5: reads behind a cancel / a cancelled read gets no bytes",
          "[contract][liar]") {
  require_caught("C5",
                 c5_a_cancelled_read_gets_no_bytes(subject_of<liars::reads_behind_a_cancel>()));
}

TEST_CASE("liar caught on C6: delivers stale ends / a new connection sees nothing of an old one",
          "[contract][liar]") {
  require_caught("C6", c6_a_new_connection_sees_nothing_of_an_old_one(
                           subject_of<liars::delivers_stale_ends>()));
}

TEST_CASE("liar caught on C7: delays packets / accepted sockets have the shared options",
          "[contract][liar]") {
  require_caught("C7",
                 c7_accepted_sockets_have_the_shared_options(subject_of<liars::delays_packets>()));
}

TEST_CASE("liar caught on C7: sets linger / accepted sockets have the shared options",
          "[contract][liar]") {
  require_caught("C7",
                 c7_accepted_sockets_have_the_shared_options(subject_of<liars::sets_linger>()));
}

TEST_CASE("liar caught on C8: ends twice / receive goes on until the empty chunk",
          "[contract][liar]") {
  require_caught("C8", c8_receive_goes_on_until_the_empty_chunk(subject_of<liars::ends_twice>()));
}

TEST_CASE("liar caught on C8: receives once / receive goes on until the empty chunk",
          "[contract][liar]") {
  require_caught("C8",
                 c8_receive_goes_on_until_the_empty_chunk(subject_of<liars::receives_once>()));
}

TEST_CASE("liar caught on C8: receives after close / nothing is received after close",
          "[contract][liar]") {
  require_caught("C8",
                 c8_nothing_is_received_after_close(subject_of<liars::receives_after_close>()));
}

TEST_CASE("liar caught on C5: cancels pending waits only / cancel comes before the wait",
          "[contract][liar]") {
  require_caught("C5",
                 c5_cancel_comes_before_the_wait(subject_of<liars::cancels_pending_waits_only>()));
}

TEST_CASE(
    "liar caught on C5: swallows a connections cancel / cancel ends a read and a write together",
    "[contract][liar]") {
  require_caught("C5", c5_cancel_ends_a_read_and_a_write_together(
                           subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / cancel ends a write that moves",
          "[contract][liar]") {
  require_caught(
      "C5", c5_cancel_ends_a_write_that_moves(subject_of<liars::swallows_a_connections_cancel>()));
}

TEST_CASE("liar caught on C5: cancels other connections / cancel reaches its own object only",
          "[contract][liar]") {
  require_caught(
      "C5", c5_cancel_reaches_its_own_object_only(subject_of<liars::cancels_other_connections>()));
}

}  // namespace
}  // namespace skein::contract
