// Fingerprints of a file's contents and of a text. Leaves out security: they only tell builds and
// machines apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::measure {

/// SHA-256 of a file as 64 hex digits, by sha256sum from coreutils; empty when the file or the
/// program is missing.
std::optional<std::string> file_sha256(const std::string& path);

/// FNV-1a, 64 bits, as 16 hex digits: the same on every machine and in every version.
std::string text_hash(std::string_view text);

}  // namespace skein::measure
