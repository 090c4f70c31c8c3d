#include "runtimes/fiber/scheduler.hpp"

#include <boost/version.hpp>
#include <stdexcept>
#include <string>

namespace skein::fiber {

std::string_view boost_version() {
  static const std::string version = std::to_string(BOOST_VERSION / 100000) + '.' +
                                     std::to_string(BOOST_VERSION / 100 % 1000) + '.' +
                                     std::to_string(BOOST_VERSION % 100);
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
