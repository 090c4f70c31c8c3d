// Acts in the direct style: a request is a blocking call.
#pragma once

#include "tests/contract/act.hpp"

namespace skein::contract {

template <direct_scheduler S>
struct adapter<S> {
  struct part {
    actor<S>& self;
    void close(typename S::connection& closed) { self.scheduler().close(closed); }
  };

  static void spawn(S& scheduler, actor<S>& task) {
    scheduler.spawn([&scheduler, &task] {
      while (task.proceed()) serve(scheduler, task.asked(), task.answered());
    });
  }

 private:
  static void serve(S& scheduler, const typename actor<S>::request& asked,
                    typename actor<S>::answer& answered) {
    switch (asked.what) {
      case verb::none:
        return;
      case verb::yield:
        scheduler.yield();
        return;
      case verb::sleep:
        answered.how = scheduler.sleep_until(asked.deadline_ns);
        return;
      case verb::sleep_on_timer:
        answered.how = scheduler.sleep_until(*asked.on, asked.deadline_ns);
        return;
      case verb::accept:
        answered.accepted = scheduler.accept(*asked.door);
        return;
      case verb::read:
        answered.chunk = scheduler.read(*asked.peer);
        return;
      case verb::write:
        answered.written = scheduler.write(*asked.peer, asked.data);
        return;
    }
  }
};

}  // namespace skein::contract
