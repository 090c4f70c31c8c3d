// Acts in the poll style: a request becomes one of the runtime's futures inside the task's own, and
// its output the answer.
#pragma once

#include <optional>
#include <variant>

#include "tests/contract/act.hpp"
#include "tests/contract/any_wait.hpp"
#include "tests/contract/stage.hpp"

namespace skein::contract {

/// A type of its own where the runtime has none.
template <class S>
struct talking_future {
  struct type : pinned {};
};
template <sync_scheduler S>
struct talking_future<S> {
  using type = typename S::template waiting<any_wait<S>>;
};

template <class S>
struct giving_up_future {
  struct type : pinned {};
};
template <read_deadline_scheduler S>
struct giving_up_future<S> {
  using type = typename S::reading_until;
};

template <poll_scheduler S>
struct adapter<S> {
  using part = plain_part<S>;

  static void spawn(S& scheduler, actor& task) {
    scheduler.template spawn<performing>(scheduler, task);
  }
  static void spawn(S& scheduler, actor& task, talk_object& scope)
    requires sync_scheduler<S>
  {
    scheduler.template spawn<performing>(own<typename S::scope>(scope), scheduler, task);
  }

 private:
  class performing : pinned {
   public:
    using output = nothing;

    performing(S& scheduler, actor& task) noexcept : scheduler_(scheduler), task_(task) {}

    polled<nothing> poll(context& with) {
      while (true) {
        if (!begun_) {
          if (!task_.proceed()) return nothing{};
          begin();
          begun_ = true;
        }
        if (!std::visit([&](auto& waits) { return answers(waits, with); }, waits_))
          return not_ready;
        waits_.template emplace<std::monostate>();
        begun_ = false;
      }
    }

   private:
    using yielding = typename S::yielding;
    using sleeping = typename S::sleeping;
    using sleeping_on = typename S::sleeping_on;
    using accepting = typename S::accepting;
    using reading = typename S::reading;
    using reading_until = typename giving_up_future<S>::type;
    using writing = typename S::writing;
    using talking = typename talking_future<S>::type;

    void begin() {
      const auto& asked = task_.asked();
      switch (asked.what) {
        case verb::none:
          return;
        case verb::yield:
          waits_.template emplace<yielding>(scheduler_);
          return;
        case verb::sleep:
          waits_.template emplace<sleeping>(scheduler_, asked.deadline_ns);
          return;
        case verb::sleep_on_timer:
          waits_.template emplace<sleeping_on>(scheduler_, own<S>(*asked.on), asked.deadline_ns);
          return;
        case verb::accept:
          waits_.template emplace<accepting>(scheduler_, own<S>(*asked.from));
          return;
        case verb::read:
          waits_.template emplace<reading>(scheduler_, own<S>(*asked.peer));
          return;
        case verb::read_until:
          if constexpr (read_deadline_scheduler<S>) {
            waits_.template emplace<reading_until>(scheduler_, own<S>(*asked.peer),
                                                   asked.deadline_ns);
          }
          return;
        case verb::write:
          waits_.template emplace<writing>(scheduler_, own<S>(*asked.peer), asked.data);
          return;
        case verb::talk:
          if constexpr (sync_scheduler<S>) {
            waits_.template emplace<talking>(scheduler_, any_wait<S>(scheduler_, asked));
          }
          return;
      }
    }

    bool answers(std::monostate&, context&) noexcept { return true; }
    bool answers(yielding& waits, context& with) { return waits.poll(with).has_value(); }
    template <class Sleep>
    bool answers(Sleep& waits, context& with) {
      const auto how = waits.poll(with);
      if (how) task_.answered().how = *how;
      return how.has_value();
    }
    bool answers(accepting& waits, context& with) {
      const auto peer = waits.poll(with);
      if (peer) task_.answered().accepted = task_.on().template adopted<S>(*peer);
      return peer.has_value();
    }
    bool answers(reading& waits, context& with) {
      const auto chunk = waits.poll(with);
      if (chunk) task_.answered().chunk = *chunk;
      return chunk.has_value();
    }
    bool answers(reading_until& waits, context& with) {
      if constexpr (read_deadline_scheduler<S>) {
        const auto chunk = waits.poll(with);
        if (chunk) task_.answered().in_time = *chunk;
        return chunk.has_value();
      } else {
        return true;
      }
    }
    bool answers(writing& waits, context& with) {
      const auto written = waits.poll(with);
      if (written) task_.answered().written = *written;
      return written.has_value();
    }

    bool answers(talking& waits, context& with) {
      if constexpr (sync_scheduler<S>) {
        const auto how = waits.poll(with);
        if (how) task_.answered().talked = *how;
        return how.has_value();
      } else {
        return true;
      }
    }

    S& scheduler_;
    actor& task_;
    bool begun_ = false;
    std::variant<std::monostate, yielding, sleeping, sleeping_on, accepting, reading, reading_until,
                 writing, talking>
        waits_;
  };
};

}  // namespace skein::contract
