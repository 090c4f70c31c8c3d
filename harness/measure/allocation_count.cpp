// A page of memory without a name, shared through /proc/PID/fd.
#include "harness/measure/allocation_count.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/count/count_page.hpp"

namespace skein::measure {
namespace {

std::string path_of(int descriptor) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor);
}

count::page* map_shared(int descriptor) {
  if (descriptor < 0 || ::ftruncate(descriptor, sizeof(count::page)) != 0) return nullptr;
  void* const memory =
      ::mmap(nullptr, sizeof(count::page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<count::page*>(memory);
}

/// Our library, followed by those that were to be preloaded anyway.
std::string preload(const std::string& ours) {
  const char* const others = std::getenv("LD_PRELOAD");
  return "LD_PRELOAD=" + ours + (others == nullptr ? "" : ":" + std::string(others));
}

}  // namespace

allocation_count::allocation_count(const std::string& library)
    : library_(::open(library.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (library_ < 0) {
    obstacle_ = "cannot read " + library + ": " + std::strerror(errno);
    return;
  }
  memory_ = ::memfd_create("skein-count", MFD_CLOEXEC);
  page_ = map_shared(memory_);
  if (page_ == nullptr) obstacle_ = std::string("no shared memory: ") + std::strerror(errno);
}

allocation_count::~allocation_count() {
  if (page_ != nullptr) ::munmap(page_, sizeof *page_);
  if (memory_ >= 0) ::close(memory_);
  if (library_ >= 0) ::close(library_);
}

std::vector<std::string> allocation_count::environment() const {
  if (page_ == nullptr) return {};
  return {preload(path_of(library_)), std::string(count::page_variable) + '=' + path_of(memory_)};
}

std::optional<std::int64_t> allocation_count::total() const noexcept {
  if (page_ == nullptr || page_->attached.load(std::memory_order_relaxed) == 0) return std::nullopt;
  return static_cast<std::int64_t>(page_->allocations.load(std::memory_order_relaxed));
}

std::string allocation_count::why_not() const {
  if (!obstacle_.empty()) return obstacle_;
  if (total()) return {};
  return "the worker did not load the counter (is it linked statically, or not with glibc?)";
}

bool is_counter_here(std::string_view file) {
  const char* const preloaded = std::getenv("LD_PRELOAD");
  if (preloaded == nullptr || std::getenv(count::page_variable) == nullptr) return false;
  const std::string_view list(preloaded);
  return list.substr(0, list.find(':')) == file;  // preload() puts it first
}

std::string counter_library() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "libskein_count.so").string();
}

}  // namespace skein::measure
