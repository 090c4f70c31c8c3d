// Counts the heap allocations of another process: prepares the variables for its environment, and
// reads the sum at any time. The counting itself is in harness/count, which is preloaded. Leaves
// out starting the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::count {
struct page;
}

namespace skein::measure {

/// One counter for one process and all that it starts. The process gets the page and the library as
/// descriptors of this process, by their paths under /proc. So they need no place in a file system,
/// survive any number of execs, and leave the worker's own descriptors unchanged.
class allocation_count {
 public:
  /// @param library  the file of the target skein_count
  explicit allocation_count(const std::string& library);
  ~allocation_count();
  allocation_count(const allocation_count&) = delete;
  allocation_count& operator=(const allocation_count&) = delete;

  /// "NAME=VALUE" words for the process's environment; none where counting is not available.
  [[nodiscard]] std::vector<std::string> environment() const;

  /// Allocations since the process began; empty where it did not load the counter.
  [[nodiscard]] std::optional<std::int64_t> total() const noexcept;

  /// Why there is no total, in words.
  [[nodiscard]] std::string why_not() const;

 private:
  int library_ = -1;
  int memory_ = -1;
  count::page* page_ = nullptr;
  std::string obstacle_;
};

/// Of the process that asks: whether this file, as the dynamic linker names it, is the counter. It
/// hands every call on to glibc.
bool is_counter_here(std::string_view file);

/// "libskein_count.so" beside the running program.
std::string counter_library();

}  // namespace skein::measure
