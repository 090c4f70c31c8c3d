// Reads the small text files of /proc and /sys, in pieces that a test can run on a tree of its own.
// Leaves out what the numbers mean: each reader in this folder knows its own files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::measure {

/// Where the kernel's file systems are mounted. Tests point these at a directory of fixtures.
struct system_paths {
  std::string proc = "/proc";
  std::string sys = "/sys";
};

/// Why /proc cannot be used to look at processes by the pids that this process sees; empty where it
/// can. It may belong to another PID namespace (`unshare -p` without --mount-proc), where the pids
/// name other processes.
std::optional<std::string> why_not_our_proc(const system_paths& paths = {});

/// The whole file; empty when it cannot be opened or read. Never throws for a missing file:
/// "unknown" is a valid answer here.
std::optional<std::string> read_text(const std::string& path);

/// The whole of a gzip or plain file, up to 4 MiB; empty when unreadable.
std::optional<std::string> read_gzip_text(const std::string& path);

/// The first line of the file without its newline or trailing blanks; empty when unreadable.
std::optional<std::string> read_line(const std::string& path);

/// The first whitespace-separated word as a number; empty when unreadable or not a number ("max" in
/// a cgroup file, for example).
std::optional<std::int64_t> read_integer(const std::string& path);

/// `text` as a decimal number, surrounding blanks allowed; empty when it is anything else.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// The value after "name:" in a "Name:   123 kB" file such as /proc/PID/status, as the kernel wrote
/// it; kibibytes are turned into bytes by `field_bytes`.
std::optional<std::int64_t> field_value(std::string_view text, std::string_view name);
std::optional<std::int64_t> field_bytes(std::string_view text, std::string_view name);

/// The rest of the line after "name" and a colon or blank, trimmed; empty when there is no such
/// line.
std::optional<std::string> field_text(std::string_view text, std::string_view name);

/// Without blanks and newlines at either end.
std::string_view trim(std::string_view text);

/// Whitespace-separated words of one line.
std::vector<std::string_view> split_words(std::string_view line);

/// Lines without their newlines; a last line without a newline counts.
std::vector<std::string_view> split_lines(std::string_view text);

/// "0-3,6" as {0, 1, 2, 3, 6}; empty when the text is not such a list.
std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace skein::measure
