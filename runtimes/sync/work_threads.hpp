// A few threads that do jobs, first come, first served. Leaves out who waits for a job's end: that
// is told through a mailbox (offload.hpp).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "runtimes/fifo.hpp"
#include "runtimes/mailbox.hpp"

namespace skein::sync {

/// Something to be done once. Stays where it is from `add` until its letter is opened, or it was
/// taken back.
struct job : letter {
  void (*work)(void* on) noexcept = nullptr;
  void* on = nullptr;
  enum class stage : std::uint8_t { queued, begun, done } at = stage::queued;  ///< under the lock
};

/// All members are called by one thread, which opens the letters.
class work_threads {
 public:
  /// Threads with all signals blocked, so that those for the process find the others. Throws
  /// std::system_error where there can be no more threads.
  work_threads(std::size_t threads, mailbox& to);
  /// Waits for jobs that have begun. None is queued.
  ~work_threads();
  work_threads(const work_threads&) = delete;
  work_threads& operator=(const work_threads&) = delete;

  void add(job& added);
  /// True where it had not begun, and will not be done. Otherwise waits until it is done and its
  /// letter is posted.
  bool take_back(job& unwanted) noexcept;
  /// The next one that has not begun, taken back; null where there is none.
  job* take_back_any() noexcept;

 private:
  void serve() noexcept;
  void end() noexcept;

  mailbox& to_;
  std::mutex mutex_;
  std::condition_variable changed_;  ///< a job is queued, or all is over
  std::condition_variable done_;
  fifo<letter> queued_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace skein::sync
