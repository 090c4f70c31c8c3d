// What the fiber runtimes ask of a way to switch stacks: a suspended place that can be prepared and
// jumped to. Each way is a runtime of its own (boost_switch.hpp, fiber_asm/asm_switch.hpp); all
// else is theirs in common.
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

/// A Switch is also the memory in which a place is kept; it stays where it is between jumps.
template <class Switch>
concept stack_switch = std::default_initializable<Switch> &&
                       requires(Switch& here, Switch& there, void* top, std::size_t size_bytes) {
                         { Switch::facts() } -> std::same_as<switch_facts>;
                         {
                           here.template prepare<&detail::never_returns<Switch>>(top, size_bytes)
                         } -> std::same_as<void>;
                         /// By a task before each jump, by the loop once a turn.
                         { Switch::tidy() } -> std::same_as<void>;
                         { Switch::jump(here, there) } -> std::same_as<void>;
                       };

}  // namespace skein::fiber
