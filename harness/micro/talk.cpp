// Tasks that wait for each other: a lock, a message, a join.
//
// Measures:
//  - mutex/1: a task locks and unlocks, and nobody else wants to; items are pairs.
//  - mutex/2: two tasks do. Whoever unlocks hands the lock to the other, and waits for it again:
//    every lock is a hand-over, and items are hand-overs. Not of threads, of which one would end
//    before the other begins.
//  - channel/K: one task sends and one receives, with room for K values; items are messages. The
//    less room, the more often the two take turns: with 64 at every 64th value.
//  - join_finished: a join of a scope whose task has ended, again and again; items are joins.
// Does not measure: tasks of two schedulers, or on two CPUs (talk_across.cpp), and what waits for a
// lock cost the others in lateness.
// How it may be unfair: a callback session has its place to wait made anew for each wait, as the
// next may be another; the others have theirs in the frame, on the stack or in the future. A thread
// is woken by the kernel where the others are put into a queue: that is the model.
#include <cstddef>
#include <string>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/repeated_waits.hpp"
#include "harness/micro/subjects.hpp"

namespace skein::micro {

namespace {

template <class S>
std::size_t items_of() {
  return S::info().thread_per_task ? 2'000 : 20'000;
}

constexpr auto nothing_more = [] {};

template <class S>
void add_mutex(const std::string& runtime, std::size_t tasks) {
  add("mutex/" + runtime + "/" + std::to_string(tasks), [tasks](stopwatch& watch) {
    const std::size_t each = items_of<S>();
    S on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(tasks * each))) {
      typename S::mutex mutex(on);
      timed_tasks all(watch, tasks);
      repeated takes_turns{all, each, [&](std::size_t) { return mutex.lock(); },
                           [&] { mutex.unlock(); }};
      for (std::size_t i = 0; i < tasks; ++i) spawn_repeating(on, takes_turns);
      on.run();
      expect_count("tasks ended", all.ended(), tasks);
    }
  });
}

template <class S>
void add_channel(const std::string& runtime, std::size_t capacity) {
  add("channel/" + runtime + "/" + std::to_string(capacity), [capacity](stopwatch& watch) {
    const std::size_t messages = items_of<S>();
    S on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(messages))) {
      typename S::template channel<std::size_t> channel(on, capacity);
      timed_tasks all(watch, 2);
      repeated sends{all, messages, [&](std::size_t i) { return channel.send(i); }, nothing_more};
      repeated receives{all, messages, [&](std::size_t) { return channel.receive(); },
                        nothing_more};
      spawn_repeating(on, sends);
      spawn_repeating(on, receives);
      on.run();
      expect_count("tasks ended", all.ended(), 2);
    }
  });
}

/// Ends at once.
template <coroutine_scheduler S>
typename S::task end_at_once(S&) {
  co_return;
}
struct ended_future : pinned {
  using output = nothing;
  polled<nothing> poll(context&) noexcept { return nothing{}; }
};
template <class S>
struct ending_session {
  S& on;
  typename S::scope& within;
  void on_start() {
    on.task_done(within);
    delete this;
  }
};

template <class S>
void spawn_child(S& on, typename S::scope& within) {
  if constexpr (coroutine_scheduler<S>) {
    on.spawn(within, end_at_once(on));
  } else if constexpr (poll_scheduler<S>) {
    on.template spawn<ended_future>(within);
  } else {
    on.spawn(within, [] {});
  }
}
template <callback_scheduler S>
void spawn_child(S& on, typename S::scope& within) {
  using session = ending_session<S>;
  on.template spawn<&session::on_start>(within, new session{on, within});
}

template <class S>
void add_join_finished(const std::string& runtime) {
  add("join_finished/" + runtime, [](stopwatch& watch) {
    const std::size_t joins = items_of<S>();
    S on(conditions(16));
    while (watch.next_batch(static_cast<std::int64_t>(joins))) {
      typename S::scope scope(on);
      spawn_child(on, scope);
      on.run();
      timed_tasks all(watch, 1);
      repeated joins_again{all, joins, [&](std::size_t) { return scope.join(); }, nothing_more};
      spawn_repeating(on, joins_again);
      on.run();
      expect_count("tasks ended", all.ended(), 1);
    }
  });
}

}  // namespace

void add_talk() {
  interface_runtimes::for_each([]<class S>() {
    if constexpr (sync_scheduler<S>) {
      const std::string id(S::info().id);
      add_mutex<S>(id, 1);
      if (!S::info().thread_per_task) add_mutex<S>(id, 2);
      for (const std::size_t capacity : {0U, 1U, 64U}) add_channel<S>(id, capacity);
      add_join_finished<S>(id);
    }
  });
}

}  // namespace skein::micro
