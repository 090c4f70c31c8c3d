// "Did you mean": the known name closest to a mistyped one, and the message with it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace skein::cells {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other
/// (optimal string alignment distance). Linear space would be overkill for names of ten letters.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The name with the smallest distance, the first of equals. Empty when every name is further away
/// than half its length, or there are no names.
std::optional<std::string> nearest_match(std::string_view given,
                                         std::span<const std::string> names);

/// "unknown runtime 'corutine'; valid: coroutine, fiber; nearest: coroutine"
std::string unknown_name(std::string_view kind, std::string_view given,
                         std::span<const std::string> names);

/// Throws usage_error(unknown_name(...)) unless `given` is one of the names.
void require_known(std::string_view kind, std::string_view given,
                   std::span<const std::string> names);

}  // namespace skein::cells
