// Depth in the callback style: handlers of which each calls the next. A level remembers whom it
// calls, since it does not know who began it, and lives in the session.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "runtimes/shared/handler.hpp"
#include "workloads/nesting.hpp"

namespace skein::workloads {

/// One level. The loop calls the innermost.
template <class... Results>
struct handler_level {
  handler<Results...> next;

  void done(Results... results) noexcept {
    next(results...);
    not_a_tail_call();
  }
};

/// So many levels between a wait and the session that it is for.
template <std::int64_t Levels, class... Results>
class handler_chain {
 public:
  using level = handler_level<Results...>;

  /// The outermost level calls the session.
  explicit handler_chain(handler<Results...> session) noexcept {
    for (level& each : levels_) {
      each.next = session;
      session = handler<Results...>::template to<&level::done>(&each);
    }
  }
  handler_chain(const handler_chain&) = delete;
  handler_chain& operator=(const handler_chain&) = delete;

  level* innermost() noexcept { return &levels_.back(); }

 private:
  std::array<level, std::size_t{Levels}> levels_;
};

/// Without levels the loop calls the session.
template <class... Results>
class handler_chain<0, Results...> {
 public:
  explicit handler_chain(handler<Results...> /*session*/) noexcept {}
};

}  // namespace skein::workloads
