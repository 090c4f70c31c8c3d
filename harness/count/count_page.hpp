// The page that a counted worker and the conductor share: the preloaded counter writes it and
// measure/allocation_count reads it. Leaves out how it gets into the worker
// (allocation_counter.cpp).
#pragma once

#include <atomic>
#include <cstdint>

namespace skein::count {

/// Environment variable with the path of the page, which the worker opens and maps.
inline constexpr const char* page_variable = "SKEIN_COUNT_PAGE";

/// Every thread of the worker adds (relaxed); the conductor reads, at rest or within a window. Each
/// counter is a sum and says nothing about other memory, so no order is needed. Lock-free atomics
/// are address-free, so two processes can share them.
struct page {
  std::atomic<std::uint64_t> attached;     ///< processes that have mapped the page
  std::atomic<std::uint64_t> allocations;  ///< calls that asked the heap for memory
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace skein::count
