// The page that a counted worker and the conductor share: what the preloaded counter writes and
// measure/allocation_count reads. Leaves out how it gets into the worker (allocation_counter.cpp).
#pragma once

#include <atomic>
#include <cstdint>

namespace skein::count {

/// Environment variable with the path of the page, which the worker opens and maps.
inline constexpr const char* page_variable = "SKEIN_COUNT_PAGE";

/// Relaxed additions from every thread of the worker, read from outside at rest or within a window:
/// each counter is a sum and says nothing about any other memory, so no order is needed. Lock-free
/// atomics are address-free, which is what lets two processes share them.
struct page {
  std::atomic<std::uint64_t> attached;     ///< processes that have mapped the page
  std::atomic<std::uint64_t> allocations;  ///< calls that asked the heap for memory
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace skein::count
