// How the suite's tests say who must keep a clause and who must be caught breaking it.
#pragma once

#include <string>

#include "runtimes/all.hpp"
#include "tests/catch.hpp"
#include "tests/contract/reference_rows.hpp"
#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"
#include "tests/io_uring.hpp"

/// One test per runtime that models the interface, ours and other people's.
#define SKEIN_FOR_EVERY_RUNTIME(name)                                          \
  template <class TestType>                                                    \
  static void SKEIN_TEST_BODY();                                               \
  TEMPLATE_LIST_TEST_CASE(name, "[contract]", ::skein::contract::examined) {   \
    const bool on_io_uring = TestType::info().takes_receive_ring;              \
    if (!::skein::test::passes_over(on_io_uring)) SKEIN_TEST_BODY<TestType>(); \
  }                                                                            \
  template <class TestType>                                                    \
  static void SKEIN_TEST_BODY()

/// The runtime that a test made by SKEIN_FOR_EVERY_RUNTIME is about.
#define SKEIN_SUBJECT ::skein::contract::subject_named(TestType::info().id)

namespace skein::contract {

// Functions, since the framework's macros would be compiled again for each test and runtime.

inline void require_kept(const verdict& found) {
  INFO((found ? found->clause + ": " + found->how : std::string("kept")));
  REQUIRE_FALSE(found.has_value());
}

/// The liar is caught, and on the clause that it breaks.
inline void require_caught(const std::string& broken, const verdict& found) {
  REQUIRE(found.has_value());
  INFO(found->clause << ": " << found->how);
  REQUIRE(found->clause == broken);
}

}  // namespace skein::contract
