#include "runtimes/stack_arena.hpp"

#include <cassert>
#include <fstream>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein {

namespace {

constexpr int madv_guard_install = 102;  // <linux/mman.h> since 6.13; older headers lack the name

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t round_up(std::size_t size_bytes, std::size_t unit_bytes) {
  return (size_bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
}

std::int64_t max_map_count() {
  std::ifstream file("/proc/sys/vm/max_map_count");
  std::int64_t value = 0;
  return file >> value ? value : 65530;
}

}  // namespace

stack_arena::stack_arena(std::size_t stack_bytes, std::size_t max_stacks)
    : page_bytes_(page_size()),
      stack_bytes_(round_up(stack_bytes, page_bytes_)),
      max_stacks_(max_stacks) {
  const std::size_t total_bytes = (stack_bytes_ + page_bytes_) * max_stacks_;
  void* mapping = ::mmap(nullptr, total_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    throw limit_error("address space (RLIMIT_AS or vm.overcommit_memory)", std::nullopt,
                      static_cast<std::int64_t>(total_bytes));
  }
  base_ = static_cast<std::byte*>(mapping);
  // A huge page would turn one touched page per stack into 512.
  ::madvise(base_, total_bytes, MADV_NOHUGEPAGE);
}

stack_arena::~stack_arena() {
  ::munmap(base_, (stack_bytes_ + page_bytes_) * max_stacks_);
}

stack stack_arena::allocate() {
  if (!free_.empty()) {
    std::byte* bottom = free_.back();
    free_.pop_back();
    return {bottom, stack_bytes_};
  }
  if (created_ == max_stacks_) {
    throw limit_error("skein task ceiling (--tasks or --connections)",
                      static_cast<std::int64_t>(max_stacks_),
                      static_cast<std::int64_t>(max_stacks_ + 1));
  }
  std::byte* slot = base_ + created_ * (stack_bytes_ + page_bytes_);
  if (free_.capacity() == created_) free_.reserve(2 * created_ + 64);  // release must not allocate
  guard(slot);
  ++created_;
  return {slot + page_bytes_, stack_bytes_};
}

void stack_arena::release(stack returned) noexcept {
  assert(returned.bottom >= base_ && in_use() > 0);
  free_.push_back(returned.bottom);
}

void stack_arena::guard(std::byte* page) {
  if (guards_ == guard_kind::lightweight) {
    if (::madvise(page, page_bytes_, madv_guard_install) == 0) return;
    guards_ = guard_kind::mapped;
  }
  if (::mprotect(page, page_bytes_, PROT_NONE) == 0) return;
  throw limit_error("vm.max_map_count", max_map_count(),
                    static_cast<std::int64_t>(2 * max_stacks_));
}

}  // namespace skein
