// The test framework, version 2 or 3, under one name.
// Tests include this and nothing of Catch2 directly; what the two versions call differently has one
// name here. Leaves out main(): tests/main.cpp has it.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define SKEIN_CATCH_MAJOR 3
#else
#include <catch2/catch.hpp>
#define SKEIN_CATCH_MAJOR 2
#endif

#include <string>

namespace skein::test {

#if SKEIN_CATCH_MAJOR == 3
using approx = Catch::Approx;
inline auto contains(const std::string& part) {
  return Catch::Matchers::ContainsSubstring(part);
}
#else
using approx = Catch::Detail::Approx;
inline auto contains(const std::string& part) {
  return Catch::Matchers::Contains(part);
}
#endif

}  // namespace skein::test
