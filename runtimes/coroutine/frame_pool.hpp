// Recycling allocator for coroutine frames: one free list per 16-byte size class, refilled from
// 64 KiB blocks. A frame that is spawned after another ended costs a pop and a push instead of a
// malloc and a free.
//
// Per thread, without locks: a task is created, run and destroyed on its scheduler's thread. Memory
// stays with the pool until the thread ends, so a burst's frames are not given back to the system;
// the results show that. Under sanitizers every frame is its own heap block, so that a use after
// destruction is seen.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace skein::coroutine {

class frame_pool {
 public:
  /// The calling thread's pool. It is there from the thread's start and has nothing to destroy, so
  /// that reaching it is an address and no question whether it was made; its blocks are kept apart.
  static frame_pool& local() noexcept {
    constinit thread_local frame_pool pool;
    return pool;
  }

  void* allocate(std::size_t size_bytes) {
    last_frame_bytes_ = size_bytes;
#ifndef SKEIN_SANITIZED
    const std::size_t index = class_of(size_bytes);
    if (index < classes) {
      if (free_[index] == nullptr) refill(index);
      free_frame* frame = free_[index];
      free_[index] = frame->next;
      return frame;
    }
#endif
    return ::operator new(size_bytes);
  }

  void release(void* frame, std::size_t size_bytes) noexcept {
#ifndef SKEIN_SANITIZED
    const std::size_t index = class_of(size_bytes);
    if (index < classes) {
      free_[index] = ::new (frame) free_frame{free_[index]};
      return;
    }
#endif
    ::operator delete(frame, size_bytes);
  }

  /// Size of the frame allocated last, as the compiler asked for it; 0 before the first.
  std::size_t last_frame_bytes() const noexcept { return last_frame_bytes_; }

  /// What a frame of this size takes up in the pool.
  static constexpr std::size_t class_bytes(std::size_t size_bytes) noexcept {
    return class_of(size_bytes) < classes ? (class_of(size_bytes) + 1) * granule_bytes : size_bytes;
  }

 private:
  struct free_frame {
    free_frame* next;
  };

  static constexpr std::size_t granule_bytes = 16;  // alignment of operator new
  static constexpr std::size_t classes = 64;        // up to 1 KiB
  static constexpr std::size_t block_bytes = 64 * 1024;
  static constexpr std::size_t cache_line_bytes = 64;

  static constexpr std::size_t class_of(std::size_t size_bytes) noexcept {
    return (size_bytes - 1) / granule_bytes;
  }

  [[gnu::noinline]] void refill(std::size_t index) {
    thread_local std::vector<std::unique_ptr<block>> blocks;
    blocks.push_back(std::make_unique_for_overwrite<block>());
    const std::size_t frame_bytes = (index + 1) * granule_bytes;
    std::byte* const first = blocks.back()->data.data();
    // Last to first, so that frames are handed out in address order.
    for (std::size_t i = block_bytes / frame_bytes; i-- > 0;) {
      free_[index] = ::new (first + i * frame_bytes) free_frame{free_[index]};
    }
  }

  struct alignas(cache_line_bytes) block {
    std::array<std::byte, block_bytes> data;
  };

  std::size_t last_frame_bytes_ = 0;
  std::array<free_frame*, classes> free_{};
};

}  // namespace skein::coroutine
