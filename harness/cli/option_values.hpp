// The value of one option: what was typed, or what stands in for it, within its bounds.
// Every function throws usage_error, which names the option and says what it may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtimes/clock.hpp"

namespace skein::cli {

inline constexpr std::int64_t max_count = 100'000'000;

std::int64_t count_or(const char* option, const std::string& text, std::int64_t otherwise,
                      std::int64_t low, std::int64_t high = max_count);
std::int64_t size_or(const char* option, const std::string& text, std::int64_t otherwise,
                     std::int64_t low, std::int64_t high);

/// A day at most.
time_ns duration_or(const char* option, const std::string& text, time_ns otherwise, time_ns low);
std::string choice_or(const char* kind, const std::string& text, const std::string& otherwise,
                      const std::vector<std::string>& valid);

/// An option that another choice makes meaningless is refused, not ignored.
void refuse_unless(bool applies, const char* option, const std::string& text, const char* when);

}  // namespace skein::cli
