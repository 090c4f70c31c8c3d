#include "runtimes/shared/stack_arena.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

#include "runtimes/errors.hpp"
#include "runtimes/shared/mappings.hpp"
#include "runtimes/shared/stack_overflow.hpp"

namespace skein {

namespace {

constexpr int madv_guard_install = 102;  // <linux/mman.h> since 6.13; older headers lack the name
constexpr std::int64_t mappings_left_to_others = 1024;

/// What the arenas of this process with mapped guards have and may still need. Both are counts that
/// order nothing, hence relaxed. A guard is counted before it is mapped and until after it is gone,
/// so no interleaving has more guards than the cap. Two threads that reach the cap together may
/// both be refused where one guard would have fit.
struct {
  std::atomic<std::size_t> guards{0};
  std::atomic<std::size_t> most_stacks{0};  ///< the sum of the arenas' max_stacks
} all_mapped;

/// The cap of the process, computed once, before the first arena maps a guard.
std::size_t mapped_stacks_cap() {
  static const std::size_t cap = most_mapped_stacks();
  return cap;
}

/// vm.max_map_count, and what all arenas together would have needed.
limit_error too_many_mappings() {
  const std::int64_t allowed = max_map_count();
  const auto stacks =
      static_cast<std::int64_t>(all_mapped.most_stacks.load(std::memory_order_relaxed));
  return {"vm.max_map_count", allowed, std::max(2 * stacks + mappings_left_to_others, allowed + 1)};
}

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t round_up(std::size_t size_bytes, std::size_t unit_bytes) {
  return (size_bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
}

void* reserve(std::size_t size_bytes) noexcept {
  return ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

bool kernel_has_lightweight_guards() noexcept {
  const std::size_t page_bytes = page_size();
  void* const page = reserve(page_bytes);
  if (page == MAP_FAILED) return false;
  const bool installed = ::madvise(page, page_bytes, madv_guard_install) == 0;
  ::munmap(page, page_bytes);
  return installed;
}

}  // namespace

std::string_view name_of(guard_kind kind) noexcept {
  return kind == guard_kind::lightweight ? "lightweight" : "mapped";
}

guard_kind available_guards() noexcept {
  const char* const asked = std::getenv("SKEIN_STACK_GUARD");
  if (asked != nullptr && std::string_view(asked) == "mapped") return guard_kind::mapped;
  return kernel_has_lightweight_guards() ? guard_kind::lightweight : guard_kind::mapped;
}

std::size_t most_mapped_stacks() {
  const std::int64_t left = max_map_count() - mappings_in_use() - mappings_left_to_others;
  return static_cast<std::size_t>(std::max<std::int64_t>(left / 2, 0));
}

stack_arena::stack_arena(std::size_t stack_bytes, std::size_t max_stacks, guard_kind guards)
    : page_bytes_(page_size()),
      stack_bytes_(round_up(stack_bytes, page_bytes_)),
      max_stacks_(max_stacks),
      guards_(guards) {
  if (guards_ == guard_kind::mapped) mapping_cap_ = mapped_stacks_cap();
  const std::size_t total_bytes = slot_bytes() * max_stacks_;
  void* mapping = reserve(total_bytes);
  if (mapping == MAP_FAILED) {
    throw limit_error("address space (RLIMIT_AS or vm.overcommit_memory)", std::nullopt,
                      static_cast<std::int64_t>(total_bytes));
  }
  base_ = static_cast<std::byte*>(mapping);
  // A huge page would turn one touched page per stack into 512.
  ::madvise(base_, total_bytes, MADV_NOHUGEPAGE);
  if (mapping_cap_) all_mapped.most_stacks.fetch_add(max_stacks_, std::memory_order_relaxed);
  stack_overflow::know(*this);
}

stack_arena::~stack_arena() {
  stack_overflow::forget(*this);
  ::munmap(base_, slot_bytes() * max_stacks_);
  if (!mapping_cap_) return;
  all_mapped.guards.fetch_sub(created_, std::memory_order_relaxed);
  all_mapped.most_stacks.fetch_sub(max_stacks_, std::memory_order_relaxed);
}

stack stack_arena::allocate() {
  if (free_.empty()) return at(create());
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return at(slot);
}

void stack_arena::release(stack returned) noexcept {
  assert(returned.bottom >= base_ && in_use() > 0);
  free_.push_back(returned.slot);
}

bool stack_arena::is_guard(const void* address) const noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto begin = reinterpret_cast<std::uintptr_t>(base_);
  if (at < begin || at >= begin + slot_bytes() * max_stacks_) return false;
  return (at - begin) % slot_bytes() < page_bytes_;
}

stack stack_arena::at(std::uint32_t slot) const noexcept {
  return {base_ + slot * slot_bytes() + page_bytes_, stack_bytes_, slot};
}

std::uint32_t stack_arena::create() {
  if (created_ == max_stacks_) {
    throw limit_error("skein task ceiling (--tasks or --connections)",
                      static_cast<std::int64_t>(max_stacks_),
                      static_cast<std::int64_t>(max_stacks_ + 1));
  }
  if (free_.capacity() == created_) free_.reserve(2 * created_ + 64);  // release must not allocate
  guard(base_ + created_ * slot_bytes());
  return static_cast<std::uint32_t>(created_++);
}

void stack_arena::guard(std::byte* page) {
  if (guards_ == guard_kind::lightweight) {
    // It takes page tables, hence memory; nothing else can run short on a kernel that has the call.
    checked(::madvise(page, page_bytes_, madv_guard_install), "madvise(MADV_GUARD_INSTALL)");
  } else {
    map_guard(page);
  }
}

void stack_arena::map_guard(std::byte* page) {
  const bool fits = all_mapped.guards.fetch_add(1, std::memory_order_relaxed) < *mapping_cap_;
  if (fits && ::mprotect(page, page_bytes_, PROT_NONE) == 0) return;
  const int error_number = fits ? errno : ENOMEM;  // as the kernel says at its own limit
  all_mapped.guards.fetch_sub(1, std::memory_order_relaxed);
  if (error_number == ENOMEM) throw too_many_mappings();
  throw std::system_error(error_number, std::generic_category(), "mprotect");
}

}  // namespace skein
