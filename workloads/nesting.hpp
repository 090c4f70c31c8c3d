// How far down a task waits and what it holds meanwhile: the axes --depth and --held-bytes.
//
// A task of depth 1 that holds nothing is the ordinary one, and takes the ordinary code. All others
// are in the folders `nested` of the workloads, where the values are template arguments, as the
// size of a future or of a frame is known when it is compiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "generated/workloads/cells.hpp"
#include "runtimes/errors.hpp"

namespace skein::workloads {

struct nesting {
  std::int64_t depth = usual::depth;  ///< how many calls down the wait happens, the task's own one
  std::int64_t held_bytes = usual::held_bytes;  ///< live across it on the outermost level

  [[nodiscard]] constexpr bool is_plain() const noexcept {
    return depth == usual::depth && held_bytes == usual::held_bytes;
  }
};

// All values that may be asked for. They are declared for all workloads, so any one's will do.
inline constexpr const auto& depths = timers::of_declaration::depth_values;
inline constexpr const auto& held_sizes = timers::of_declaration::held_bytes_values;

namespace detail {

/// Calls `visit` with the constant among `All` that the value is, if it is one.
template <const auto& All, class Visit, std::size_t... I>
void with_constant(std::int64_t value, Visit&& visit, std::index_sequence<I...> /*places*/) {
  static_cast<void>(
      ((value == All[I] && (visit(std::integral_constant<std::int64_t, All[I]>()), true)) || ...));
}

}  // namespace detail

/// Calls `visit` with the size of what is held as a constant.
template <class Visit>
void with_held_bytes(const nesting& asked, Visit&& visit) {
  detail::with_constant<held_sizes>(asked.held_bytes, visit,
                                    std::make_index_sequence<held_sizes.size()>());
}

/// Calls `visit` with the depth and that size as constants.
template <class Visit>
void with_nesting(const nesting& asked, Visit&& visit) {
  detail::with_constant<depths>(
      asked.depth,
      [&](auto depth) { with_held_bytes(asked, [&](auto held) { visit(depth, held); }); },
      std::make_index_sequence<depths.size()>());
}

/// A level's last act is then not its call: no compiler makes a jump of it, or a loop of many.
inline void not_a_tail_call() noexcept {
  asm volatile("" : : : "memory");
}

/// So many bytes that a task keeps across a wait. Nobody can leave them out: they are written where
/// an address points that the compiler cannot see through, and read from there.
template <std::int64_t Bytes>
class held_bytes {
 public:
  void write() noexcept {
    std::iota(words_.begin(), words_.end(), first);
    hide();
  }
  /// Whether they are as they were written.
  [[nodiscard]] bool are_kept() const noexcept {
    hide();
    return std::accumulate(words_.begin(), words_.end(), std::uint64_t{0}) == sum;
  }

 private:
  static constexpr std::uint64_t count = Bytes / sizeof(std::uint64_t);
  static constexpr std::uint64_t first = 1;
  static constexpr std::uint64_t sum = count * (count + 1) / 2;
  static_assert(Bytes % sizeof(std::uint64_t) == 0);

  void hide() const noexcept { asm volatile("" : : "r"(words_.data()) : "memory"); }

  std::array<std::uint64_t, count> words_;
};

template <>
class held_bytes<0> {
 public:
  void write() noexcept {}
  [[nodiscard]] bool are_kept() const noexcept { return true; }
};

/// What a runtime that has no levels answers to a task that is to have some.
inline limit_error no_levels(std::string_view runtime, const nesting& asked) {
  const bool is_deep = asked.depth != usual::depth;
  return limit_error::lacking(is_deep ? "depth" : "held_bytes",
                              std::string(runtime) + " has no such task: it takes " +
                                  (is_deep ? "--depth 1" : "--held-bytes 0") + " only");
}

}  // namespace skein::workloads
