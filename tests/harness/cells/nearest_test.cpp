// The nearest name to a mistyped one.
#include "harness/cells/nearest.hpp"

#include <string>
#include <vector>

#include "harness/cells/usage_error.hpp"
#include "tests/catch.hpp"

using namespace skein::cells;

namespace {
const std::vector<std::string> runtimes{"coroutine", "fiber", "thread", "libuv", "epoll_floor"};
}

TEST_CASE("edit distance counts insertions, deletions, changes and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "abd") == 1);
  CHECK(edit_distance("abc", "acb") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is offered when it is near") {
  CHECK(nearest_match("corutine", runtimes) == "coroutine");
  CHECK(nearest_match("libvu", runtimes) == "libuv");
  CHECK_FALSE(nearest_match("completely different", runtimes));
  CHECK_FALSE(nearest_match("x", {}));
}

TEST_CASE("the message names what is valid and what is nearest") {
  CHECK(unknown_name("runtime", "fibre", runtimes) ==
        "unknown runtime 'fibre'; valid: coroutine, fiber, thread, libuv, epoll_floor; nearest: "
        "fiber");
  CHECK_NOTHROW(require_known("runtime", "fiber", runtimes));
  CHECK_THROWS_AS(require_known("runtime", "Fiber", runtimes), usage_error);
}
