// Liars about tasks: S1 to S6.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <unistd.h>
#include <utility>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

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
  void run(inbox& messages) {
    for (auto& each : held_) base::spawn(std::move(each));
    base::run(messages);
  }
  using base::run;

 private:
  std::list<std::function<void()>> held_;
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

/// S2: a scheduler that has run takes no more tasks.
struct runs_once : base {
  using base::base;
  using base::run;
  template <class Work>
  void spawn(Work&& work) {
    if (!ran_) base::spawn(std::forward<Work>(work));
  }
  void run(inbox& messages) {
    base::run(messages);
    ran_ = true;
  }

 private:
  bool ran_ = false;
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

/// S3: reads of the connection accepted last go on behind the first stop.
struct spares_the_newest : base {
  using base::base;
  connection* accept(listener& from) {
    connection* accepted = base::accept(from);
    if (accepted != nullptr) newest_ = accepted;
    return accepted;
  }
  bytes read(connection& from) {
    bytes chunk = base::read(from);
    while (chunk.empty() && &from == newest_ && stops_ == 1) yield();
    return chunk;
  }
  void stop() {
    ++stops_;
    base::stop();
  }

 private:
  connection* newest_ = nullptr;
  int stops_ = 0;
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

/// S1: drops what is spawned behind a stop.
struct drops_tasks_behind_a_stop : base {
  using base::base;
  template <class Work>
  void spawn(Work&& work) {
    if (!stopped_) base::spawn(std::forward<Work>(work));
  }
  void stop() {
    stopped_ = true;
    base::stop();
  }

 private:
  bool stopped_ = false;
};

/// S2: serves the inbox once, however much there is.
struct serves_the_inbox_once : base {
  using base::base;
  using base::run;
  void run(inbox& messages) {
    struct once final : inbox {
      explicit once(inbox& served) : messages(served) {}
      int descriptor() const noexcept override { return messages.descriptor(); }
      void on_readable() noexcept override {
        if (std::exchange(first, false)) return messages.on_readable();
        std::uint64_t eaten = 0;
        [[maybe_unused]] const auto size = ::read(descriptor(), &eaten, sizeof eaten);
      }
      inbox& messages;
      bool first = true;
    } served(messages);
    base::run(served);
  }
};

/// S2: serves the inbox only when there is nothing else to do.
struct serves_the_inbox_last : base {
  using base::base;
  using base::run;
  void run(inbox& messages) {
    base::run();
    base::run(messages);
  }
};

/// S3: does not hear the inbox say stop twice.
struct hears_only_tasks_stop : base {
  using base::base;
  using base::run;
  void run(inbox& messages) {
    struct marked final : inbox {
      marked(inbox& served, bool& mark) : messages(served), serving(mark) {}
      int descriptor() const noexcept override { return messages.descriptor(); }
      void on_readable() noexcept override {
        serving = true;
        messages.on_readable();
        serving = false;
      }
      inbox& messages;
      bool& serving;
    } served(messages, in_inbox_);
    base::run(served);
  }
  void stop() {
    if (!in_inbox_ || ++from_inbox_ > 2) base::stop();
  }

 private:
  bool in_inbox_ = false;
  int from_inbox_ = 0;
};

/// S6: takes one more than the ceiling.
struct takes_one_more : base {
  explicit takes_one_more(const scheduler_options& options) : base(with_one_more(options)) {}

 private:
  static scheduler_options with_one_more(scheduler_options options) {
    ++options.max_tasks;
    return options;
  }
};

}  // namespace skein::contract::liars
