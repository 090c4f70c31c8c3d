// What the inbox may do, for every runtime and against the liars that do not let it.
// What each check does is in check_inbox.hpp; who lies, and how, in liars/.
#include "tests/contract/check_inbox.hpp"
#include "tests/contract/every_runtime.hpp"
#include "tests/contract/liars/connections.hpp"
#include "tests/contract/liars/tasks.hpp"
#include "tests/contract/liars/time.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract {
namespace {

SKEIN_FOR_EVERY_RUNTIME("S1: a task spawned at the last moment runs") {
  require_kept(s1_a_task_spawned_at_the_last_moment_runs(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S2: the inbox is served until drained") {
  require_kept(s2_the_inbox_is_served_until_drained(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S2: the inbox is served beside busy tasks") {
  require_kept(s2_the_inbox_is_served_beside_busy_tasks(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("S2: run may be called again with another inbox") {
  require_kept(s2_run_may_be_called_again_with_another_inbox(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("T2: the inbox cancels a sleep") {
  require_kept(t2_the_inbox_cancels_a_sleep(SKEIN_SUBJECT));
}

SKEIN_FOR_EVERY_RUNTIME("C5: the inbox cancels what waits") {
  require_kept(c5_the_inbox_cancels_what_waits(SKEIN_SUBJECT));
}

TEST_CASE("liar caught on S1: drops tasks behind a stop / a task spawned at the last moment runs",
          "[contract][liar]") {
  require_caught("S1", s1_a_task_spawned_at_the_last_moment_runs(
                           subject_of<liars::drops_tasks_behind_a_stop>()));
}

TEST_CASE("liar caught on S2: serves the inbox once / the inbox is served until drained",
          "[contract][liar]") {
  require_caught("S2",
                 s2_the_inbox_is_served_until_drained(subject_of<liars::serves_the_inbox_once>()));
}

TEST_CASE("liar caught on S2: serves the inbox last / the inbox is served beside busy tasks",
          "[contract][liar]") {
  require_caught(
      "S2", s2_the_inbox_is_served_beside_busy_tasks(subject_of<liars::serves_the_inbox_last>()));
}

TEST_CASE("liar caught on S2: runs once / run may be called again with another inbox",
          "[contract][liar]") {
  require_caught("S2",
                 s2_run_may_be_called_again_with_another_inbox(subject_of<liars::runs_once>()));
}

TEST_CASE("liar caught on T2: swallows a timers cancel / the inbox cancels a sleep",
          "[contract][liar]") {
  require_caught("T2", t2_the_inbox_cancels_a_sleep(subject_of<liars::swallows_a_timers_cancel>()));
}

TEST_CASE("liar caught on C5: swallows a connections cancel / the inbox cancels what waits",
          "[contract][liar]") {
  require_caught(
      "C5", c5_the_inbox_cancels_what_waits(subject_of<liars::swallows_a_connections_cancel>()));
}

}  // namespace
}  // namespace skein::contract
