// What the io_uring loop asks of the kernel: one function for each kind of request, which fills a
// submission, and the token that identifies its completions. Leaves out when requests are made
// (uring_loop) and how they reach the kernel (ring).
#pragma once

#include <cstddef>
#include <cstdint>
#include <linux/io_uring.h>
#include <poll.h>
#include <span>
#include <sys/socket.h>

#include "runtimes/loop/buffer_ring.hpp"
#include "runtimes/loop/connection.hpp"

namespace skein::requests {

// --- tokens: kind, generation and slot in the kernel's 64 bits ------------------------------

enum class kind : std::uint8_t { nothing, accept, receive, send, inbox };

inline constexpr unsigned slot_bits = 24;
inline constexpr unsigned generation_bits = 32;
inline constexpr std::uint64_t slot_mask = (std::uint64_t{1} << slot_bits) - 1;

constexpr std::uint64_t token(kind of, std::uint32_t slot, std::uint32_t generation) noexcept {
  return static_cast<std::uint64_t>(of) << (slot_bits + generation_bits) |
         static_cast<std::uint64_t>(generation) << slot_bits | slot;
}
inline std::uint64_t token(kind of, const connection& whose) noexcept {
  return token(of, whose.slot, whose.generation);
}
constexpr kind kind_of(std::uint64_t from) noexcept {
  return static_cast<kind>(from >> (slot_bits + generation_bits));
}
constexpr std::uint32_t slot_of(std::uint64_t from) noexcept {
  return static_cast<std::uint32_t>(from & slot_mask);
}
constexpr std::uint32_t generation_of(std::uint64_t from) noexcept {
  return static_cast<std::uint32_t>(from >> slot_bits);
}

// --- requests, each into a zeroed submission ------------------------------------------------

/// Completes once, when `descriptor` is readable.
inline void poll(io_uring_sqe& asked, int descriptor, std::uint64_t token) noexcept {
  asked.opcode = IORING_OP_POLL_ADD;
  asked.fd = descriptor;
  asked.poll32_events = POLLIN;
  asked.user_data = token;
}

/// Completes for every incoming connection, until cancelled.
inline void accept(io_uring_sqe& asked, int descriptor, std::uint64_t token) noexcept {
  asked.opcode = IORING_OP_ACCEPT;
  asked.fd = descriptor;
  asked.ioprio = IORING_ACCEPT_MULTISHOT;
  asked.accept_flags = SOCK_CLOEXEC;
  asked.user_data = token;
}

/// Completes for every chunk that comes, into buffers of the ring, until cancelled.
inline void receive(io_uring_sqe& asked, const connection& from) noexcept {
  asked.opcode = IORING_OP_RECV;
  asked.fd = from.descriptor;
  asked.ioprio = IORING_RECV_MULTISHOT;
  asked.flags = IOSQE_BUFFER_SELECT;
  asked.buf_group = buffer_ring::group;
  asked.user_data = token(kind::receive, from);
}

/// Sends all of `data`, which must stay unchanged until the completion.
inline void send(io_uring_sqe& asked, const connection& to,
                 std::span<const std::byte> data) noexcept {
  asked.opcode = IORING_OP_SEND;
  asked.fd = to.descriptor;
  asked.addr = reinterpret_cast<std::uint64_t>(data.data());
  asked.len = static_cast<std::uint32_t>(data.size());
  asked.msg_flags = MSG_NOSIGNAL | MSG_WAITALL;  // the kernel goes on until all is sent (5.19)
  asked.user_data = token(kind::send, to);
}

/// Cancels another request. Whether that succeeded shows in the other request's completion.
inline void cancel(io_uring_sqe& asked, std::uint64_t whose) noexcept {
  asked.opcode = IORING_OP_ASYNC_CANCEL;
  asked.fd = -1;
  asked.addr = whose;
  asked.flags = IOSQE_CQE_SKIP_SUCCESS;
  asked.user_data = token(kind::nothing, 0, 0);
}

// --- completions ----------------------------------------------------------------------------

inline bool last_of(const io_uring_cqe& completion) noexcept {
  return (completion.flags & IORING_CQE_F_MORE) == 0;
}
inline bool has_buffer(const io_uring_cqe& completion) noexcept {
  return (completion.flags & IORING_CQE_F_BUFFER) != 0;
}
inline std::uint16_t buffer_of(const io_uring_cqe& completion) noexcept {
  return static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
}

}  // namespace skein::requests
