// A task of a scope in the poll style.
#pragma once

#include <utility>

#include "runtimes/poll.hpp"

namespace skein {

/// A future whose end is the end of a task of a scope. It is pinned by its first part (pinned).
template <pollable F, class Scope>
class future_in_scope {
 public:
  using output = nothing;

  template <class... Parts>
  explicit future_in_scope(Scope& within, Parts&&... parts)
      : counted_(within), inner_(std::forward<Parts>(parts)...) {}

  polled<nothing> poll(context& with) {
    if (!inner_.poll(with)) return not_ready;
    return nothing{};
  }

 private:
  struct counted : pinned {
    explicit counted(Scope& in) noexcept : within(in) { within.begin_one(); }
    ~counted() { within.end_one(); }
    Scope& within;
  };
  counted counted_;  // goes after the future that it counts
  F inner_;
};

}  // namespace skein
