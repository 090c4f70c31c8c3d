// Buffers of equal size that a ring's receives take when bytes arrive, so that a connection that
// waits holds none (provided buffers, Linux 5.19).
//
// A buffer is either with the kernel or out: named by a completion and not given back yet. Leaves
// out who has it. When all are out, a receive ends with ENOBUFS and is begun again.
//
// All buffers are touched at once: their memory is the loop's own, whichever connections it serves
// later.
//
// Single-threaded, like the ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <linux/io_uring.h>
#include <memory>

#include "runtimes/loop/ring.hpp"

namespace skein {

class buffer_ring {
 public:
  static constexpr std::uint16_t none = 0xffff;
  static constexpr std::uint16_t group = 0;

  /// `count` is a power of two, at most 32,768. Throws limit_error, std::system_error. `on` must
  /// outlive it.
  buffer_ring(ring& on, std::uint32_t count, std::size_t buffer_bytes);
  ~buffer_ring();
  buffer_ring(const buffer_ring&) = delete;
  buffer_ring& operator=(const buffer_ring&) = delete;

  std::byte* at(std::uint16_t id) const noexcept { return memory_.get() + id * buffer_bytes_; }

  /// Which buffer `data` points into; none if into no buffer of this ring.
  std::uint16_t holding(const std::byte* data) const noexcept;

  /// A completion has named a buffer, which is now out.
  void took() noexcept { ++out_; }
  /// Gives the buffer back to the kernel, after which its bytes may change.
  void give_back(std::uint16_t id) noexcept;

  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t out() const noexcept { return out_; }

 private:
  void place(std::uint16_t id) noexcept;

  ring& ring_;
  std::uint32_t count_;
  std::size_t buffer_bytes_;
  std::unique_ptr<std::byte[]> memory_;
  io_uring_buf_ring* shared_ = nullptr;  ///< on a page of its own, which the kernel maps as well
  std::size_t shared_bytes_;
  std::uint16_t tail_ = 0;
  std::uint32_t out_ = 0;
};

}  // namespace skein
