// The record of one outstanding request, and the store that provides the records. The records of a
// connection form a first-in first-out list. The store takes them from blocks, so that a request in
// the load loop costs no allocation. Leaves out what the times mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtimes/clock.hpp"

namespace skein::generator {

struct request {
  time_ns intended_ns;   ///< when it was meant to be sent
  time_ns sent_ns;       ///< when the first of its bytes was handed to the kernel
  request* next;         ///< the request after it on the same connection, or in the free list
  std::uint32_t offset;  ///< of its payload, in the pool
  std::uint32_t sequence;
};

/// Gives out records and takes them back; grows by whole blocks and never moves a record.
/// The first block is touched when the store is made. For one thread.
class request_store {
 public:
  request_store() { grow(); }

  request& take() {
    if (free_ == nullptr) grow();
    request& taken = *free_;
    free_ = taken.next;
    return taken;
  }

  void give_back(request& done) noexcept {
    done.next = free_;
    free_ = &done;
  }

 private:
  static constexpr std::size_t block_size = std::size_t{16} * 1024;

  void grow() {
    request* block = blocks_.emplace_back(std::make_unique<request[]>(block_size)).get();
    for (std::size_t i = block_size; i > 0; --i) give_back(block[i - 1]);
  }

  std::vector<std::unique_ptr<request[]>> blocks_;
  request* free_ = nullptr;
};

}  // namespace skein::generator
