// The workers of one scheduler, as far as their ready tasks are concerned: each has a queue and an
// alarm; together they have the shared queue and know who is idle. How a worker runs tasks, and
// what it blocks in, is its scheduler's. A worker's round is
//
//     1. next() gives tasks, until there are none.
//     2. search() looks whether another worker has some.
//     3. begin_sleep(): if it says so the worker blocks until its alarm sounds, or an event of its
//        own comes. Otherwise there is something to search for again.
//     4. awake(), and from the beginning.
//     5. leave(), once the run is over or the worker can go on no longer.
//
// A crew of one has no thieves and no sleepers: nothing of it costs a locked instruction.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "runtimes/fifo.hpp"
#include "runtimes/stealing/alarm.hpp"
#include "runtimes/stealing/idle_set.hpp"
#include "runtimes/stealing/work_queue.hpp"

namespace skein::stealing {

template <class Node, class Between = nothing_between>
class crew {
 public:
  class worker;

  /// Throws std::system_error where no eventfds can be had for them.
  explicit crew(std::size_t workers) {
    assert(workers >= 1 && workers <= idle_set::most_workers);
    for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back(*this, i, workers);
  }
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  std::size_t size() const noexcept { return workers_.size(); }
  worker& at(std::size_t index) noexcept { return workers_[index]; }
  const worker& at(std::size_t index) const noexcept { return workers_[index]; }

  /// Any thread: wakes all workers, or those that are about to sleep.
  void wake_all() noexcept {
    for (worker& each : workers_) each.alarm_.sound();
  }

  /// Any thread, also one of no worker: a task that any of several workers may run. (A worker that
  /// is alone does not look there.)
  void push_shared(Node& ready) noexcept {
    assert(size() > 1);
    fifo<Node> one;
    one.push(ready);
    shared_.push(one, 1);
    call_searcher();
  }

  /// Whether a worker sleeps or searches. Between runs none does.
  bool anyone_idle() const noexcept { return idle_.anyone(); }

 private:
  bool has_work() const noexcept {
    if (!shared_.empty()) return true;
    for (const worker& each : workers_) {
      if (each.queue_.stealable()) return true;
    }
    return false;
  }

  void call_searcher() noexcept {
    if (const auto called = idle_.call_searcher()) workers_[*called].alarm_.sound();
  }

  shared_queue<Node> shared_;
  idle_set idle_;
  std::deque<worker> workers_;
};

/// All is for the worker's own thread, but what says otherwise.
template <class Node, class Between>
class crew<Node, Between>::worker {
 public:
  worker(crew& of, std::size_t index, std::size_t workers)
      : crew_(of),
        index_(index),
        is_alone_(workers == 1),
        random_(static_cast<std::uint32_t>(index) + 1),
        queue_(of.shared_, workers) {}

  std::size_t index() const noexcept { return index_; }
  bool has_tasks() const noexcept { return !queue_.empty(); }

  /// Puts a task behind all that are here.
  void push(Node& ready) noexcept {
    queue_.push(ready);
    if (!is_alone_) crew_.call_searcher();
  }
  /// Puts one whose wait has ended before them.
  void push_woken(Node& ready) noexcept {
    if (queue_.push_woken(ready) && !is_alone_) crew_.call_searcher();
  }

  /// Null where neither this worker nor all of them have one.
  Node* next() noexcept {
    Node* const ready = queue_.next();
    if (searches_ && ready != nullptr) [[unlikely]]
      end_search();
    return ready;
  }

  /// Null where nobody has one, or another worker searches.
  Node* search() noexcept {
    if (is_alone_) return nullptr;
    if (!searches_ && !crew_.idle_.begin_search()) return nullptr;
    searches_ = true;
    const std::size_t others = crew_.size() - 1;
    const std::size_t first = random() % others;
    for (std::size_t i = 0; i < others; ++i) {
      worker& victim = crew_.at((index_ + 1 + (first + i) % others) % crew_.size());
      Node* const stolen = queue_.steal_from(victim.queue_);
      if (stolen == nullptr) continue;
      end_search();
      return stolen;
    }
    return next();
  }

  /// True where the worker may block.
  bool begin_sleep() noexcept {
    if (is_alone_) return true;
    const bool looks = crew_.idle_.begin_sleep(index_, std::exchange(searches_, false));
    sleeps_ = true;
    Between::step();
    if (!looks || !crew_.has_work()) return true;
    awake();
    return false;
  }
  /// To be called before it runs or queues anything. Who is awake may call it too.
  void awake() noexcept {
    if (!std::exchange(sleeps_, false)) return;
    searches_ = crew_.idle_.end_sleep(index_);
  }

  /// It neither sleeps nor searches from now on: nobody who makes work counts on it, and a search
  /// that it was appointed to is another one's.
  void leave() noexcept {
    awake();
    if (searches_) end_search();
  }

  /// Any thread.
  void sound_alarm() noexcept { alarm_.sound(); }
  int alarm_descriptor() const noexcept { return alarm_.descriptor(); }
  void silence_alarm() noexcept { alarm_.silence(); }

 private:
  friend crew;

  /// The next one searches, if there is more (idle_set.hpp, case 2).
  void end_search() noexcept {
    searches_ = false;
    crew_.idle_.end_search();
    if (crew_.has_work()) crew_.call_searcher();
  }

  /// xorshift32 (Marsaglia, 2003): where the search begins.
  std::uint32_t random() noexcept {
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 17U;
    random_ ^= random_ << 5U;
    return random_;
  }

  crew& crew_;
  const std::size_t index_;
  const bool is_alone_;
  bool sleeps_ = false;    ///< its bit was written, and not yet taken out by itself
  bool searches_ = false;  ///< it is the searcher
  std::uint32_t random_;
  alarm alarm_;
  work_queue<Node, Between> queue_;
};

}  // namespace skein::stealing
