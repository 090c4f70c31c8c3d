// Depth in the poll style: a future in a future, all in one struct, of which each poll passes all
// levels from the outermost down. A level has the state that a compiler gives an async function
// which awaits another.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "runtimes/poll.hpp"

namespace skein::workloads {

/// One level: ready when the future inside it is, with its output.
template <pollable Inner>
class future_level {
 public:
  using output = typename Inner::output;

  template <class... Parts>
    requires std::constructible_from<Inner, Parts...>
  explicit future_level(Parts&&... parts) : inner_(std::forward<Parts>(parts)...) {}

  [[gnu::noinline]] polled<output> poll(context& with) {
    if (state_ != state::waiting) std::abort();  // looked at in each poll, as in Rust (P6)
    polled<output> ready = inner_.poll(with);
    if (ready) state_ = state::over;
    return ready;
  }

 private:
  enum class state : std::uint8_t { waiting, over };

  Inner inner_;
  state state_ = state::waiting;
};

namespace detail {

template <class Leaf, std::int64_t Levels>
struct future_chain {
  using type = future_level<typename future_chain<Leaf, Levels - 1>::type>;
};
template <class Leaf>
struct future_chain<Leaf, 0> {
  using type = Leaf;
};

}  // namespace detail

/// A leaf below so many levels; the leaf itself for none.
template <class Leaf, std::int64_t Levels>
using future_chain = typename detail::future_chain<Leaf, Levels>::type;

}  // namespace skein::workloads
