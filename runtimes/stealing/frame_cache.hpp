// Recycling allocator for frames that may be freed by another thread than the one that made them:
// what frame_pool (runtimes/shared) is for tasks that stay on one thread, and laid out like it.
//
// Each thread has a cache: per size class two magazines of up to 64 free frames (Bonwick and Adams,
// 2001), and the part of a block that it has not cut yet. A thread that frees more than it makes
// gives a full magazine to the depot, which is everybody's, and one that makes more gets it there.
// So no thread goes on taking new memory while another one keeps what was freed, and the depot's
// lock is taken once for 64 frames. Under sanitizers every frame is a heap block of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <utility>
#include <vector>

namespace skein::stealing {

namespace detail {

inline constexpr std::size_t granule_bytes = 16;  // alignment of operator new
inline constexpr std::size_t classes = 64;        // up to 1 KiB
inline constexpr std::size_t block_bytes = 1024 * 1024;

struct free_frame {
  free_frame* next;
};

/// A stack of free frames, of one size class.
struct magazine {
  static constexpr std::size_t most = 64;
  free_frame* top = nullptr;
  std::size_t count = 0;
};

/// The part of a block that no frame was cut from.
struct uncut {
  std::byte* from = nullptr;
  std::size_t frames = 0;
};

}  // namespace detail

/// What all threads share: full magazines, and the blocks that all frames are cut from. They are
/// the process's until its end.
class frame_depot {
 public:
  /// Never destroyed: a static that is destroyed late may have the last waker of a task.
  static frame_depot& instance() {
    static frame_depot& all = *new frame_depot;
    return all;
  }
  frame_depot() = default;
  frame_depot(const frame_depot&) = delete;
  frame_depot& operator=(const frame_depot&) = delete;
  ~frame_depot() {
    for (std::byte* each : blocks_) ::munmap(each, detail::block_bytes);
  }

  /// Whether a thread without free frames of the class had better ask here before it cuts new ones.
  /// Relaxed: it is no more than likely.
  bool likely_has(std::size_t index) const noexcept {
    return kept_[index].likely.load(std::memory_order_relaxed);
  }

  void give(std::size_t index, const detail::magazine& given) {
    if (given.count == 0) return;
    const std::scoped_lock lock(mutex_);
    kept_[index].magazines.push_back(given);
    kept_[index].likely.store(true, std::memory_order_relaxed);
  }
  /// An empty one where there is none.
  detail::magazine take(std::size_t index) noexcept {
    const std::scoped_lock lock(mutex_);
    std::vector<detail::magazine>& from = kept_[index].magazines;
    if (from.empty()) return {};
    const detail::magazine taken = from.back();
    from.pop_back();
    kept_[index].likely.store(!from.empty(), std::memory_order_relaxed);
    return taken;
  }

  /// What a thread that ends has not cut.
  void give(std::size_t index, const detail::uncut& rest) {
    if (rest.frames == 0) return;
    const std::scoped_lock lock(mutex_);
    kept_[index].rests.push_back(rest);
  }
  detail::uncut take_uncut(std::size_t index) {
    const std::scoped_lock lock(mutex_);
    std::vector<detail::uncut>& from = kept_[index].rests;
    if (from.empty()) return new_block((index + 1) * detail::granule_bytes);
    const detail::uncut taken = from.back();
    from.pop_back();
    return taken;
  }

 private:
  struct kept {
    std::atomic<bool> likely{false};
    std::vector<detail::magazine> magazines;
    std::vector<detail::uncut> rests;
  };

  detail::uncut new_block(std::size_t frame_bytes) {
    blocks_.reserve(blocks_.size() + 1);
    void* const at = ::mmap(nullptr, detail::block_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    blocks_.push_back(static_cast<std::byte*>(at));
    return {blocks_.back(), detail::block_bytes / frame_bytes};
  }

  std::mutex mutex_;
  std::array<kept, detail::classes> kept_;
  std::vector<std::byte*> blocks_;
};

class frame_cache {
 public:
  /// On the calling thread.
  static void* allocate_here(std::size_t size_bytes) { return local().allocate(size_bytes); }
  /// On any thread, and also as it ends: what is destroyed last may have the last waker of a task.
  static void release_here(void* frame, std::size_t size_bytes) noexcept {
    if (current_ == nullptr && is_over_) [[unlikely]] {
      frame_cache(frame_depot::instance()).release(frame, size_bytes);
      return;
    }
    local().release(frame, size_bytes);
  }

  explicit frame_cache(frame_depot& depot) noexcept : depot_(depot) {}
  frame_cache(const frame_cache&) = delete;
  frame_cache& operator=(const frame_cache&) = delete;
  ~frame_cache() {
    for (std::size_t index = 0; index < detail::classes; ++index) {
      depot_.give(index, classes_[index].loaded);
      depot_.give(index, classes_[index].previous);
      depot_.give(index, classes_[index].rest);
    }
  }

  void* allocate(std::size_t size_bytes) {
    const std::size_t index = class_of(size_bytes);
    if (is_large(index)) return ::operator new(size_bytes);
    size_class& from = classes_[index];
    if (from.loaded.count == 0 && !reload(from, index)) return cut(from, index);
    --from.loaded.count;
    return std::exchange(from.loaded.top, from.loaded.top->next);
  }

  void release(void* frame, std::size_t size_bytes) noexcept {
    const std::size_t index = class_of(size_bytes);
    if (is_large(index)) return ::operator delete(frame, size_bytes);
    size_class& to = classes_[index];
    if (to.loaded.count == detail::magazine::most) unload(to, index);
    to.loaded.top = ::new (frame) detail::free_frame{to.loaded.top};
    ++to.loaded.count;
  }

 private:
  struct size_class {
    detail::magazine loaded;    ///< frames are taken from it and put into it
    detail::magazine previous;  ///< full, or empty
    detail::uncut rest;
  };

  static constexpr std::size_t class_of(std::size_t size_bytes) noexcept {
    return (size_bytes - 1) / detail::granule_bytes;
  }
  static constexpr bool is_large([[maybe_unused]] std::size_t index) noexcept {
#ifdef SKEIN_SANITIZED
    return true;
#else
    return index >= detail::classes;
#endif
  }

  /// False where there is no free frame.
  bool reload(size_class& of, std::size_t index) noexcept {
    if (of.previous.count > 0) {
      std::swap(of.loaded, of.previous);
    } else if (depot_.likely_has(index)) {
      of.loaded = depot_.take(index);
    }
    return of.loaded.count > 0;
  }

  void unload(size_class& of, std::size_t index) noexcept {
    if (of.previous.count > 0) depot_.give(index, of.previous);
    of.previous = std::exchange(of.loaded, {});
  }

  void* cut(size_class& from, std::size_t index) {
    if (from.rest.frames == 0) from.rest = depot_.take_uncut(index);
    --from.rest.frames;
    return std::exchange(from.rest.from, from.rest.from + (index + 1) * detail::granule_bytes);
  }

  /// The calling thread's. No task is begun on one that ends.
  static frame_cache& local() {
    if (current_ == nullptr) [[unlikely]]
      begin_thread();
    return *current_;
  }

  /// Gives the calling thread a cache, until its end. On the heap, for frame_pool's reason.
  [[gnu::noinline]] static void begin_thread() {
    thread_local const ends_with_thread mine;
    current_ = mine.cache.get();
  }
  struct ends_with_thread {
    ends_with_thread() = default;
    ends_with_thread(const ends_with_thread&) = delete;
    ends_with_thread& operator=(const ends_with_thread&) = delete;
    ~ends_with_thread() {
      current_ = nullptr;
      is_over_ = true;
    }
    const std::unique_ptr<frame_cache> cache =
        std::make_unique<frame_cache>(frame_depot::instance());
  };

  inline static constinit thread_local frame_cache* current_ = nullptr;
  inline static constinit thread_local bool is_over_ = false;

  frame_depot& depot_;
  std::array<size_class, detail::classes> classes_{};
};

}  // namespace skein::stealing
