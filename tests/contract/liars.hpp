// Planted liars: schedulers that keep the whole contract but for one clause, which the suite must
// notice. Most are the fiber runtime with one verb replaced; those that complete too often are the
// libuv runtime, since in the callback style one completion too many can be made without undefined
// behaviour.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <map>
#include <set>

#include "runtimes/fiber/scheduler.hpp"
#include "runtimes/libuv/scheduler.hpp"
#include "tests/contract/subject_of.hpp"

namespace skein::contract::liars {

/// The fiber runtime, to be given one wrong verb.
struct base : fiber::scheduler, planted {
  using scheduler = fiber::scheduler;
  using fiber::scheduler::basic_scheduler;
};

using peer = base::connection;

// --- tasks ------------------------------------------------------------------------------------

/// S1: drops one task in a hundred.
struct drops_a_task : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    if (++spawned_ % 100 != 0) base::spawn(std::forward<Work>(work));
  }

 private:
  int spawned_ = 0;
};

/// S1: begins tasks inside spawn.
struct starts_inside_spawn : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    work();
  }
};

/// S1: starts the last spawned first.
struct starts_in_reverse : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    held_.emplace_front(std::forward<Work>(work));
  }
  void run(inbox& door) {
    for (auto& each : held_) base::spawn(std::move(each));
    base::run(door);
  }
  using base::run;

 private:
  std::list<std::function<void()>> held_;
};

/// S2: run(inbox) returns when there are no tasks.
struct leaves_the_inbox : base {
  using base::base;
  void run(inbox&) { base::run(); }
  using base::run;
};

/// S2: run returns too soon: at once.
struct returns_too_soon : base {
  using base::base;
  using base::run;
  void run() {}
};

/// S3: a sleeper does not hear the first two stops.
struct sleeps_through_stop : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) {
    const wake how = base::sleep_until(deadline_ns);
    while (how == wake::cancelled && stops_ < 3) yield();
    return how;
  }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
  void stop() {
    ++stops_;
    base::stop();
  }

 private:
  int stops_ = 0;
};

/// S3: a sleep begun after stop is due at once.
struct forgets_stop : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) {
    return stopped_ ? wake::due : base::sleep_until(deadline_ns);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
  void stop() {
    stopped_ = true;
    base::stop();
  }

 private:
  bool stopped_ = false;
};

/// S4: yield does not yield.
struct does_not_yield : base {
  using base::base;
  void yield() {}
};

/// S5: swallows exceptions.
struct swallows_exceptions : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    base::spawn([work] {
      try {
        auto copy = work;
        copy();
      } catch (...) {
        return;
      }
    });
  }
};

/// S6: says nothing when a task does not fit.
struct hides_the_ceiling : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    try {
      base::spawn(std::forward<Work>(work));
    } catch (const limit_error&) {
      return;
    }
  }
};

// --- time -------------------------------------------------------------------------------------

/// T1: sleeps end a second early.
struct fires_early : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) { return base::sleep_until(deadline_ns - ns_per_s); }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
};

/// T1: takes a deadline in the past for a cancelled sleep.
struct cancels_the_past : base {
  using base::base;
  wake sleep_until(time_ns deadline_ns) {
    return monotonic_clock::now_ns() > deadline_ns ? wake::cancelled
                                                   : base::sleep_until(deadline_ns);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) { return base::sleep_until(on, deadline_ns); }
};

/// T2: swallows a timer's cancel.
struct swallows_a_timers_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(timer&) {}
};

/// T2: calls a cancelled sleep due.
struct calls_cancelled_due : base {
  using base::base;
  using base::sleep_until;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    base::sleep_until(on, deadline_ns);
    return wake::due;
  }
};

/// T2: cancels every sleep on a timer, whichever was meant.
struct cancels_the_neighbours : base {
  using base::base;
  using base::cancel;
  using base::sleep_until;
  void cancel(timer&) {
    for (timer* each : sleeping_) base::cancel(*each);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) {
    sleeping_.insert(&on);
    const wake how = base::sleep_until(on, deadline_ns);
    sleeping_.erase(&on);
    return how;
  }

 private:
  std::set<timer*> sleeping_;
};

/// T2: remembers a cancel of an idle timer and lets it hit the next sleep.
struct remembers_a_cancel : base {
  using base::base;
  using base::cancel;
  using base::sleep_until;
  void cancel(timer& target) {
    if (target.waiter == nullptr) remembered_.insert(&target);
    base::cancel(target);
  }
  wake sleep_until(timer& on, time_ns deadline_ns) {
    if (remembered_.erase(&on) == 0) return base::sleep_until(on, deadline_ns);
    return wake::cancelled;
  }

 private:
  std::set<timer*> remembered_;
};

/// T3: a timer holds its first sleep only; later ones are due at once.
struct wears_timers_out : base {
  using base::base;
  using base::sleep_until;
  wake sleep_until(timer& on, time_ns deadline_ns) {
    if (used_.insert(&on).second) return base::sleep_until(on, deadline_ns);
    return wake::due;
  }

 private:
  std::set<timer*> used_;
};

// --- connections ------------------------------------------------------------------------------

/// C1: loses the last byte of full chunks.
struct loses_a_byte : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.size() > 1 ? chunk.first(chunk.size() - 1) : chunk;
  }
};

/// C1: flips a bit, once in a while.
struct flips_a_bit : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    if (chunk.empty() || ++chunks_ % 16 != 0) return chunk;
    changed_.assign(chunk.begin(), chunk.end());
    changed_.back() ^= std::byte{1};
    return changed_;
  }

 private:
  int chunks_ = 0;
  std::vector<std::byte> changed_;
};

/// C1: takes the last bytes for the end of the stream.
struct loses_the_last_chunk : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.size() < 64 ? bytes() : chunk;
  }
};

/// C1: repeats old bytes where a connection was reset.
struct repeats_bytes_at_a_reset : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    return chunk.empty() && from.error() == ECONNRESET ? bytes(old_) : chunk;
  }

 private:
  std::array<std::byte, 8> old_{};
};

/// C2: hands over the first half and says it was all.
struct writes_half : base {
  using base::base;
  bool write(connection& to, bytes data) { return base::write(to, data.first(data.size() / 2)); }
};

/// C2: never admits a failed write.
struct denies_failed_writes : base {
  using base::base;
  bool write(connection& to, bytes data) {
    base::write(to, data);
    return true;
  }
};

/// C3: own buffers that are not.
struct shares_own_buffers : base {
  explicit shares_own_buffers(const scheduler_options& options) : base(lent(options)) {}

 private:
  static scheduler_options lent(scheduler_options options) {
    options.buffer = buffer_policy::lent;
    return options;
  }
};

/// C4: refuses to write while a read is pending.
struct takes_turns : base {
  using base::base;
  bytes read(connection& from) {
    reading_.insert(&from);
    const bytes chunk = base::read(from);
    reading_.erase(&from);
    return chunk;
  }
  bool write(connection& to, bytes data) {
    return !reading_.contains(&to) && base::write(to, data);
  }

 private:
  std::set<connection*> reading_;
};

/// C5: swallows a connection's cancel.
struct swallows_a_connections_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(connection&) {}
};

/// C5: swallows a listener's cancel.
struct swallows_a_listeners_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(listener&) {}
};

/// C6: a closed connection's end is delivered to whoever has its slot next.
struct delivers_stale_ends : base {
  using base::base;
  void close(connection& closed) {
    stale_.insert(&closed);
    base::close(closed);
  }
  bytes read(connection& from) {
    if (stale_.erase(&from) != 0) return {};
    return base::read(from);
  }

 private:
  std::set<connection*> stale_;
};

/// C7: sets other options than the shared ones.
struct delays_packets : base {
  using base::base;
  connection* accept(listener& from) {
    connection* accepted = base::accept(from);
    const int off = 0;
    if (accepted != nullptr) {
      ::setsockopt(accepted->descriptor, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
    }
    return accepted;
  }
};

// --- waiting ----------------------------------------------------------------------------------

/// W2: no bound on inline completion.
struct never_lets_go : base {
  explicit never_lets_go(const scheduler_options& options) : base(unbounded(options)) {}

 private:
  static scheduler_options unbounded(scheduler_options options) {
    options.inline_budget = 0xffff'ffff;
    return options;
  }
};

/// W3: forgets to close.
struct leaks_connections : base {
  using base::base;
  void close(connection&) {}
};

// --- completions too many: the callback style ---------------------------------------------------

struct callback_base : libuv::scheduler, planted {
  using libuv::scheduler::scheduler;
};

/// S1: starts one task in a hundred twice.
struct repeats_a_task : callback_base {
  using callback_base::callback_base;
  template <auto OnStep, class Session>
  void spawn(Session* session) {
    libuv::scheduler::spawn<OnStep>(session);
    if (++spawned_ % 100 == 0) libuv::scheduler::yield<OnStep>(session);
  }

 private:
  int spawned_ = 0;
};

/// W1: calls every wake-up handler again in the next turn.
struct wakes_twice : callback_base {
  using callback_base::callback_base;
  template <auto OnWake, class Session>
  void sleep_until(timer& on, time_ns deadline_ns, Session* session) {
    // Told of a wake that was none, a session may ask for its next sleep while one is under way.
    if (std::find(asleep.begin(), asleep.end(), &on) != asleep.end()) return;
    asleep.push_back(&on);
    struct repeater {
      wakes_twice& through;
      timer* slept_on;
      Session* session;
      wake how = wake::due;
      void on_wake(wake ended) {
        how = ended;
        std::erase(through.asleep, slept_on);
        through.template yield<&repeater::again>(this);
        (session->*OnWake)(how);
      }
      void again() {
        (session->*OnWake)(how);
        delete this;
      }
    };
    auto* twice = new repeater{*this, &on, session};
    libuv::scheduler::sleep_until<&repeater::on_wake>(on, deadline_ns, twice);
  }

  std::vector<timer*> asleep;
};

/// C8: reports the end of a stream, and again in the next turn.
struct ends_twice : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct repeater {
      libuv::scheduler& through;
      Session* session;
      void on_chunk(bytes chunk) {
        if (chunk.empty()) through.template yield<&repeater::again>(this);
        (session->*OnChunk)(chunk);
      }
      void again() {
        (session->*OnChunk)({});
        delete this;
      }
    };
    auto* twice = new repeater{*this, session};
    libuv::scheduler::receive<&repeater::on_chunk>(from, twice);
  }
};

/// C8: delivers one chunk and falls silent.
struct receives_once : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct once {
      Session* session;
      int chunks = 0;
      void on_chunk(bytes chunk) {
        if (chunks++ == 0 || chunk.empty()) (session->*OnChunk)(chunk);
      }
    };
    kept_.push_back(std::make_shared<once>(once{session}));
    auto* shared = static_cast<once*>(kept_.back().get());
    libuv::scheduler::receive<&once::on_chunk>(from, shared);
  }

 private:
  std::list<std::shared_ptr<void>> kept_;
};

/// C8: delivers a chunk after close.
struct receives_after_close : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct late {
      libuv::scheduler& through;
      Session* session;
      void on_chunk(bytes chunk) {
        through.template yield<&late::once_more>(this);
        (session->*OnChunk)(chunk);
      }
      void once_more() {
        const std::byte unasked{1};
        (session->*OnChunk)({&unasked, 1});
      }
    };
    kept_.push_back(std::make_shared<late>(late{*this, session}));
    auto* shared = static_cast<late*>(kept_.back().get());
    libuv::scheduler::receive<&late::on_chunk>(from, shared);
  }

 private:
  std::list<std::shared_ptr<void>> kept_;
};

}  // namespace skein::contract::liars
