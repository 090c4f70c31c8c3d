// Clause C1 at the end of a connection, for every runtime and against the liars that break it.
// What each check does is in check_closing.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/closing.hpp"

#include "tests/contract/check_closing.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("C1: written bytes arrive though the connection is closed") {
  require_kept(c1_written_bytes_arrive_though_the_connection_is_closed(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C1: written bytes arrive though the connection is cancelled") {
  require_kept(c1_written_bytes_arrive_though_the_connection_is_cancelled(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C1: written bytes arrive though the scheduler is gone") {
  require_kept(c1_written_bytes_arrive_though_the_scheduler_is_gone(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C1: a close with unread input ends the stream") {
  require_kept(c1_a_close_with_unread_input_ends_the_stream(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on C1: resets on close / written bytes arrive though closed",
          "[contract][liar]") {
  require_caught("C1", c1_written_bytes_arrive_though_the_connection_is_closed(
                           subject_of<liars::resets_on_close>()));
}

TEST_CASE("liar caught on C1: resets on close / written bytes arrive though cancelled",
          "[contract][liar]") {
  require_caught("C1", c1_written_bytes_arrive_though_the_connection_is_cancelled(
                           subject_of<liars::resets_on_close>()));
}

TEST_CASE("liar caught on C1: resets on close / written bytes arrive though the scheduler is gone",
          "[contract][liar]") {
  require_caught("C1", c1_written_bytes_arrive_though_the_scheduler_is_gone(
                           subject_of<liars::resets_on_close>()));
}

TEST_CASE("liar caught on C1: never hangs up / a close with unread input ends the stream",
          "[contract][liar]") {
  require_caught("C1",
                 c1_a_close_with_unread_input_ends_the_stream(subject_of<liars::never_hangs_up>()));
}

}  // namespace
}  // namespace skein::contract
