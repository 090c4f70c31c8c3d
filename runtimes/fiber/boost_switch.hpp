// Switching stacks by Boost.Context's fcontext (O. Kowalke): the switch of the runtime `fiber`.
//
// A jump saves and loads the callee-saved registers, MXCSR and the x87 control word, so each fiber
// has rounding modes of its own. That has a cost where writing a changed MXCSR is slow: if one
// suspended context holds a sticky exception flag, every later jump to it and back is slow. So code
// that may have calculated clears the flags before it leaves: a task before each jump, the loop
// once a turn (checking them takes as long as half a jump).
//
// Leaves out sanitizers (sanitizer.hpp) and who runs when (scheduler.hpp).
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <string_view>

#include "runtimes/fiber/fpu.hpp"
#include "runtimes/fiber/switch.hpp"

namespace skein::fiber {

/// Version of the Boost headers compiled against (Boost.Context has no run-time version).
std::string_view boost_version();

/// The place where a suspended stack continues.
class boost_switch {
 public:
  static switch_facts facts() noexcept { return {"fiber", "Boost.Context", boost_version()}; }

  /// Makes the first jump here call Enter with the place that was jumped from, on the stack below
  /// `top`, which is aligned to 16. Enter must not return.
  template <void (*Enter)(boost_switch&) noexcept>
  void prepare(void* top, std::size_t size_bytes) noexcept {
    clear_sticky_flags();  // a fiber begins with the flags of the moment it is made
    where_ = boost::context::detail::make_fcontext(top, size_bytes, &begin<Enter>);
  }

  /// Clears what calculations may have left on the running stack; call it before leaving.
  static void tidy() noexcept { clear_sticky_flags(); }

  /// Suspends the running stack at `from` and continues at `to`. Always inlined: a function that is
  /// entered on one stack and left on another confuses ThreadSanitizer.
  [[gnu::always_inline]] static void jump(boost_switch& from, boost_switch& to) noexcept {
    arrive(boost::context::detail::jump_fcontext(to.where_, &from));
  }

 private:
  static void arrive(boost::context::detail::transfer_t back) noexcept {
    static_cast<boost_switch*>(back.data)->where_ = back.fctx;
  }

  template <void (*Enter)(boost_switch&) noexcept>
  static void begin(boost::context::detail::transfer_t from) noexcept {
    arrive(from);
    Enter(*static_cast<boost_switch*>(from.data));
  }

  boost::context::detail::fcontext_t where_ = nullptr;
};

static_assert(stack_switch<boost_switch>);

}  // namespace skein::fiber
