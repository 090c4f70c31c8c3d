#include "runtimes/shared/mappings.hpp"

#include <fstream>
#include <string>

namespace skein {

std::int64_t max_map_count() {
  constexpr std::int64_t kernel_default = 65'530;
  std::ifstream file("/proc/sys/vm/max_map_count");
  std::int64_t value = 0;
  return file >> value ? value : kernel_default;
}

std::int64_t mappings_in_use() {
  std::ifstream file("/proc/self/maps");
  std::int64_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  return lines;
}

}  // namespace skein
