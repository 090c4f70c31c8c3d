// Preloaded into the worker of a counted run: counts the calls of malloc, calloc, realloc and the
// aligned variants, made by every thread of the worker and every process it starts, and passes them
// on to glibc.
//
// 1. C++'s operator new, and the runtimes of most languages, come here through malloc. Mapped
//    memory (stacks, arenas) and memory inside a pool's block are no allocations.
// 2. One call of realloc with a size is one allocation, whether or not the memory moved.
// 3. A worker with an allocator of its own gets glibc's instead, because memory and `free` must
//    come from the same allocator; the number of calls is the same.
// 4. A statically linked worker is not counted at all: the page then says that nobody attached.
// 5. Calls before the page is mapped (by the dynamic loader or other libraries' constructors) are
//    counted in a page of our own and added when it is.
//
// Leaves out sizes, frees and call sites: heaptrack shows those.
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/count/count_page.hpp"

// glibc's own entry points, which do not call back into this file.
extern "C" {
void* __libc_malloc(std::size_t size_bytes);
void* __libc_calloc(std::size_t count, std::size_t size_bytes);
void* __libc_realloc(void* memory, std::size_t size_bytes);
void* __libc_memalign(std::size_t alignment, std::size_t size_bytes);
void __libc_free(void* memory);
}

namespace {

using skein::count::page;

constinit page before_attaching{};
/// Relaxed: the constructor below runs before the worker's main, when there is one thread. A thread
/// that still saw the first page would count there.
constinit std::atomic<page*> current{&before_attaching};

void count_one() noexcept {
  current.load(std::memory_order_relaxed)->allocations.fetch_add(1, std::memory_order_relaxed);
}

page* map_page(const char* path) noexcept {
  const int descriptor = ::open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  void* const memory =
      ::mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return memory == MAP_FAILED ? nullptr : static_cast<page*>(memory);
}

[[gnu::constructor]] void attach() noexcept {
  const char* const path = std::getenv(skein::count::page_variable);
  page* const shared = path == nullptr ? nullptr : map_page(path);
  if (shared == nullptr) return;
  current.store(shared, std::memory_order_relaxed);
  shared->allocations.fetch_add(before_attaching.allocations.load(std::memory_order_relaxed),
                                std::memory_order_relaxed);
  shared->attached.fetch_add(1, std::memory_order_relaxed);
}

bool is_power_of_two(std::size_t value) noexcept {
  return value != 0 && (value & (value - 1)) == 0;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size_bytes) noexcept {
  count_one();
  return __libc_malloc(size_bytes);
}

void* calloc(std::size_t count, std::size_t size_bytes) noexcept {
  count_one();
  return __libc_calloc(count, size_bytes);
}

void* realloc(void* memory, std::size_t size_bytes) noexcept {
  if (size_bytes != 0 || memory == nullptr) count_one();
  return __libc_realloc(memory, size_bytes);
}

void* memalign(std::size_t alignment, std::size_t size_bytes) noexcept {
  count_one();
  return __libc_memalign(alignment, size_bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t size_bytes) noexcept {
  count_one();
  return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size_bytes) noexcept {
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  count_one();
  void* const got = __libc_memalign(alignment, size_bytes);
  if (got == nullptr) return ENOMEM;
  *memory = got;
  return 0;
}

void free(void* memory) noexcept {
  __libc_free(memory);
}

}  // extern "C"
