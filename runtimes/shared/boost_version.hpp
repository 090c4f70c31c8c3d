// Versions of Boost and its libraries in words. All of them are headers here: what was compiled
// against is what runs.
#pragma once

#include <boost/version.hpp>
#include <string>

namespace skein {

/// A version that Boost writes as one number: 107400 is "1.74.0".
inline std::string boost_version_text(int number = BOOST_VERSION) {
  return std::to_string(number / 100000) + '.' + std::to_string(number / 100 % 1000) + '.' +
         std::to_string(number % 100);
}

}  // namespace skein
