#include "harness/measure/sources.hpp"

#include <array>
#include <unistd.h>

#include "harness/measure/cgroup.hpp"

namespace skein::measure {
namespace {

struct source {
  const char* path;
  const char* gives;
};

constexpr std::array sources{
    source{"/stat", "steal and the CPU time of other programs"},
    source{"/pressure/cpu", "pressure"},
    source{"/slabinfo", "the kernel's memory in slabs"},
    source{"/self/smaps_rollup", "the exact count of user memory"},
    source{"/self/schedstat", "run delay"},
};

std::string sentence(const std::string& what, const char* gives) {
  return "cannot read " + what + ": " + gives + " is null in every run";
}

}  // namespace

std::vector<std::string> unreadable_sources(const system_paths& paths) {
  std::vector<std::string> sentences;
  if (auto why = why_not_our_proc(paths)) sentences.push_back(std::move(*why));
  for (const auto& each : sources) {
    const std::string path = paths.proc + each.path;
    if (!read_text(path)) sentences.push_back(sentence(path, each.gives));
  }
  if (!find_cgroup(::getpid(), "memory", paths)) {
    sentences.push_back(sentence("a memory cgroup", "the cross-check of memory"));
  }
  return sentences;
}

}  // namespace skein::measure
