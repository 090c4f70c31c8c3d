// What runs next, by strategy.
#include "runtimes/ready_queue.hpp"

#include <string>

#include "tests/catch.hpp"

namespace skein {
namespace {

struct node {
  char name = ' ';
  node* next = nullptr;
};

/// The names in the order in which they are taken.
std::string drained(ready_queue<node>& queue) {
  std::string order;
  while (node* const each = queue.pop()) order += each->name;
  return order;
}

TEST_CASE("fifo runs first what became ready first, however it did") {
  ready_queue<node> queue(run_strategy::fifo);
  node a{'a'}, b{'b'}, c{'c'};
  queue.push_woken(a);
  queue.push(b);
  queue.push_woken(c);
  CHECK(drained(queue) == "abc");
  CHECK(queue.empty());
}

TEST_CASE("lifo runs next what was woken last, and the others in the order in which they came") {
  ready_queue<node> queue(run_strategy::lifo);
  node a{'a'}, b{'b'}, c{'c'}, d{'d'};
  queue.push_woken(a);
  queue.push(b);
  queue.push_woken(c);  // puts a behind b
  queue.push(d);
  CHECK(drained(queue) == "cbad");
}

TEST_CASE("lifo lets the oldest run after three that were woken last") {
  ready_queue<node> queue(run_strategy::lifo);
  node oldest{'o'}, ping{'p'};
  queue.push(oldest);
  std::string order;
  for (int turn = 0; turn < 5; ++turn) {
    queue.push_woken(ping);
    order += queue.pop()->name;
    if (order.back() == 'o') queue.remove(ping);
  }
  CHECK(order == "pppop");
  CHECK(queue.empty());
}

TEST_CASE("with priorities who was woken comes before who was begun or yielded") {
  ready_queue<node> queue(run_strategy::priority);
  node a{'a'}, b{'b'}, c{'c'}, d{'d'};
  queue.push(a);
  queue.push_woken(b);
  queue.push(c);
  queue.push_woken(d);
  CHECK(drained(queue) == "bdac");
}

TEST_CASE("with priorities every eighth step is the lower level's") {
  ready_queue<node> queue(run_strategy::priority);
  node low[3] = {{'x'}, {'y'}, {'z'}};
  for (node& each : low) queue.push(each);
  node woken{'.'};
  std::string order;
  for (int step = 0; step < 20; ++step) {
    queue.push_woken(woken);
    order += queue.pop()->name;
    queue.remove(woken);
  }
  CHECK(order == ".......x.......y....");
  CHECK(drained(queue) == "z");
}

TEST_CASE("what is taken out of the middle is gone from whichever list it was in") {
  for (const run_strategy strategy :
       {run_strategy::fifo, run_strategy::lifo, run_strategy::priority}) {
    ready_queue<node> queue(strategy);
    node a{'a'}, b{'b'}, c{'c'};
    queue.push(a);
    queue.push_woken(b);
    queue.push(c);
    queue.remove(b);
    CHECK(drained(queue) == "ac");
  }
}

TEST_CASE("a list that is put behind keeps its order and is empty afterwards") {
  ready_queue<node> queue(run_strategy::fifo);
  node a{'a'}, b{'b'}, c{'c'};
  fifo<node> more;
  queue.push(a);
  more.push(b);
  more.push(c);
  queue.append(more);
  queue.append(more);
  CHECK(more.empty());
  CHECK(drained(queue) == "abc");
}

}  // namespace
}  // namespace skein
