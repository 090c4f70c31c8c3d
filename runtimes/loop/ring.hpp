// One io_uring: its two queues, and the one system call that hands work over and waits.
//
// It uses no library: the kernel's interface is three system calls and two arrays, and the part
// used here fits two short files, so no machine can lack it at build time. Leaves out what the
// operations mean (uring_loop).
//
// What is used of the kernel, and the version that introduced it:
//  - IORING_SETUP_SINGLE_ISSUER (6.0) and DEFER_TASKRUN (6.1): completions are processed in one go,
//    when this thread asks for them, and do not interrupt it.
//  - IORING_SETUP_TASKRUN_FLAG (5.19): shared memory says when there is something to ask for, so a
//    busy loop looks without a system call.
//  - IORING_SETUP_R_DISABLED (5.10): the thread that first enters is the issuer, whichever thread
//    made the ring.
//  - IORING_ENTER_EXT_ARG (5.11): waiting with a timeout costs no operation.
//  - IORING_REGISTER_RING_FDS (5.18): the descriptor is not looked up in each call.
//
// Memory order. The kernel is the other side of both queues.
//  - Submissions: entries are written, then the sq tail is stored with release. The kernel's head
//    is loaded with acquire, so that an entry is not overwritten while the kernel still reads it.
//  - Completions: the cq tail is loaded with acquire before the entries are read; the cq head is
//    stored with release after.
//
// Single-threaded: every member but the constructor is called by the thread that first entered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <linux/io_uring.h>
#include <optional>

#include "runtimes/clock.hpp"
#include "runtimes/errors.hpp"

namespace skein {

/// io_uring_setup(2): a descriptor, or -1 and errno. Tests plant kernels that refuse.
using ring_setup = int (*)(unsigned entries, io_uring_params* asked);
int kernel_ring_setup(unsigned entries, io_uring_params* asked);

class ring {
 public:
  /// Throws as throw_ring_refused does where the kernel makes no ring.
  ring(unsigned submissions, unsigned completions, ring_setup setup = &kernel_ring_setup);
  ~ring();
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  /// The next submission, zeroed. The next enter hands it over; where the queue is full, this call
  /// first hands over what is in it. Throws std::system_error.
  io_uring_sqe& next();

  /// True if enter would have something to do: submissions to hand over or completions to process.
  bool wants_kernel() const noexcept;
  bool has_completions() const noexcept;

  /// Hands over what is submitted and processes what has completed. With `wait` it waits for a
  /// completion, until `deadline_ns` (absolute, CLOCK_MONOTONIC) if there is one; it may return
  /// earlier. Throws std::system_error.
  void enter(bool wait, std::optional<time_ns> deadline_ns = std::nullopt);

  /// The next completion, if there is one.
  bool take(io_uring_cqe& taken) noexcept;
  /// How many can be taken, and the one that comes after so many others.
  std::uint32_t completions() const noexcept;
  const io_uring_cqe& completion(std::uint32_t after) const noexcept;

  /// io_uring_register(2). The result, or a negated errno.
  int register_with(unsigned operation, void* argument, unsigned count) noexcept;

  /// Cancels everything in flight and waits until that is done. Without it the kernel would cancel
  /// what a destroyed ring leaves behind at some later time, and the sockets would stay open until
  /// then.
  void cancel_all() noexcept;

  /// Between these two calls the calling thread uses the ring by a registered index.
  void register_descriptor() noexcept;
  void unregister_descriptor() noexcept;

 private:
  void map(const io_uring_params& given);
  void unmap() noexcept;
  void enable();
  unsigned unsubmitted() const noexcept;
  void hand_over(unsigned flags, unsigned min_complete, void* argument, std::size_t argument_bytes);

  int descriptor_ = -1;
  int registered_ = -1;  ///< index of the registered descriptor
  bool enabled_ = false;
  void* rings_ = nullptr;
  std::size_t rings_bytes_ = 0;
  io_uring_sqe* submissions_ = nullptr;
  std::size_t submissions_bytes_ = 0;

  std::uint32_t* sq_head_ = nullptr;
  std::uint32_t* sq_tail_ = nullptr;
  std::uint32_t* sq_flags_ = nullptr;
  std::uint32_t sq_mask_ = 0;
  std::uint32_t tail_ = 0;  ///< of the submissions; *sq_tail_ follows it
  std::uint32_t* cq_head_ = nullptr;
  std::uint32_t* cq_tail_ = nullptr;
  std::uint32_t cq_mask_ = 0;
  io_uring_cqe* completions_ = nullptr;
};

/// Throws the reason why io_uring_setup failed with `error_number`. limit_error: a sysctl, a filter
/// or a kernel that is too old; RLIMIT_NOFILE, fs.file-max or memory. std::system_error: everything
/// else, which is no limit with a name. `needed_bytes` is the least memory that a ring takes.
[[noreturn]] void throw_ring_refused(int error_number, std::size_t needed_bytes);

/// The same for one feature of it: which, and the first kernel that had it.
[[noreturn]] void throw_part_refused(const char* feature, const char* since, int error_number,
                                     std::size_t needed_bytes);

}  // namespace skein
