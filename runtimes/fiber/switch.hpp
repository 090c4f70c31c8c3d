// What the fiber runtimes need from a stack switch: a suspended place that can be prepared and
// jumped to. Each switch makes a runtime of its own (boost_switch.hpp, fiber_asm/asm_switch.hpp);
// they share everything else.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

namespace skein::fiber {

/// What a switch contributes to the runtime's description (runtimes/info.hpp).
struct switch_facts {
  std::string_view id;
  std::string_view library;
  std::string_view library_version;
};

namespace detail {
template <class Switch>
void never_returns(Switch&) noexcept;
}

/// A Switch object is the memory of a suspended place, so it must not move between jumps.
template <class Switch>
concept stack_switch = std::default_initializable<Switch> &&
                       requires(Switch& here, Switch& there, void* top, std::size_t size_bytes) {
                         { Switch::facts() } -> std::same_as<switch_facts>;
                         {
                           here.template prepare<&detail::never_returns<Switch>>(top, size_bytes)
                         } -> std::same_as<void>;
                         /// Called by a task before each jump, and by the loop once a turn.
                         { Switch::tidy() } -> std::same_as<void>;
                         { Switch::jump(here, there) } -> std::same_as<void>;
                       };

}  // namespace skein::fiber
