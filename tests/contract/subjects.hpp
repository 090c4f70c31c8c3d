// Who the contract suite is run for, and what it may expect of whom.
#pragma once

#include <type_traits>

#include "runtimes/all.hpp"
#include "tests/catch.hpp"
#include "tests/contract/verdict.hpp"

namespace skein::contract {

/// Tasks run on the owner thread, one at a time and in a defined order.
template <class S>
inline constexpr bool single_threaded = !std::is_base_of_v<thread::scheduler, S>;

/// Tasks have stacks from an arena, so there is a ceiling to run into.
template <class S>
inline constexpr bool has_ceiling = direct_scheduler<S>;

/// A task costs a thread: fewer of them.
template <class S>
inline constexpr std::size_t many_tasks = single_threaded<S> ? 800 : 100;

}  // namespace skein::contract

/// One test per runtime that models the interface.
#define SKEIN_FOR_EVERY_RUNTIME(name) \
  TEMPLATE_LIST_TEST_CASE(name, "[contract]", interface_runtimes)

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
