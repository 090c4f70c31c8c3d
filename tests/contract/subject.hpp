// What the contract suite examines: a runtime, or a liar, behind one erased interface, so that each
// check is compiled once and not once per runtime. The checks see these types; what is behind them
// is in subject_of.hpp and, per calling style, in adapt_*.hpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "runtimes/clock.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"

namespace skein::contract {

class actor;
class runtime_under_test;

/// A connection of the runtime's. The stage keeps it from accept to its own end.
struct connection {
  void* object;  ///< the runtime's own
  int (*error_of)(const void* object);

  int error() const { return error_of(object); }
};

/// A listener of the runtime's.
struct listener {
  void* object;
};

/// A timer of the runtime's.
struct sleep_timer {
  std::unique_ptr<void, void (*)(void*)> object;
};

/// What the style at hand keeps for one actor.
class actor_part {
 public:
  actor_part() = default;
  actor_part(const actor_part&) = delete;
  actor_part& operator=(const actor_part&) = delete;
  virtual ~actor_part() = default;

  virtual void close(connection& closed) = 0;
};

/// A mutex, semaphore, event, shared event, channel of int, scope or pool of the runtime's.
struct talk_object {
  std::unique_ptr<void, void (*)(void*)> object;
};

/// What its tasks may wait for from each other, with its type forgotten (runtimes/sync). How a task
/// waits is the actors' (act.hpp).
class runtime_that_talks {
 public:
  runtime_that_talks() = default;
  runtime_that_talks(const runtime_that_talks&) = delete;
  runtime_that_talks& operator=(const runtime_that_talks&) = delete;
  virtual ~runtime_that_talks() = default;

  virtual talk_object mutex() = 0;
  virtual talk_object semaphore(std::size_t permits) = 0;
  virtual talk_object event() = 0;
  virtual talk_object shared_event() = 0;
  virtual talk_object channel(std::size_t capacity) = 0;
  virtual talk_object scope() = 0;
  virtual talk_object offload_pool(std::size_t threads) = 0;
  virtual void unlock(talk_object& mutex) = 0;
  virtual void release(talk_object& semaphore) = 0;
  virtual void set(talk_object& event) = 0;
  /// Any thread.
  virtual void set_shared(talk_object& event) = 0;
  virtual void close(talk_object& channel) = 0;
  virtual void spawn(actor& task, talk_object& scope) = 0;
};

/// A scheduler with its type forgotten. The verbs that wait are the actors' (act.hpp).
class runtime_under_test {
 public:
  runtime_under_test() = default;
  runtime_under_test(const runtime_under_test&) = delete;
  runtime_under_test& operator=(const runtime_under_test&) = delete;
  virtual ~runtime_under_test() = default;

  virtual std::unique_ptr<actor_part> part_for(actor& task) = 0;
  virtual void spawn(actor& task) = 0;
  virtual sleep_timer make_timer() = 0;
  virtual listener listen(int descriptor) = 0;
  virtual void cancel(connection& target) = 0;
  virtual void cancel(listener& target) = 0;
  virtual void cancel(sleep_timer& target) = 0;
  virtual void run() = 0;
  virtual void run(inbox& messages) = 0;
  virtual void stop() = 0;
  virtual live_counts live() const = 0;
  /// Null where its tasks cannot wait for each other.
  virtual runtime_that_talks* talks() = 0;
};

/// Who is examined, and what may be expected of it.
struct subject {
  std::unique_ptr<runtime_under_test> (*make)(const scheduler_options& options);
  /// Tasks run on the owner thread, one at a time and in a defined order.
  bool single_threaded;
  /// Tasks have stacks from an arena, so there is a ceiling to run into.
  bool has_ceiling;
  bool callback_style;
  /// It offers runtimes/sync, and of that first_of.
  bool talks;
  bool has_first_of;
  /// It offers reads that give up.
  bool gives_up_reads;
  /// A task may cost a thread: fewer of them.
  std::size_t many_tasks;
  time_ns early_by_at_most_ns;
  /// How long its tasks may take to end before they count as lost.
  time_ns patience_ns;
};

/// The runtime of this name (runtimes/all.hpp). Throws std::out_of_range.
const subject& subject_named(std::string_view runtime);

}  // namespace skein::contract
