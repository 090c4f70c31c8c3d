// Recycling allocator for tasks whose size is known when they are made, coroutine frames and polled
// futures: one free list per 16-byte size class, backed by blocks of 1 MiB. A frame spawned after
// another ended costs a pop and a push instead of a malloc and a free.
//
// Frames are cut from a block one by one, in address order, so memory that no task used is not
// touched. Once all frames of a class are back, the free list is dropped and the class starts over
// at its first block. So a burst of tasks is laid out in the order in which it was spawned,
// whatever the order in which the burst before it ended. (design/memory.md has what that is worth.)
//
// Per thread, without locks: a task is created, run and destroyed on its scheduler's thread. A
// thread gets its pool with its first frame, and a thread without coroutines pays only for a
// pointer. The pool itself (3 KB) is not thread-local: thread-local storage is on every thread's
// stack, and there the pool cost each task of the thread runtime a page.
//
// The pool owns its blocks and frees them when the thread ends; every frame must have been released
// by then. Until then a burst's memory is not returned to the system, and the results show that.
// Under sanitizers every frame is a heap block of its own, so that a use after destruction is
// found.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace skein {

class frame_pool {
 public:
  /// The calling thread's pool.
  static frame_pool& local() {
    if (current_ == nullptr) [[unlikely]]
      begin_thread();
    return *current_;
  }

  frame_pool() = default;
  frame_pool(const frame_pool&) = delete;
  frame_pool& operator=(const frame_pool&) = delete;
  ~frame_pool() {
    for (const size_class& each : classes_) delete_blocks(each.first);
  }

  void* allocate(std::size_t size_bytes) {
#ifndef SKEIN_SANITIZED
    if (const std::size_t index = class_of(size_bytes); index < classes) {
      size_class& from = classes_[index];
      if (free_frame* const recycled = from.free; recycled != nullptr) {
        from.free = recycled->next;
        ++from.in_use;
        last_frame_bytes_ = size_bytes;
        return recycled;
      }
      if (from.uncut > 0) return cut(from, size_bytes);
    }
#endif
    return allocate_anew(size_bytes);
  }

  void release(void* frame, std::size_t size_bytes) noexcept {
#ifndef SKEIN_SANITIZED
    const std::size_t index = class_of(size_bytes);
    if (index < classes) {
      give_back(classes_[index], frame);
      return;
    }
#endif
    ::operator delete(frame, size_bytes);
  }

  /// Size of the frame allocated last, as the compiler asked for it; 0 before the first.
  std::size_t last_frame_bytes() const noexcept { return last_frame_bytes_; }

  /// Frames that were allocated and not yet released, but for those too large for any class.
  std::size_t frames_in_use() const noexcept {
    std::size_t frames = 0;
    for (const size_class& each : classes_) frames += each.in_use;
    return frames;
  }

  /// The bytes that a frame of this size occupies in the pool.
  static constexpr std::size_t class_bytes(std::size_t size_bytes) noexcept {
    return class_of(size_bytes) < classes ? (class_of(size_bytes) + 1) * granule_bytes : size_bytes;
  }

 private:
  static constexpr std::size_t granule_bytes = 16;  // alignment of operator new
  static constexpr std::size_t classes = 64;        // up to 1 KiB
  static constexpr std::size_t block_bytes = 1024 * 1024;

  struct free_frame {
    free_frame* next;
  };

  /// A mapping that holds nothing but frames: a million frames of 128 B take 128 B each.
  struct block {
    std::byte* data;
    block* next = nullptr;  ///< the next block of the same size class

    block() : data(map()) {}
    block(const block&) = delete;
    block& operator=(const block&) = delete;
    ~block() { ::munmap(data, block_bytes); }

    static std::byte* map() {
      void* const at =
          ::mmap(nullptr, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (at == MAP_FAILED) throw std::bad_alloc();
      return static_cast<std::byte*>(at);
    }
  };

  struct size_class {
    free_frame* free = nullptr;
    std::byte* fresh = nullptr;  ///< start of the uncut part of the present block
    std::size_t uncut = 0;       ///< frames left in that part
    std::size_t in_use = 0;
    block* present = nullptr;
    block* first = nullptr;
  };

  static constexpr std::size_t class_of(std::size_t size_bytes) noexcept {
    return (size_bytes - 1) / granule_bytes;
  }

  /// The next frame of the present block, which has one.
  void* cut(size_class& from, std::size_t size_bytes) noexcept {
    --from.uncut;
    ++from.in_use;
    last_frame_bytes_ = size_bytes;
    return std::exchange(from.fresh, from.fresh + class_bytes(size_bytes));
  }

  /// A frame too large for any class, or the first frame of a block.
  [[gnu::noinline]] void* allocate_anew(std::size_t size_bytes) {
#ifndef SKEIN_SANITIZED
    if (const std::size_t index = class_of(size_bytes); index < classes) {
      begin_block(classes_[index], class_bytes(size_bytes));
      return cut(classes_[index], size_bytes);
    }
#endif
    last_frame_bytes_ = size_bytes;
    return ::operator new(size_bytes);
  }

  /// Gives the calling thread a pool, until its end.
  [[gnu::noinline]] static void begin_thread() {
    thread_local std::unique_ptr<frame_pool> mine;
    mine = std::make_unique<frame_pool>();
    current_ = mine.get();
  }

  static void give_back(size_class& to, void* frame) noexcept {
    to.free = ::new (frame) free_frame{to.free};
    if (--to.in_use == 0 && to.present != to.first) start_over(to);
  }

  /// Within one block the order does not matter: the cache holds all of it.
  static void start_over(size_class& emptied) noexcept {
    emptied.free = nullptr;
    emptied.present = nullptr;
    emptied.uncut = 0;
  }

  /// Takes the next block that the class already has, or a new one.
  static void begin_block(size_class& of, std::size_t frame_bytes) {
    block*& next = of.present == nullptr ? of.first : of.present->next;
    if (next == nullptr) next = new block;
    of.present = next;
    of.fresh = next->data;
    of.uncut = block_bytes / frame_bytes;
  }

  static void delete_blocks(block* first) {
    while (first != nullptr) delete std::exchange(first, first->next);
  }

  inline static constinit thread_local frame_pool* current_ = nullptr;

  std::size_t last_frame_bytes_ = 0;
  std::array<size_class, classes> classes_{};
};

}  // namespace skein
