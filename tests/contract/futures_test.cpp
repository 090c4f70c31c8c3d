// Clauses P1 to P8 and W2, for every runtime of the poll style and against the liars that break
// them. What each check does is in check_futures.hpp and check_queued.hpp; who lies, and how, in
// liars/futures.hpp.
#include "tests/contract/liars/futures.hpp"

#include <type_traits>

#include "runtimes/all.hpp"
#include "runtimes/future/combinators.hpp"
#include "tests/contract/check_futures.hpp"
#include "tests/contract/check_queued.hpp"
#include "tests/contract/every_runtime.hpp"

namespace skein::contract {
namespace {

template <class List>
struct of_poll_style;
template <class... S>
struct of_poll_style<runtime_list<S...>> {
  using type = typename skein::detail::joined<
      std::conditional_t<poll_scheduler<S>, runtime_list<S>, runtime_list<>>...>::type;
};
using poll_runtimes = of_poll_style<examined_in_full>::type;

TEMPLATE_LIST_TEST_CASE("P1: making a future begins nothing", "[contract]", poll_runtimes) {
  require_kept(p1_making_begins_nothing<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P2: what is woken is polled", "[contract]", poll_runtimes) {
  require_kept(p2_what_is_woken_is_polled<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P3: a future stays where it was polled", "[contract]", poll_runtimes) {
  require_kept(p3_a_future_stays_where_it_was_polled<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P4: a task that is woken while it is polled is polled again", "[contract]",
                        poll_runtimes) {
  require_kept(p4_woken_while_polled_is_polled_again<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P5: a task that is woken twice is polled once", "[contract]",
                        poll_runtimes) {
  if (!TestType::info().polls_unasked) {
    require_kept(p5_woken_twice_is_polled_once<TestType>());
  }
}

TEMPLATE_LIST_TEST_CASE("P6: a future that is over is not polled", "[contract]", poll_runtimes) {
  require_kept(p6_what_is_over_is_not_polled<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P7: a dropped sleep is withdrawn", "[contract]", poll_runtimes) {
  if (!TestType::info().polls_unasked) {
    require_kept(p7_a_dropped_sleep_is_withdrawn<TestType>());
  }
}

TEMPLATE_LIST_TEST_CASE("P7: a dropped wait leaves room for the next", "[contract]",
                        poll_runtimes) {
  require_kept(p7_a_dropped_wait_leaves_room_for_the_next<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P7: a dropped accept closes its connection", "[contract]", poll_runtimes) {
  require_kept(p7_a_dropped_accept_closes_its_connection<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P7: a dropped wait whose operation is queued is withdrawn", "[contract]",
                        poll_runtimes) {
  const queued_by how = GENERATE(queued_by::budget, queued_by::cancel);
  require_kept(p7_a_queued_accept_is_withdrawn<TestType>(how));
  require_kept(p7_a_queued_read_is_withdrawn<TestType>(how));
  require_kept(p7_a_queued_write_is_withdrawn<TestType>(how));
}

TEMPLATE_LIST_TEST_CASE("W2: what the budget put off has its turn behind what uses it up",
                        "[contract]", poll_runtimes) {
  require_kept(w2_what_is_put_off_has_its_turn<TestType>());
}

TEMPLATE_LIST_TEST_CASE("P8: no wake from another thread is lost", "[contract]", poll_runtimes) {
  require_kept(p8_no_wake_from_another_thread_is_lost<TestType>(1'000));
}

/// Minutes on two CPUs: by hand, `contract_tests "[stress]"`.
TEST_CASE("P8: of ten million wakes from four threads none is lost", "[.][stress]") {
  require_kept(p8_no_wake_from_another_thread_is_lost<future::scheduler>(2'500'000));
}

TEST_CASE("liar caught on P1: polls in spawn / making a future begins nothing",
          "[contract][liar]") {
  require_caught("P1", p1_making_begins_nothing<liars::polls_in_spawn>());
}

TEST_CASE("liar caught on P2: never wakes / what is woken is polled", "[contract][liar]") {
  require_caught("P2", p2_what_is_woken_is_polled<liars::never_wakes>());
}

TEST_CASE("liar caught on P2: wakes the wrong task / what is woken is polled", "[contract][liar]") {
  require_caught("P2", p2_what_is_woken_is_polled<liars::wakes_the_wrong_task>());
}

TEST_CASE("liar caught on P3: moves futures / a future stays where it was polled",
          "[contract][liar]") {
  require_caught("P3", p3_a_future_stays_where_it_was_polled<liars::moves_futures>());
}

TEST_CASE("liar caught on P4: forgets a wake while polling / woken while polled is polled again",
          "[contract][liar]") {
  require_caught("P4",
                 p4_woken_while_polled_is_polled_again<liars::forgets_a_wake_while_polling>());
}

TEST_CASE("liar caught on P5: polls for every wake / woken twice is polled once",
          "[contract][liar]") {
  require_caught("P5", p5_woken_twice_is_polled_once<liars::polls_for_every_wake>());
}

TEST_CASE("liar caught on P6: polls after the end / what is over is not polled",
          "[contract][liar]") {
  require_caught("P6", p6_what_is_over_is_not_polled<liars::polls_after_the_end>());
}

TEST_CASE("liar caught on P7: keeps dropped sleeps / a dropped sleep is withdrawn",
          "[contract][liar]") {
  require_caught("P7", p7_a_dropped_sleep_is_withdrawn<liars::keeps_dropped_sleeps>());
}

TEST_CASE("liar caught on P8: loses wakes between look and sleep / no wake is lost",
          "[contract][liar]") {
  require_caught("P8",
                 p8_no_wake_from_another_thread_is_lost<liars::loses_wakes_before_sleep>(1'000));
}

}  // namespace
}  // namespace skein::contract
