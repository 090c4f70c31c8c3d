// How the outside reaches a running scheduler: a descriptor that the scheduler watches beside its
// own work. The worker's control channel comes in through here, on the scheduler's own loop, so
// that measuring costs no extra thread and no wake-ups of its own.
#pragma once

namespace skein {

class inbox {
 public:
  inbox() = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;
  virtual ~inbox() = default;

  /// A pollable descriptor, fixed for the life of the inbox and owned by it.
  virtual int descriptor() const noexcept = 0;

  /// Called by the thread that called run() whenever the descriptor is readable (level-triggered:
  /// again until drained). May spawn and may call stop(). Must not throw.
  virtual void on_readable() noexcept = 0;
};

}  // namespace skein
