#include "runtimes/loop/buffer_ring.hpp"

#include <atomic>
#include <cassert>
#include <functional>
#include <sys/mman.h>

namespace skein {

buffer_ring::buffer_ring(ring& on, std::uint32_t count, std::size_t buffer_bytes)
    : ring_(on),
      count_(count),
      buffer_bytes_(buffer_bytes),
      memory_(std::make_unique<std::byte[]>(count * buffer_bytes)),
      shared_bytes_(count * sizeof(io_uring_buf)) {
  void* const pages =
      ::mmap(nullptr, shared_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw_errno("mmap of a buffer ring");
  shared_ = static_cast<io_uring_buf_ring*>(pages);
  io_uring_buf_reg asked{};
  asked.ring_addr = reinterpret_cast<std::uint64_t>(pages);
  asked.ring_entries = count;
  asked.bgid = group;
  if (const int result = on.register_with(IORING_REGISTER_PBUF_RING, &asked, 1); result < 0) {
    ::munmap(pages, shared_bytes_);
    throw_part_refused("IORING_REGISTER_PBUF_RING", "5.19", -result, shared_bytes_);
  }
  for (std::uint32_t id = 0; id < count; ++id) place(static_cast<std::uint16_t>(id));
}

buffer_ring::~buffer_ring() {
  io_uring_buf_reg asked{};
  asked.bgid = group;
  ring_.register_with(IORING_UNREGISTER_PBUF_RING, &asked, 1);
  ::munmap(shared_, shared_bytes_);
}

std::uint16_t buffer_ring::holding(const std::byte* data) const noexcept {
  const std::less<const std::byte*> below;
  const std::byte* const first = memory_.get();
  if (below(data, first) || !below(data, first + count_ * buffer_bytes_)) return none;
  return static_cast<std::uint16_t>(static_cast<std::size_t>(data - first) / buffer_bytes_);
}

void buffer_ring::give_back(std::uint16_t id) noexcept {
  assert(out_ > 0 && "a buffer is given back once");
  --out_;
  place(id);
}

/// The entry is written before the tail that covers it (we store the tail with release; the kernel
/// loads it with acquire). The tail lies in the reserved half of the first entry, so entries are
/// written field by field.
void buffer_ring::place(std::uint16_t id) noexcept {
  auto* const entries = reinterpret_cast<io_uring_buf*>(shared_);
  io_uring_buf& entry = entries[tail_ & (count_ - 1)];
  entry.addr = reinterpret_cast<std::uint64_t>(at(id));
  entry.len = static_cast<std::uint32_t>(buffer_bytes_);
  entry.bid = id;
  ++tail_;
  std::atomic_ref<__u16>(shared_->tail).store(tail_, std::memory_order_release);
}

}  // namespace skein
