// A signal that a handler takes: what it interrupts returns EINTR, and nothing else happens.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <pthread.h>
#include <signal.h>
#include <thread>

namespace skein::test {

/// Lock-free, so that a handler may count on any thread.
inline std::atomic<int> signals_taken{0};
static_assert(std::atomic<int>::is_always_lock_free);

/// Takes SIGUSR1, without SA_RESTART, for good: one that was sent may still be on its way when its
/// sender is over.
inline void take_signals() {
  struct sigaction taken{};
  taken.sa_handler = [](int) { ++signals_taken; };
  ::sigaction(SIGUSR1, &taken, nullptr);
}

/// Interrupts a thread every millisecond for as long as it lives.
class interruptions {
 public:
  explicit interruptions(pthread_t whom) {
    take_signals();
    sending_ = std::thread([this, whom] {
      while (!over_) {
        ::pthread_kill(whom, SIGUSR1);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  ~interruptions() {
    over_ = true;
    sending_.join();
  }
  interruptions(const interruptions&) = delete;
  interruptions& operator=(const interruptions&) = delete;

 private:
  std::atomic<bool> over_{false};
  std::thread sending_;
};

}  // namespace skein::test
