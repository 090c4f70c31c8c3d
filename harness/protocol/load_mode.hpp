// The words in which a load is asked for and reported.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skein::protocol {

/// What a load sends:
///   open        requests on a schedule, over all active connections
///   idle_heavy  the same, with few active connections; there is no other difference
///   fixed       one request in flight on each active connection
///   churn       each active connection is made, used for one request, closed, and made again
///   once        each active connection is used for one request, a bounded number at a time
enum class load_mode : std::uint8_t { open, idle_heavy, fixed, churn, once };

constexpr std::array<std::string_view, 5> words_of(load_mode /*unused*/) {
  return {"open", "idle_heavy", "fixed", "churn", "once"};
}

constexpr bool is_scheduled(load_mode mode) noexcept {
  return mode == load_mode::open || mode == load_mode::idle_heavy;
}

/// How the gaps between scheduled requests are: exponential, or all equal.
enum class arrival_kind : std::uint8_t { poisson, uniform };

constexpr std::array<std::string_view, 2> words_of(arrival_kind /*unused*/) {
  return {"poisson", "uniform"};
}

}  // namespace skein::protocol
