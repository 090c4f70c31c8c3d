// How a task of the callback style begins and ends that is an object: a session, which names its
// next step, and deletes itself after the last.
#pragma once

#include <utility>

#include "runtimes/scheduler.hpp"

namespace skein::workloads {

/// Spawns a Session, made of the scheduler and the parts. Its first step is start().
template <class Session, callback_scheduler S, class... Parts>
void spawn_session(S& scheduler, Parts&&... parts) {
  scheduler.template spawn<&Session::start>(new Session(scheduler, std::forward<Parts>(parts)...));
}

/// The last thing a session does: it is already deleted when the scheduler learns that it is over.
template <callback_scheduler S, class Session>
void end_session(S& scheduler, Session* over) {
  delete over;
  scheduler.task_done();
}

}  // namespace skein::workloads
