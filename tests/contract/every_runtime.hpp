// How the suite's tests say who must keep a clause and who must be caught breaking it.
#pragma once

#include "runtimes/all.hpp"
#include "tests/catch.hpp"
#include "tests/contract/subject.hpp"
#include "tests/contract/verdict.hpp"

/// One test per runtime that models the interface.
#define SKEIN_FOR_EVERY_RUNTIME(name) \
  TEMPLATE_LIST_TEST_CASE(name, "[contract]", interface_runtimes)

/// The runtime that a test made by SKEIN_FOR_EVERY_RUNTIME is about.
#define SKEIN_SUBJECT ::skein::contract::subject_named(TestType::info().id)

#define SKEIN_REQUIRE_KEPT(check)                                            \
  do {                                                                       \
    const ::skein::contract::verdict found = check;                          \
    INFO((found ? found->clause + ": " + found->how : std::string("kept"))); \
    REQUIRE(!found.has_value());                                             \
  } while (false)

/// The liar is caught, and on the clause that it breaks.
#define SKEIN_REQUIRE_CAUGHT(broken, check)         \
  do {                                              \
    const ::skein::contract::verdict found = check; \
    REQUIRE(found.has_value());                     \
    INFO(found->clause << ": " << found->how);      \
    REQUIRE(found->clause == broken);               \
  } while (false)
