// Reads small text files whole, with plain reads. The read itself generates a /proc file, so one
// large read is one consistent moment wherever the kernel offers that.
#include "harness/measure/proc_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <zlib.h>

namespace skein::measure {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Retries only an interrupted read; for the caller any other failure means "unknown".
ssize_t read_some(int descriptor, char* into, std::size_t size) {
  ssize_t got = 0;
  do got = ::read(descriptor, into, size);
  while (got < 0 && errno == EINTR);
  return got;
}

/// The piece of `text` up to `separator`, which is removed together with it.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto piece = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return piece;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<std::string> why_not_our_proc(const system_paths& paths) {
  std::error_code error;
  const std::string own = std::to_string(::getpid());
  const auto seen = std::filesystem::read_symlink(paths.proc + "/self", error).string();
  if (seen == own) return std::nullopt;
  return paths.proc + " is not that of this PID namespace: this process is " + own +
         ", and there " + (seen.empty() ? "it is not known" : "it is " + seen) +
         "; mount one (unshare --mount-proc, or mount -t proc proc /proc)";
}

std::optional<std::string> read_text(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::string text;
  std::array<char, 65536> block;
  ssize_t got = 0;
  while ((got = read_some(descriptor, block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(descriptor);
  if (got < 0) return std::nullopt;
  return text;
}

std::optional<std::string> read_gzip_text(const std::string& path) {
  constexpr std::size_t bytes_max = std::size_t{4} << 20;
  const gzFile file = ::gzopen(path.c_str(), "rbe");
  if (file == nullptr) return std::nullopt;
  std::string text(bytes_max, '\0');
  const int got = ::gzread(file, text.data(), static_cast<unsigned>(text.size()));
  ::gzclose(file);
  if (got < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  return text;
}

std::optional<std::string> read_line(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  return std::string(trim(take_until(rest, '\n')));
}

std::optional<std::int64_t> read_integer(const std::string& path) {
  const auto line = read_line(path);
  if (!line) return std::nullopt;
  const auto words = split_words(*line);
  return words.empty() ? std::nullopt : parse_integer(words.front());
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::string> field_text(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = take_until(text, '\n');
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    auto rest = line.substr(name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    const bool separated = rest.starts_with(':') || rest.size() + name.size() < line.size();
    if (!separated) continue;  // another field, whose name only begins alike
    if (rest.starts_with(':')) rest.remove_prefix(1);
    return std::string(trim(rest));
  }
  return std::nullopt;
}

std::optional<std::int64_t> field_value(std::string_view text, std::string_view name) {
  const auto value = field_text(text, name);
  if (!value) return std::nullopt;
  const auto words = split_words(*value);
  return words.empty() ? std::nullopt : parse_integer(words.front());
}

std::optional<std::int64_t> field_bytes(std::string_view text, std::string_view name) {
  const auto kibibytes = field_value(text, name);
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (auto first = line.find_first_not_of(blanks); first != std::string_view::npos;
       first = line.find_first_not_of(blanks)) {
    line.remove_prefix(first);
    const auto size = std::min(line.find_first_of(blanks), line.size());
    words.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
  return words;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) lines.push_back(take_until(text, '\n'));
  return lines;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr std::int64_t largest_cpu = 65'535;
  std::vector<int> cpus;
  text = trim(text);
  while (!text.empty()) {
    auto range = take_until(text, ',');
    const bool single = range.find('-') == std::string_view::npos;
    const auto first = parse_integer(take_until(range, '-'));
    const auto last = single ? first : parse_integer(range);
    if (!first || !last || *first < 0 || *last < *first || *last > largest_cpu) return {};
    for (auto cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

}  // namespace skein::measure
