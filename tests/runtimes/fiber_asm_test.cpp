// The risks of a switch of our own: backtraces, floating-point modes. What every switch must leave
// alone is in fiber_switch_test.cpp; stacks, colours and scheduling are the fiber runtime's
// (fiber_test.cpp).
#include "runtimes/fiber_asm/scheduler.hpp"

#if defined(__x86_64__)

#include <cfenv>
#include <unwind.h>

#include "tests/catch.hpp"
#include "tests/options.hpp"

namespace skein {
namespace {

using test::options_for;

using asm_scheduler = fiber_asm::scheduler;

TEST_CASE("unwinding a fiber ends at its first frame") {
  asm_scheduler scheduler(options_for(1));
  int frames = 0;
  _Unwind_Reason_Code end = _URC_NO_REASON;
  scheduler.spawn([&] {
    scheduler.yield();
    end = _Unwind_Backtrace(
        [](_Unwind_Context*, void* count) {
          auto& seen = *static_cast<int*>(count);
          return ++seen < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
        },
        &frames);
  });
  scheduler.run();
  REQUIRE(end == _URC_END_OF_STACK);
  REQUIRE(frames >= 1);
  REQUIRE(frames < 20);
}

TEST_CASE("rounding is the thread's: what a fiber sets holds until it is set back") {
  asm_scheduler scheduler(options_for(2));
  int seen_by_other = -1;
  const int before = std::fegetround();
  scheduler.spawn([&] {
    std::fesetround(FE_UPWARD);
    scheduler.yield();
    std::fesetround(before);
  });
  scheduler.spawn([&] { seen_by_other = std::fegetround(); });
  scheduler.run();
  REQUIRE(seen_by_other == FE_UPWARD);
  REQUIRE(std::fegetround() == before);
}

}  // namespace
}  // namespace skein

#endif
