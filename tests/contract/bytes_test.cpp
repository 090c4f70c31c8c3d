// Clauses C1 and C3, for every runtime and against the liars that break them.
// What each check does is in check_bytes.hpp; who lies, and how, in liars/.
#include "tests/contract/liars/bytes.hpp"

#include "tests/contract/check_bytes.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("C1: bytes arrive complete, in order, unchanged") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  require_kept(c1_bytes_arrive_complete_in_order_unchanged(SKEIN_SUBJECT, policy));
}

SKEIN_FOR_EVERY_RUNTIME("C1: the end is seen behind the last bytes") {
  require_kept(c1_the_end_is_seen_behind_the_last_bytes(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C1: a reset is an error") {
  require_kept(c1_a_reset_is_an_error(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C3: bytes are valid as long as promised") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  require_kept(c3_bytes_are_valid_as_long_as_promised(SKEIN_SUBJECT, policy));
}

SKEIN_FOR_EVERY_RUNTIME("C1: bytes wait for a task that is busy") {
  const buffer_policy policy = GENERATE(buffer_policy::lent, buffer_policy::own);
  require_kept(c1_bytes_wait_for_a_task_that_is_busy(SKEIN_SUBJECT, policy));
}

TEST_CASE("liar caught on C1: loses a byte / bytes arrive complete, in order, unchanged",
          "[contract][liar]") {
  require_caught("C1", c1_bytes_arrive_complete_in_order_unchanged(
                           subject_of<liars::loses_a_byte>(), buffer_policy::lent));
}

TEST_CASE("liar caught on C1: flips a bit / bytes arrive complete, in order, unchanged",
          "[contract][liar]") {
  require_caught("C1", c1_bytes_arrive_complete_in_order_unchanged(subject_of<liars::flips_a_bit>(),
                                                                   buffer_policy::lent));
}

TEST_CASE("liar caught on C1: loses the last chunk / the end is seen behind the last bytes",
          "[contract][liar]") {
  require_caught(
      "C1", c1_the_end_is_seen_behind_the_last_bytes(subject_of<liars::loses_the_last_chunk>()));
}

TEST_CASE("liar caught on C1: repeats bytes at a reset / a reset is an error", "[contract][liar]") {
  require_caught("C1", c1_a_reset_is_an_error(subject_of<liars::repeats_bytes_at_a_reset>()));
}

TEST_CASE("liar caught on C3: shares own buffers / bytes are valid as long as promised",
          "[contract][liar]") {
  require_caught("C3", c3_bytes_are_valid_as_long_as_promised(
                           subject_of<liars::shares_own_buffers>(), buffer_policy::own));
}

TEST_CASE("liar caught on C1: forgets what came asleep / bytes wait for a task that is busy",
          "[contract][liar]") {
  require_caught("C1", c1_bytes_wait_for_a_task_that_is_busy(
                           subject_of<liars::forgets_what_came_asleep>(), buffer_policy::lent));
}

}  // namespace
}  // namespace skein::contract
