// Tasks that wait for each other on two threads.
//
// Measures:
//  - event_same_core, event_other_core: a task of one scheduler and one of another take turns. Each
//    sets an event that the other's task waits for, and waits for its own. Each scheduler is on a
//    thread of its own and has nothing else to do, so it sleeps in the kernel in between. Items are
//    round trips: two waits that another thread ended.
//  - mutex_other_core: two tasks that are threads, on two CPUs, want one lock, again and again.
//    Items are a lock and its unlock. Not each is a hand-over: who unlocks may be back before the
//    other has asked again. (On one CPU the first would have had all its turns before the other
//    begins.)
//  - channel_other_core/K: as channel/K, of two tasks that are threads, on two CPUs.
// What both threads are on: one CPU, or the two lowest that this process may use.
// Does not measure: a channel or a mutex between schedulers, which there is none of; setting an
// event whose scheduler is awake.
// How it may be unfair: an event is set once, so each round has its own, made before. A loop's is a
// letter and an eventfd, a thread's a futex. On another core most of the time is the interrupt that
// wakes an idle CPU, as in wake.cpp.
#include <array>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <future>
#include <latch>
#include <string>
#include <thread>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/cpus.hpp"
#include "harness/micro/repeated_waits.hpp"
#include "harness/micro/subjects.hpp"

namespace skein::micro {

namespace {

constexpr auto nothing_more = [] {};

// --- two schedulers -----------------------------------------------------------------------------

/// A scheduler, and the events that its task waits for in turn.
template <class S>
struct side {
  explicit side(std::size_t rounds) : on(conditions(16)) {
    for (std::size_t i = 0; i < rounds; ++i) events.emplace_back(on);
  }
  S on;
  std::deque<typename S::shared_event> events;
};

struct untimed {
  static void begin_one() noexcept {}
  static void end_one() noexcept {}
};

/// The other side, on a thread of its own: in each round it waits, and answers by an event of
/// `asking`. It is there until `end`, as its scheduler must outlive each set().
template <class S>
class answering {
 public:
  answering(side<S>& asking, std::size_t rounds, std::size_t cpu)
      : asking_(asking), rounds_(rounds), thread_([this, cpu] { run(cpu); }) {
    try {
      there_ = found_.get_future().get();
    } catch (...) {
      thread_.join();
      throw;
    }
    waits_.wait();
  }
  answering(const answering&) = delete;
  answering& operator=(const answering&) = delete;
  /// Where the asking side failed, its task waits for rounds that nobody asks: it is let go on.
  ~answering() {
    if (!thread_.joinable()) return;
    for (auto& each : there_->events) each.set();
    end();
  }

  void ask(std::size_t round) noexcept { there_->events[round].set(); }
  /// Once all rounds are done. Returns how many it answered.
  std::size_t end() {
    if (thread_.joinable()) {
      may_end_.count_down();
      thread_.join();
    }
    return answered_;
  }

 private:
  void run(std::size_t cpu) noexcept {
    try {
      pin_thread_to(cpu);
      side<S> here(rounds_);
      untimed all;
      repeated answers{all, rounds_,
                       [&](std::size_t round) {
                         if (round == 0) waits_.count_down();
                         return here.events[round].wait();
                       },
                       [&] { asking_.events[answered_++].set(); }};
      spawn_repeating(here.on, answers);
      found_.set_value(&here);
      here.on.run();
      may_end_.wait();
    } catch (...) {  // a second one ends the process
      found_.set_exception(std::current_exception());
    }
  }

  side<S>& asking_;
  const std::size_t rounds_;
  std::size_t answered_ = 0;
  side<S>* there_ = nullptr;
  std::promise<side<S>*> found_;
  std::latch waits_{1};    ///< its task begins its first wait
  std::latch may_end_{1};  ///< nothing of it is used any more
  std::thread thread_;     ///< last: it uses the others
};

template <class S>
void take_turns(stopwatch& watch, std::size_t place) {
  constexpr std::size_t rounds = 500;
  const std::size_t cpu = cpu_at(place);
  while (watch.next_batch(rounds)) {
    side<S> here(rounds);
    answering<S> there(here, rounds, cpu);
    timed_tasks all(watch, 1);
    repeated asks{all, rounds,
                  [&](std::size_t round) {
                    there.ask(round);
                    return here.events[round].wait();
                  },
                  nothing_more};
    spawn_repeating(here.on, asks);
    here.on.run();
    expect_count("tasks ended", all.ended(), 1);
    expect_count("answers", there.end(), rounds);
  }
}

// --- two tasks that are threads -----------------------------------------------------------------

constexpr std::size_t items = 2'000;

/// Two tasks that each go to a CPU of their own, and begin once both are there.
class timed_pair {
 public:
  timed_pair(stopwatch& watch, std::array<std::size_t, 2> cpus) noexcept
      : timed_(watch, cpus.size()), cpus_(cpus), both_(2, starting{&timed_}) {}

  void begin_one() {
    pin_thread_to(cpus_[arrived_.fetch_add(1)]);
    both_.arrive_and_wait();
  }
  void end_one() noexcept { timed_.end_one(); }
  std::size_t ended() const noexcept { return timed_.ended(); }

 private:
  /// Before either of them goes on.
  struct starting {
    timed_tasks* timed;
    void operator()() const noexcept { timed->begin_one(); }
  };

  timed_tasks timed_;
  std::array<std::size_t, 2> cpus_;
  std::atomic<std::size_t> arrived_{0};
  std::barrier<starting> both_;
};

template <class S>
void contend(stopwatch& watch) {
  const std::array cpus{cpu_at(0), cpu_at(1)};
  S on(conditions(16));
  while (watch.next_batch(static_cast<std::int64_t>(2 * items))) {
    typename S::mutex mutex(on);
    timed_pair all(watch, cpus);
    repeated takes_turns{all, items, [&](std::size_t) { return mutex.lock(); },
                         [&] { mutex.unlock(); }};
    for (std::size_t i = 0; i < cpus.size(); ++i) spawn_repeating(on, takes_turns);
    on.run();
    expect_count("tasks ended", all.ended(), cpus.size());
  }
}

template <class S>
void hand_over(stopwatch& watch, std::size_t room) {
  const std::array cpus{cpu_at(0), cpu_at(1)};
  S on(conditions(16));
  while (watch.next_batch(static_cast<std::int64_t>(items))) {
    typename S::template channel<std::size_t> channel(on, room);
    timed_pair all(watch, cpus);
    repeated sends{all, items, [&](std::size_t i) { return channel.send(i); }, nothing_more};
    repeated receives{all, items, [&](std::size_t) { return channel.receive(); }, nothing_more};
    spawn_repeating(on, sends);
    spawn_repeating(on, receives);
    on.run();
    expect_count("tasks ended", all.ended(), 2);
  }
}

template <class S>
void add_threads(const std::string& id) {
  add("mutex_other_core/" + id, &contend<S>);
  for (const std::size_t room : {0U, 1U, 64U}) {
    add("channel_other_core/" + id + "/" + std::to_string(room),
        [room](stopwatch& watch) { hand_over<S>(watch, room); });
  }
}

}  // namespace

void add_talk_across() {
  interface_runtimes::for_each([]<class S>() {
    if constexpr (sync_scheduler<S>) {
      const std::string id(S::info().id);
      add("event_same_core/" + id, [](stopwatch& watch) { take_turns<S>(watch, 0); });
      add("event_other_core/" + id, [](stopwatch& watch) { take_turns<S>(watch, 1); });
      if constexpr (requires { requires S::tasks_run_in_parallel; }) add_threads<S>(id);
    }
  });
}

}  // namespace skein::micro
