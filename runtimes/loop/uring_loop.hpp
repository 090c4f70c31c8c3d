// The event loop on io_uring, which reports completions instead of readiness. Operations (op.hpp),
// turn and timers (loop_base.hpp) are those of epoll_loop; only how the kernel is asked differs.
//
// Techniques:
//  - One receive per connection for its whole life (multishot, Linux 6.0), into buffers that the
//    kernel takes from a ring when bytes arrive; one accept per listener likewise (5.19).
//  - A send is a submission. Everything submitted in a turn is handed over in the one call that
//    also waits for completions and collects them (ring.hpp).
//  - The wait ends with the timers' next event, so there is no timer descriptor.
//
// Who owns which bytes, and how long:
//  - Received bytes are in a buffer of the ring. With policy `lent` the reader sees them there. The
//    buffer goes back when the loop has control again or, if the reader is sending it, when that
//    send completes. Policy `own` copies the bytes into the connection's buffer.
//  - Bytes that come while nobody reads (the task writes or sleeps) are copied into memory of the
//    loop (`unread_`), so that no connection withholds a buffer from the others. Where they grow
//    past a bound the receive is cancelled, and begun again when they have been read.
//  - Bytes to be sent remain the caller's until the send completes (the write is pending that
//    long). They are copied first if they lie in the loop's own memory, or if the ring runs low
//    because slow peers hold its buffers.
//
// Completions carry kind, slot and generation. A slot is reused only when the kernel has nothing
// more to report for it. Hence close takes two steps: the connection ends at once, and its slot
// becomes free when its last completion has come.
//
// Cancelling (O3) marks the connection and asks the kernel to cancel its requests. A pending read
// ends through the run queue, as in epoll_loop. A pending write ends with the completion of its
// send, because the kernel reads the caller's bytes until then.
//
// A reset can go unreported: if it arrives before the bytes in front of it are received, the
// receive returns to waiting for a wake-up that was already spent. (An end of stream is reported,
// because the kernel then marks the socket as not empty.) A send would find the reset, so a send
// that succeeds proves the connection. A task that reads again without having sent anything costs
// one look (recv, MSG_PEEK).
//
// A receive can lose its multishot (MORE is missing, because the completion queue was full or all
// buffers were out). It is begun again if somebody reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "runtimes/clock.hpp"
#include "runtimes/loop/buffer_ring.hpp"
#include "runtimes/loop/event_loop.hpp"
#include "runtimes/loop/loop_base.hpp"
#include "runtimes/loop/ring.hpp"
#include "runtimes/loop/unread_bytes.hpp"

namespace skein {

/// A listening socket of a uring_loop.
struct uring_listener {
  int descriptor = -1;
  int error_number = 0;
  std::uint32_t index = 0;    ///< in the loop's list: what completions name it by
  bool accepting = false;     ///< an accept is with the kernel and has not had its last completion
  op* waiter = nullptr;       ///< the pending accept, if any
  std::deque<int> arrived{};  ///< accepted by the kernel and not yet taken by a task

  /// 0, ECANCELED after cancel, else the errno that accept failed with.
  int error() const noexcept { return error_number; }
};

class uring_loop : public loop_base<uring_loop, uring_listener> {
 public:
  static constexpr loop_facts facts() noexcept {
    return {.suffix = "_uring",
            .loop = "io_uring, multishot, provided buffers, one call per batch",
            .timer_source = "hierarchical wheel, the wait's timeout",
            .receives_into_ring = true,
            .orders_woken = false};
  }

  /// How many receive buffers there are: one for each completion taken at once, within the ring's
  /// bounds.
  static std::uint32_t buffers_for(const scheduler_options& options) noexcept;

  /// Throws limit_error where the kernel lacks or refuses io_uring or a part of it (6.1 has all of
  /// it) or a limit is too low; std::system_error for everything else.
  explicit uring_loop(const scheduler_options& options)
      : uring_loop(options, buffers_for(options)) {}
  /// For tests: few buffers, or a kernel that refuses.
  uring_loop(const scheduler_options& options, std::uint32_t buffers,
             ring_setup setup = &kernel_ring_setup);
  ~uring_loop();

  // The verbs, as event_loop says.
  listener& listen(int descriptor);
  submitted submit_accept(listener& from, op& waiter);
  submitted submit_read(connection& from, op& waiter);
  /// The bytes must stay until the op is completed.
  submitted submit_write(connection& to, std::span<const std::byte> data, op& waiter);
  void cancel(connection& target) noexcept;
  void cancel(listener& target) noexcept;
  void close(connection& closed) noexcept;

  /// The bytes of the last read to have completed.
  const std::byte* data(const connection&) const noexcept { return data_; }
  /// Then its completion is on its way, if it has not come, too.
  bool has_come(const connection& of) const noexcept;

  /// How often a receive was begun: once per connection, unless it lost its multishot.
  std::uint64_t receives_begun() const noexcept { return receives_begun_; }
  const buffer_ring& buffers() const noexcept { return buffers_; }

 private:
  friend class loop_base<uring_loop, uring_listener>;

  void watch(inbox* messages);
  void unwatch(inbox* messages);
  void poll_inbox();
  void on_inbox(std::int32_t result);
  void wait_and_dispatch();
  void dispatch(const io_uring_cqe& completion);

  void begin_accept(listener& from);
  void on_accepted(listener& from, const io_uring_cqe& completion);
  bool try_accept(listener& from, op& waiter);
  void continue_accept(listener& from);

  void begin_receive(connection& from);
  void cancel_receive(connection& from);
  bool found_reset(connection& from) noexcept;
  void on_received(connection& from, const io_uring_cqe& completion);
  void give_back_buffer(const io_uring_cqe& completion) noexcept;
  void take_chunk(connection& from, std::uint16_t buffer, std::size_t size_bytes);
  void hand_over_chunk(connection& from, op& waiter, std::uint16_t buffer, std::size_t size_bytes);
  void keep_unread(connection& from, std::span<const std::byte> chunk);
  std::int32_t take_unread(connection& from);
  void drop_unread(connection& from) noexcept;
  bool try_read(connection& from, op& waiter);
  void continue_read(connection& from);
  void finish_read(connection& from, op& waiter);

  std::span<const std::byte> stable(connection& to, std::span<const std::byte> data, op& waiter);
  void on_sent(connection& to, const io_uring_cqe& completion);

  void cancel_in_kernel(std::uint64_t token);
  void leave_slot(connection& closed) noexcept;

  ring ring_;
  buffer_ring buffers_;
  const std::byte* data_ = nullptr;
  std::uint16_t lent_ = buffer_ring::none;  ///< the buffer that the running task reads from
  std::uint32_t inboxes_ = 0;               ///< counts inboxes, to tell their polls apart
  bool inbox_polled_ = false;
  std::size_t leaving_ = 0;  ///< closed connections whose last completion has not come yet
  std::uint64_t receives_begun_ = 0;
  unread_bytes unread_;
};

static_assert(event_loop<uring_loop>);

extern template class loop_base<uring_loop, uring_listener>;

}  // namespace skein
