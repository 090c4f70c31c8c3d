// Tests on io_uring where the kernel has none: they say so by a warning and are passed over. Where
// the kernel has it they run, and what fails in them fails.
#pragma once

#include <optional>
#include <string>

#include "runtimes/errors.hpp"
#include "runtimes/loop/ring.hpp"
#include "tests/catch.hpp"

namespace skein::test {

/// What stands in io_uring's way here, asked once; empty where nothing does. A limit of another
/// name, like one on descriptors, is no excuse.
inline const std::optional<std::string>& missing_io_uring() {
  static const auto missing = []() -> std::optional<std::string> {
    try {
      const ring probe(4, 8);
    } catch (const limit_error& limit) {
      if (limit.name.find("io_uring") != std::string::npos) return limit.what();
    }
    return std::nullopt;
  }();
  return missing;
}

/// True, and said, if a test needs what is missing.
inline bool passes_over(bool needs_io_uring) {
  if (!needs_io_uring || !missing_io_uring()) return false;
  WARN("passed over: " << *missing_io_uring());
  return true;
}

}  // namespace skein::test

#define SKEIN_JOINED_AS_WRITTEN(first, second) first##second
#define SKEIN_JOINED(first, second) SKEIN_JOINED_AS_WRITTEN(first, second)
/// The function that is the body of the test that a macro declares on this line.
#define SKEIN_TEST_BODY SKEIN_JOINED(skein_test_body_, __LINE__)

/// A test that needs io_uring.
#define SKEIN_ON_IO_URING(name)                               \
  static void SKEIN_TEST_BODY();                              \
  TEST_CASE(name) {                                           \
    if (!::skein::test::passes_over(true)) SKEIN_TEST_BODY(); \
  }                                                           \
  static void SKEIN_TEST_BODY()
