// Lines are parsed here only as far as it takes to know `alive` and `stop`.
#include "harness/generator/command_inbox.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace skein::generator {
namespace {

/// How long the inbox waits at a time where nothing bounds it; it then waits again.
constexpr time_ns longest_wait_ns = 3600 * ns_per_s;

json parsed_or_null(const std::string& line) {
  json message = json::parse(line, nullptr, false);
  return message.is_object() ? message : json();
}

}  // namespace

std::optional<std::string> command_inbox::next() {
  while (waiting_.empty()) {
    auto line = channel_.read_line_for(static_cast<int>((left_ns() + ns_per_ms - 1) / ns_per_ms));
    if (line) {
      hear(std::move(*line));
    } else if (channel_.ended()) {
      return std::nullopt;
    } else if (left_ns() == 0) {
      throw std::runtime_error("heard nothing from the conductor for " +
                               std::to_string(bound_ns_.value_or(0) / ns_per_ms) +
                               " ms: it, its host or the network to it is gone");
    }
  }
  std::string line = std::move(waiting_.front());
  waiting_.pop_front();
  return line;
}

bool command_inbox::interrupted() {
  const bool open = channel_.feed();
  while (auto line = channel_.next_line()) hear(std::move(*line));
  return stopping_ || !open || left_ns() == 0;
}

void command_inbox::hear(std::string line) {
  heard_ns_ = monotonic_clock::now_ns();
  const json message = parsed_or_null(line);
  const json type = message.is_null() ? json() : message.value("type", json());
  if (type == "alive") {
    watched_ = true;
    bound_ns_ = measure::integer_at(message, "silence_ns");
    return reply({{"type", "alive"}});
  }
  if (!watched_) bound_ns_.reset();
  if (type == "stop") stopping_ = true;
  waiting_.push_back(std::move(line));
}

/// Until the conductor has been silent for too long; 0 when it has.
time_ns command_inbox::left_ns() const {
  if (!bound_ns_) return longest_wait_ns;
  const time_ns silent_ns = monotonic_clock::now_ns() - heard_ns_;
  return std::clamp<time_ns>(*bound_ns_ - silent_ns, 0, longest_wait_ns);
}

}  // namespace skein::generator
