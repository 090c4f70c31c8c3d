// Stacks for fibers and threads: one reserved mapping, cut into slots of a guard page and a stack.
//
// One mapping for all of them is what lets a task with a stack cost one touched page and, where the
// kernel has lightweight guards (MADV_GUARD_INSTALL, Linux 6.13), no mapping of its own: the
// default vm.max_map_count of 65,530 would otherwise end the matter at 32,700 stacks. On older
// kernels the guards are PROT_NONE pages, two mappings a stack, and the count is capped and
// reported as a limit.
//
// Leaves out locking: one thread at a time. Released stacks are reused last in, first out, because
// the most recently used one is still in the cache; their pages are kept (a burst's memory stays
// with the process, and the results show it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace skein {

struct stack {
  std::byte* bottom = nullptr;  ///< lowest usable address
  std::size_t size_bytes = 0;

  std::byte* top() const noexcept { return bottom + size_bytes; }
};

enum class guard_kind : std::uint8_t { lightweight, mapped };

class stack_arena {
 public:
  /// Reserves address space for `max_stacks` stacks of at least `stack_bytes` (rounded up to whole
  /// pages); touches nothing. Throws limit_error if the kernel refuses.
  stack_arena(std::size_t stack_bytes, std::size_t max_stacks);
  ~stack_arena();
  stack_arena(const stack_arena&) = delete;
  stack_arena& operator=(const stack_arena&) = delete;

  /// A guarded stack; contents unspecified. Throws limit_error naming what ran out: the arena
  /// itself (skein task ceiling) or vm.max_map_count.
  stack allocate();

  /// Takes back a stack of this arena on which nothing runs any more.
  void release(stack returned) noexcept;

  std::size_t stack_bytes() const noexcept { return stack_bytes_; }
  std::size_t in_use() const noexcept { return created_ - free_.size(); }

 private:
  void guard(std::byte* page);

  std::size_t page_bytes_;
  std::size_t stack_bytes_;
  std::size_t max_stacks_;
  std::size_t created_ = 0;
  std::byte* base_ = nullptr;
  guard_kind guards_ = guard_kind::lightweight;
  std::vector<std::byte*> free_;
};

}  // namespace skein
