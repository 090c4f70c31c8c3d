// The ready tasks of workers that steal from each other: the ring, the queue in front of and behind
// it, who sleeps and who searches; and many threads on all of it, with yields where a thread may be
// overtaken.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <poll.h>
#include <thread>
#include <vector>

#include "runtimes/stealing/crew.hpp"
#include "runtimes/stealing/idle_set.hpp"
#include "runtimes/stealing/shared_queue.hpp"
#include "runtimes/stealing/work_queue.hpp"
#include "runtimes/stealing/work_ring.hpp"
#include "tests/catch.hpp"

namespace skein::stealing {
namespace {

struct node {
  std::size_t number = 0;
  node* next = nullptr;
};

using ring = work_ring<node>;

std::vector<node> numbered(std::size_t count) {
  std::vector<node> nodes(count);
  for (std::size_t i = 0; i < count; ++i) nodes[i].number = i;
  return nodes;
}

/// The numbers that come out one after the other.
template <class Take>
std::vector<std::size_t> all_of(Take&& take) {
  std::vector<std::size_t> numbers;
  while (const node* const next = take()) numbers.push_back(next->number);
  return numbers;
}

std::vector<std::size_t> from_to(std::size_t first, std::size_t end) {
  std::vector<std::size_t> numbers(end - first);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = first + i;
  return numbers;
}

// --- the ring -----------------------------------------------------------------------------------

TEST_CASE("a ring gives its tasks in the order in which they came, and takes 256") {
  auto nodes = numbered(ring::capacity + 1);
  ring own;
  REQUIRE(own.pop() == nullptr);
  for (std::size_t i = 0; i < ring::capacity; ++i) REQUIRE(own.push(nodes[i]));
  REQUIRE_FALSE(own.push(nodes.back()));
  REQUIRE(all_of([&] { return own.pop(); }) == from_to(0, ring::capacity));
  REQUIRE(own.push(nodes.back()));
  REQUIRE(own.pop() == &nodes.back());
}

TEST_CASE("a thief takes the older half and runs the newest of it") {
  auto nodes = numbered(5);
  ring victim;
  ring thief;
  for (node& each : nodes) REQUIRE(victim.push(each));
  REQUIRE(thief.steal_from(victim)->number == 2);
  REQUIRE(all_of([&] { return thief.pop(); }) == from_to(0, 2));
  REQUIRE(all_of([&] { return victim.pop(); }) == from_to(3, 5));
}

TEST_CASE("a thief takes the only task, and nothing from an empty ring") {
  node only;
  ring victim;
  ring thief;
  REQUIRE(thief.steal_from(victim) == nullptr);
  REQUIRE(victim.push(only));
  REQUIRE(thief.steal_from(victim) == &only);
  REQUIRE(thief.pop() == nullptr);
  REQUIRE(victim.pop() == nullptr);
}

TEST_CASE("a full ring sheds its newer half and keeps the older") {
  auto nodes = numbered(ring::capacity);
  ring own;
  for (node& each : nodes) REQUIRE(own.push(each));
  std::vector<std::size_t> shed;
  REQUIRE(own.shed_newer_half([&](node& each) { shed.push_back(each.number); }));
  REQUIRE(shed == from_to(ring::half, ring::capacity));
  REQUIRE_FALSE(own.shed_newer_half([](node&) {}));  // there is room
  REQUIRE(all_of([&] { return own.pop(); }) == from_to(0, ring::half));
}

// --- the queue ----------------------------------------------------------------------------------

using queue = work_queue<node>;

TEST_CASE("the task woken last runs first, and after three in a row the oldest has its turn") {
  auto nodes = numbered(6);
  shared_queue<node> shared;
  queue own(shared, 2);
  own.push(nodes[0]);
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE_FALSE(own.push_woken(nodes[i]));
    REQUIRE(own.next() == &nodes[i]);
  }
  REQUIRE_FALSE(own.push_woken(nodes[4]));
  REQUIRE(own.next() == &nodes[0]);
  REQUIRE(own.next() == &nodes[4]);
  REQUIRE(own.next() == nullptr);
}

TEST_CASE("a task that is put out of the slot goes behind the others, where it can be stolen") {
  auto nodes = numbered(3);
  shared_queue<node> shared;
  queue own(shared, 2);
  own.push(nodes[0]);
  REQUIRE_FALSE(own.push_woken(nodes[1]));
  REQUIRE(own.push_woken(nodes[2]));
  REQUIRE(all_of([&] { return own.next(); }) == std::vector<std::size_t>{2, 0, 1});
}

TEST_CASE("nobody steals from the slot") {
  node woken;
  shared_queue<node> shared;
  queue own(shared, 2);
  queue thief(shared, 2);
  own.push_woken(woken);
  REQUIRE_FALSE(own.stealable());
  REQUIRE(thief.steal_from(own) == nullptr);
  REQUIRE(own.next() == &woken);
}

TEST_CASE("what a ring has no room for goes to the shared queue, and any worker takes its share") {
  auto nodes = numbered(ring::capacity + 1);
  shared_queue<node> shared;
  queue own(shared, 2);
  queue other(shared, 2);
  for (node& each : nodes) own.push(each);
  REQUIRE(shared.size() == ring::half + 1);
  REQUIRE(other.next()->number == ring::half);
  REQUIRE(shared.size() == ring::half / 2);  // half of what there was, and one
  REQUIRE(all_of([&] { return own.next(); }).size() + all_of([&] { return other.next(); }).size() ==
          ring::capacity);
  REQUIRE(shared.empty());
}

TEST_CASE("the shared queue is looked at every 61st step, also by a worker that has tasks") {
  auto nodes = numbered(200);
  shared_queue<node> shared;
  queue own(shared, 2);
  for (node& each : nodes) own.push(each);
  node waiting{.number = 1'000};
  fifo<node> one;
  one.push(waiting);
  shared.push(one, 1);
  for (std::size_t i = 0; i < 60; ++i) REQUIRE(own.next()->number == i);
  REQUIRE(own.next() == &waiting);
  REQUIRE(own.next()->number == 60);
}

TEST_CASE("a worker that is alone keeps all tasks in their order, and shares none") {
  auto nodes = numbered(1'000);
  shared_queue<node> shared;
  queue own(shared, 1);
  for (node& each : nodes) own.push(each);
  REQUIRE(shared.empty());
  REQUIRE_FALSE(own.stealable());
  REQUIRE_FALSE(own.empty());
  REQUIRE(all_of([&] { return own.next(); }) == from_to(0, 1'000));
  REQUIRE(own.empty());
}

// --- who is idle --------------------------------------------------------------------------------

TEST_CASE("one worker searches at a time") {
  idle_set idle;
  REQUIRE(idle.begin_search());
  REQUIRE_FALSE(idle.begin_search());
  idle.end_search();
  REQUIRE(idle.begin_search());
}

TEST_CASE("work wakes one sleeper, which searches, and none while there is a searcher") {
  idle_set idle;
  REQUIRE_FALSE(idle.call_searcher());
  REQUIRE(idle.begin_sleep(0, false));
  REQUIRE(idle.begin_sleep(1, false));
  const auto called = idle.call_searcher();
  REQUIRE(called == 0U);
  REQUIRE_FALSE(idle.call_searcher());
  REQUIRE_FALSE(idle.begin_search());
  REQUIRE(idle.end_sleep(0));  // it is told that it searches
  REQUIRE_FALSE(idle.end_sleep(1));
  idle.end_search();
  REQUIRE_FALSE(idle.call_searcher());
}

TEST_CASE("who sleeps looks at the queues first, unless another one searches") {
  idle_set idle;
  REQUIRE(idle.begin_search());
  REQUIRE_FALSE(idle.begin_sleep(1, false));
  REQUIRE(idle.begin_sleep(0, true));  // the searcher itself
  REQUIRE(idle.call_searcher() == 0U);
}

TEST_CASE("the last of 63 workers can sleep and be called") {
  idle_set idle;
  REQUIRE(idle.begin_sleep(idle_set::most_workers - 1, false));
  REQUIRE(idle.call_searcher() == idle_set::most_workers - 1);
  REQUIRE(idle.end_sleep(idle_set::most_workers - 1));
}

bool sounds(const crew<node>::worker& of) {
  pollfd sounding{of.alarm_descriptor(), POLLIN, 0};
  return ::poll(&sounding, 1, 0) == 1;
}

TEST_CASE("a searcher that leaves work behind wakes the next, which nobody else has done") {
  auto nodes = numbered(2);
  crew<node> all(3);
  REQUIRE(all.at(1).search() == nullptr);  // it goes on searching
  REQUIRE(all.at(2).begin_sleep());
  for (node& each : nodes) all.at(0).push(each);
  REQUIRE_FALSE(sounds(all.at(2)));
  REQUIRE(all.at(1).search() == &nodes[0]);
  REQUIRE(sounds(all.at(2)));
  all.at(2).awake();
  REQUIRE(all.at(2).search() == &nodes[1]);
}

TEST_CASE("a searcher that finds nothing looks once more before it sleeps") {
  node late;
  crew<node> all(2);
  REQUIRE(all.at(1).search() == nullptr);
  all.at(0).push(late);
  REQUIRE_FALSE(all.at(1).begin_sleep());
  REQUIRE(all.at(1).search() == &late);
  REQUIRE(all.at(1).begin_sleep());
}

TEST_CASE("who leaves neither sleeps nor is called, and its search is another one's") {
  auto nodes = numbered(2);
  crew<node> all(3);
  REQUIRE(all.at(1).begin_sleep());
  all.at(1).leave();
  REQUIRE_FALSE(all.anyone_idle());
  all.at(0).push(nodes[0]);
  REQUIRE_FALSE(sounds(all.at(1)));
  REQUIRE(all.at(2).search() == &nodes[0]);

  REQUIRE(all.at(1).search() == nullptr);  // it goes on searching
  REQUIRE(all.at(2).begin_sleep());
  all.at(0).push(nodes[1]);
  REQUIRE_FALSE(sounds(all.at(2)));
  all.at(1).leave();
  REQUIRE(sounds(all.at(2)));
}

// --- many threads -------------------------------------------------------------------------------

/// Gives the CPU away now and then, by the thread's own seed.
struct now_and_then {
  static void step() noexcept {
    random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    if (random >> 59U == 0) std::this_thread::yield();
  }
  inline static thread_local std::uint64_t random = 1;
};

struct job {
  job* next = nullptr;
  std::atomic<int> runs{0};
};

/// Threads that run a tree of jobs: job i makes those from i * fan + 1 on, some as woken ones.
class yard {
 public:
  yard(std::size_t workers, std::size_t jobs, std::uint64_t seed)
      : crew_(workers), count_(jobs), jobs_(std::make_unique<job[]>(jobs)), seed_(seed) {}

  /// Throws nothing; false where a job did not run once.
  bool run() {
    crew_.at(0).push(jobs_[0]);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < crew_.size(); ++i) {
      threads.emplace_back([this, i] { work(crew_.at(i)); });
    }
    for (std::thread& each : threads) each.join();
    return std::all_of(jobs_.get(), jobs_.get() + count_,
                       [](const job& each) { return each.runs.load() == 1; });
  }
  std::size_t busy_workers() const { return busy_.load(); }

 private:
  using worker = crew<job, now_and_then>::worker;

  void work(worker& self) {
    now_and_then::random = seed_ + self.index();
    std::size_t ran = 0;
    while (!over_.load()) {
      job* next = self.next();
      if (next == nullptr) next = self.search();
      if (next != nullptr) {
        perform(self, *next);
        ++ran;
        continue;
      }
      if (self.begin_sleep() && !over_.load()) {
        pollfd sounding{self.alarm_descriptor(), POLLIN, 0};
        ::poll(&sounding, 1, -1);
        self.silence_alarm();
      }
      self.awake();
    }
    if (ran > 0) ++busy_;
  }

  void perform(worker& self, job& now) {
    ++now.runs;
    const auto index = static_cast<std::size_t>(&now - jobs_.get());
    const std::size_t first = index * fan + 1;
    for (std::size_t child = first; child < std::min(first + fan, count_); ++child) {
      now_and_then::step();
      if (now_and_then::random >> 62U == 0) {
        self.push_woken(jobs_[child]);
      } else {
        self.push(jobs_[child]);
      }
    }
    if (done_.fetch_add(1) + 1 < count_) return;
    over_ = true;
    crew_.wake_all();
  }

  static constexpr std::size_t fan = 3;

  crew<job, now_and_then> crew_;
  const std::size_t count_;
  std::unique_ptr<job[]> jobs_;
  const std::uint64_t seed_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> busy_{0};
  std::atomic<bool> over_{false};
};

void run_yards(std::size_t jobs, std::uint64_t seeds) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (const std::size_t workers : {1U, 2U, 3U, 8U}) {
      yard all(workers, jobs, seed);
      INFO(workers << " workers, seed " << seed);
      REQUIRE(all.run());
    }
  }
}

TEST_CASE(
    "every task that many workers steal from each other runs once, and none sleeps over one") {
  run_yards(5'000, 5);
}

TEST_CASE("every task of a hundred thousand runs once, with many seeds", "[.][stress]") {
  run_yards(100'000, 25);
}

using job_crew = crew<job, now_and_then>;

/// How a task comes to be ready: a worker makes it, or a thread that is no worker brings it.
void make(job_crew& all, job& handed) {
  all.at(0).push(handed);
}
void bring(job_crew& all, job& handed) {
  all.push_shared(handed);
}

/// One task at a time is handed over, and nothing more is done until another worker has run it,
/// which sleeps, searches, or is about to do either. False where nobody came for it.
bool hand_over(void (*give)(job_crew&, job&), std::size_t rounds, std::uint64_t seed,
               std::size_t thieves) {
  job_crew all(thieves + 1);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i <= thieves; ++i) {
    threads.emplace_back([&, i] {
      now_and_then::random = seed + i;
      job_crew::worker& self = all.at(i);
      while (!over.load()) {
        job* next = self.next();
        if (next == nullptr) next = self.search();
        if (next != nullptr) {
          ++next->runs;
          continue;
        }
        if (self.begin_sleep() && !over.load()) {
          pollfd sounding{self.alarm_descriptor(), POLLIN, 0};
          ::poll(&sounding, 1, -1);
          self.silence_alarm();
        }
        self.awake();
      }
    });
  }
  now_and_then::random = seed;
  job handed;
  bool came = true;
  for (std::size_t round = 1; came && round <= rounds; ++round) {
    for (std::uint64_t pause = now_and_then::random >> 54U; pause > 0; --pause) {
      now_and_then::step();
    }
    give(all, handed);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (handed.runs.load() != static_cast<int>(round) && came) {
      std::this_thread::yield();
      came = std::chrono::steady_clock::now() < give_up;
    }
  }
  over = true;
  all.wake_all();
  for (std::thread& each : threads) each.join();
  return came;
}

TEST_CASE("a task whose worker is busy is run by another that sleeps or is about to") {
  for (const std::size_t thieves : {1U, 3U}) REQUIRE(hand_over(&make, 500, 1, thieves));
}

TEST_CASE("a task that another thread brings is run by a worker that sleeps or is about to") {
  for (const std::size_t thieves : {1U, 3U}) REQUIRE(hand_over(&bring, 500, 1, thieves));
}

TEST_CASE("of a million such tasks none is slept over", "[.][stress]") {
  for (auto* const give : {&make, &bring}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      for (const std::size_t thieves : {1U, 3U}) REQUIRE(hand_over(give, 50'000, seed, thieves));
    }
  }
}

}  // namespace
}  // namespace skein::stealing
