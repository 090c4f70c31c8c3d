// The run queue of operations: first in first out, and batches that end.
#include "runtimes/op.hpp"

#include <vector>

#include "runtimes/fifo.hpp"
#include "tests/catch.hpp"

namespace skein {
namespace {

TEST_CASE("ops leave the queue in the order in which they came") {
  std::vector<op> ops(5);
  fifo<op> queue;
  REQUIRE(queue.empty());
  REQUIRE(queue.pop() == nullptr);
  for (op& each : ops) queue.push(each);
  for (op& each : ops) {
    REQUIRE(queue.pop() == &each);
    REQUIRE(each.next == nullptr);
  }
  REQUIRE(queue.empty());
  REQUIRE(queue.pop() == nullptr);
}

TEST_CASE("a queue that was emptied is used again") {
  op first, second;
  fifo<op> queue;
  for (int round = 0; round < 3; ++round) {
    queue.push(first);
    queue.push(second);
    REQUIRE(queue.pop() == &first);
    queue.push(first);
    REQUIRE(queue.pop() == &second);
    REQUIRE(queue.pop() == &first);
    REQUIRE(queue.empty());
  }
}

TEST_CASE("what is queued while others are taken comes after them") {
  op first, second, late;
  fifo<op> queue;
  queue.push(first);
  queue.push(second);
  REQUIRE(queue.pop() == &first);
  queue.push(late);
  REQUIRE(queue.pop() == &second);
  REQUIRE(queue.pop() == &late);
  REQUIRE(queue.pop() == nullptr);
}

TEST_CASE("a new op is idle, completes once and calls whom it was given") {
  static int completed = 0;
  op made(+[](op&) noexcept { ++completed; });
  REQUIRE((made.state == op_state::idle));
  REQUIRE((!made.multishot && !made.more));
  made.complete(made);
  REQUIRE(completed == 1);
}

}  // namespace
}  // namespace skein
