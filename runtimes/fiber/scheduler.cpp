#include "runtimes/fiber/scheduler.hpp"

#include <stdexcept>
#include <string>

#include "runtimes/shared/boost_version.hpp"

namespace skein::fiber {

std::string_view boost_version() {
  static const std::string version = boost_version_text();
  return version;
}

void warm_up_unwinder() {
  static const bool thrown = [] {
    try {
      throw std::runtime_error("the unwinder's first use");
    } catch (const std::runtime_error&) {
      return true;
    }
  }();
  static_cast<void>(thrown);
}

}  // namespace skein::fiber
