// Stacks for fibers and threads: one reserved mapping, cut into slots of a guard page and a stack.
//
// With one mapping for all of them a task with a stack costs one touched page and, where the kernel
// has lightweight guards (MADV_GUARD_INSTALL, Linux 6.13), no mapping of its own. Otherwise the
// default vm.max_map_count of 65,530 would be the limit at 32,700 stacks. On older kernels the
// guards are PROT_NONE pages, two mappings a stack. Their number is capped, with room left for
// whatever else the process maps, and the cap is reported as a limit: a process that has run out of
// mappings cannot even allocate memory. Mappings belong to the process, so all arenas share one
// cap, from whatever threads.
//
// Leaves out locking: each arena is used by one thread at a time. Released stacks are reused last
// in, first out, because the most recently used one is still in the cache. Their pages are kept (a
// burst's memory stays with the process, and the results show it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace skein {

struct stack {
  std::byte* bottom = nullptr;  ///< lowest usable address
  std::size_t size_bytes = 0;
  std::uint32_t slot = 0;  ///< counted from the arena's begin, in the order of addresses

  std::byte* top() const noexcept { return bottom + size_bytes; }
};

/// lightweight: page-table entries, no mapping each. mapped: PROT_NONE pages, two mappings a stack.
enum class guard_kind : std::uint8_t { lightweight, mapped };

/// "lightweight" or "mapped", as records and the doctor name it.
std::string_view name_of(guard_kind kind) noexcept;

/// The kind this process uses: lightweight where the kernel has it, unless the environment variable
/// SKEIN_STACK_GUARD is "mapped". Tests use the variable to see the fallback on a newer kernel.
guard_kind available_guards() noexcept;

/// How many stacks with mapped guards fit into this process now: half of vm.max_map_count, less
/// what is mapped already and a reserve of 1,024.
std::size_t most_mapped_stacks();

class stack_arena {
 public:
  /// Reserves address space for `max_stacks` stacks of at least `stack_bytes` (rounded up to whole
  /// pages); touches nothing. Throws limit_error if the kernel refuses.
  stack_arena(std::size_t stack_bytes, std::size_t max_stacks,
              guard_kind guards = available_guards());
  ~stack_arena();
  stack_arena(const stack_arena&) = delete;
  stack_arena& operator=(const stack_arena&) = delete;

  /// A guarded stack; contents unspecified. Throws limit_error naming what ran out: the arena
  /// itself (skein task ceiling) or vm.max_map_count; std::system_error where the kernel refuses a
  /// guard for another reason.
  stack allocate();

  /// Takes back a stack of this arena on which nothing runs any more.
  void release(stack returned) noexcept;

  std::size_t stack_bytes() const noexcept { return stack_bytes_; }
  std::size_t in_use() const noexcept { return created_ - free_.size(); }
  guard_kind guards() const noexcept { return guards_; }

  /// How many stacks mapped guards allow in all arenas together; empty where guards are
  /// lightweight.
  std::optional<std::size_t> mapping_cap() const noexcept { return mapping_cap_; }

  /// True if the address lies in the guard of one of this arena's stacks, so that touching it means
  /// that the stack above overflowed. Async-signal-safe.
  bool is_guard(const void* address) const noexcept;

 private:
  std::size_t slot_bytes() const noexcept { return page_bytes_ + stack_bytes_; }
  stack at(std::uint32_t slot) const noexcept;
  std::uint32_t create();
  void guard(std::byte* page);
  void map_guard(std::byte* page);

  std::size_t page_bytes_;
  std::size_t stack_bytes_;
  std::size_t max_stacks_;
  std::size_t created_ = 0;
  std::byte* base_ = nullptr;
  guard_kind guards_;
  std::optional<std::size_t> mapping_cap_;
  std::vector<std::uint32_t> free_;  ///< slots
};

}  // namespace skein
