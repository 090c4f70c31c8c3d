// How many connections carry requests, by mode: the usual number and what is allowed.
#pragma once

#include <cstdint>
#include <string_view>

namespace skein::cells {

/// The usual number of active connections of `connections`: all of them in mode open, 5 % in
/// idle_heavy, `closed_loop` (or all, if there are fewer) in fixed and churn.
std::int64_t usual_active(std::string_view mode, std::int64_t connections,
                          std::int64_t closed_loop);

/// Throws usage_error, with the remedy, where the mode does not allow so many.
void check_active(std::string_view mode, std::int64_t connections, std::int64_t active);

}  // namespace skein::cells
