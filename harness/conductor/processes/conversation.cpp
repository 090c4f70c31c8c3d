// ppoll over everything; then bytes become lines, lines messages, and messages wait in queues.
#include "harness/conductor/processes/conversation.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <poll.h>
#include <system_error>
#include <utility>

#include "harness/cells/usage_error.hpp"
#include "runtimes/errors.hpp"

namespace skein::conductor {
namespace {

constexpr time_ns moment_ns = 300 * ns_per_ms;
/// Time enough for a worker to end 10,000 tasks before it says why.
constexpr time_ns first_word_ns = 2 * ns_per_s;
/// The longest that a stop which ended before it was seen can be counted as. Each look takes some
/// microseconds of the load generator's CPU.
constexpr time_ns look_for_stops_ns = 50 * ns_per_ms;
constexpr std::size_t shown_bytes = 160;

std::string text_at(const json& message, const char* name, const std::string& otherwise) {
  const auto found = message.find(name);
  return found != message.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

std::string type_of(const json& message) {
  return text_at(message, "type", "");
}

bool is(const json& message, std::string_view type, std::string_view name) {
  if (type_of(message) != type) return false;
  const auto found = message.find("name");
  return name.empty() || (found != message.end() && *found == name);
}

std::string shown(std::string_view text) {
  std::string result(text.substr(0, shown_bytes));
  if (text.size() > shown_bytes) result += "...";
  return result;
}

std::string described(std::string_view type, std::string_view name) {
  return name.empty() ? "'" + std::string(type) + "'"
                      : "'" + std::string(type) + " " + std::string(name) + "'";
}

limit_fact limit_from(const json& message) {
  limit_fact limit;
  limit.name = text_at(message, "limit", "unnamed limit");
  limit.value = measure::integer_at(message, "value");
  limit.needed = measure::integer_at(message, "needed").value_or(0);
  limit.message = text_at(message, "message", limit.name + " is too low");
  return limit;
}

std::string how_it_ended(const std::optional<process_end>& end) {
  if (!end) return "closed its channel";
  if (end->signal) return "was ended by " + signal_name(*end->signal);
  return "exited with status " + std::to_string(*end->exit_status);
}

}  // namespace

cell_ended failed_by(child_process& child, status how, std::string message) {
  failure_fact fact;
  fact.process = child.name();
  // A timed-out child still runs, so waiting for its end would be in vain.
  if (how != status::timeout) {
    if (const auto end = child.wait_until(monotonic_clock::now_ns() + moment_ns)) {
      fact.exit_status = end->exit_status;
      fact.signal = end->signal;
    }
  }
  child.drain_stderr();
  fact.stderr_lines = child.stderr_lines();
  fact.message = "the " + child.name() + " " + std::move(message);
  return {how, std::move(fact)};
}

void conversation::add(child_process& child, std::string unheard) {
  peers_.emplace_back();
  peers_.back().child = &child;
  peers_.back().unheard = std::move(unheard);
}

void conversation::keep_in_touch(child_process& child, const touch& bounds) {
  peer_of(child).felt = pulse{.bounds = bounds};
}

std::int64_t conversation::said_to(const child_process& child) const {
  const auto found = std::ranges::find(peers_, &child, &peer::child);
  return found == peers_.end() ? 0 : found->said;
}

void conversation::say(child_process& child, const json& message) {
  ++peer_of(child).said;
  try {
    child.channel().write_line(measure::to_text(message));
  } catch (const std::system_error&) {
    ended_early(peer_of(child));
  }
}

json conversation::expect(child_process& child, std::string_view type, time_ns deadline_ns,
                          std::string_view name) {
  std::size_t only = 0;
  return expect_first({&child}, type, deadline_ns, only, name);
}

json conversation::expect_first(const std::vector<child_process*>& children, std::string_view type,
                                time_ns deadline_ns, std::size_t& which, std::string_view name) {
  const time_ns bound_ns = std::min(deadline_ns, cell_deadline_ns_);
  for (;;) {
    for (which = 0; which < children.size(); ++which) {
      json message = take(peer_of(*children[which]), type, name);
      if (!message.is_null()) return message;
    }
    check_presence();
    if (monotonic_clock::now_ns() >= bound_ns) timed_out(peer_of(*children.front()), type, name);
    pump(bound_ns);
  }
}

json conversation::ask(child_process& child, const json& message, std::string_view type,
                       time_ns deadline_ns, std::string_view name) {
  say(child, message);
  return expect(child, type, deadline_ns, name);
}

bool conversation::has_come(const child_process& child, std::string_view type,
                            std::string_view name) {
  const auto& messages = peer_of(child).messages;
  return std::any_of(messages.begin(), messages.end(),
                     [&](const json& message) { return is(message, type, name); });
}

void conversation::wait_until(time_ns deadline_ns) {
  do {
    wait_for_news(deadline_ns);
  } while (monotonic_clock::now_ns() < deadline_ns);
}

void conversation::wait_for_news(time_ns deadline_ns) {
  pump(deadline_ns);
  check_presence();
}

void conversation::dismiss(child_process& child, time_ns deadline_ns) {
  peer_of(child).leaving = true;
  const time_ns bound_ns = std::min(deadline_ns, cell_deadline_ns_);
  auto end = child.wait_until(std::min(bound_ns, notes_.due_ns()));
  while (!end && monotonic_clock::now_ns() < bound_ns) {
    tell_of_the_wait(bound_ns);
    end = child.wait_until(std::min(bound_ns, notes_.due_ns()));
  }
  if (!end) throw failed_by(child, status::timeout, "said it had stopped, and did not exit");
  if (end->exit_status != 0) throw failed_by(child, status::failed, how_it_ended(end));
  std::erase_if(peers_, [&](const peer& each) { return each.child == &child; });
}

/// Ends the run if any child has gone, whichever child is waited for.
void conversation::check_presence() {
  for (peer& each : peers_) {
    if (each.at_end && !each.leaving) ended_early(each);
  }
}

conversation::peer& conversation::peer_of(const child_process& child) {
  const auto found = std::find_if(peers_.begin(), peers_.end(),
                                  [&](const peer& each) { return each.child == &child; });
  assert(found != peers_.end());
  return *found;
}

void conversation::pump(time_ns deadline_ns) {
  signals_.check();
  std::vector<pollfd> entries{{signals_.descriptor(), POLLIN, 0},
                              {signals_.child_descriptor(), POLLIN, 0}};
  const std::size_t first = entries.size();
  for (const peer& each : peers_) {
    entries.push_back({each.at_end ? -1 : each.child->reply_fd(), POLLIN, 0});
    entries.push_back({each.child->stderr_fd(), POLLIN, 0});
  }
  const time_ns now_ns = monotonic_clock::now_ns();
  const time_ns wake_ns = std::min({deadline_ns, notes_.due_ns(), now_ns + look_for_stops_ns});
  const time_ns left_ns = std::max<time_ns>(wake_ns - now_ns, 0);
  const timespec left{left_ns / ns_per_s, left_ns % ns_per_s};
  if (::ppoll(entries.data(), entries.size(), &left, nullptr) < 0 && errno != EINTR) {
    throw_errno("ppoll");
  }
  signals_.check();
  tell_of_the_wait(deadline_ns);
  signals_.heard_of_children();
  for (const peer& each : peers_) each.child->look_for_stops();
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (entries[first + 2 * i + 1].revents != 0) peers_[i].child->drain_stderr();
    if (entries[first + 2 * i].revents != 0) take_in(peers_[i]);
  }
  for (peer& each : peers_) feel_pulse(each);
}

/// Comes after what has been said was taken in: a conductor that was stopped has answers waiting.
void conversation::feel_pulse(peer& of) {
  if (!of.felt || of.leaving || of.at_end) return;
  const time_ns now_ns = monotonic_clock::now_ns();
  const touch& bounds = of.felt->bounds;
  if (!of.felt->answered) {
    if (now_ns - of.felt->asked_ns < bounds.answer_ns) return;
    fail(of, status::timeout,
         fmt::format("has given no sign of life for {:.1f} s: it, its host or the network to it "
                     "is gone",
                     static_cast<double>(now_ns - of.felt->asked_ns) / ns_per_s));
  }
  if (now_ns - of.felt->asked_ns < bounds.every_ns) return;
  of.felt->asked_ns = now_ns;
  of.felt->answered = false;
  try {
    of.child->channel().write_line(
        measure::to_text({{"type", "alive"}, {"silence_ns", bounds.silence_ns}}));
  } catch (const std::system_error&) {
    // It has ended; what it said before is still to be heard.
  }
}

void conversation::tell_of_the_wait(time_ns deadline_ns) {
  if (const auto word = notes_.take(monotonic_clock::now_ns(), deadline_ns)) {
    fmt::print(stderr, "skein: {}\n", *word);
  }
}

void conversation::take_in(peer& from) {
  try {
    if (!from.child->channel().feed()) from.at_end = true;
    while (auto line = from.child->channel().next_line()) receive(from, *line);
  } catch (const protocol::framing_error& error) {
    if (from.at_end) ended_early(from);
    fail(from, status::failed, std::string("broke the protocol: ") + error.what());
  }
}

void conversation::receive(peer& from, const std::string& line) {
  json message = json::parse(line, nullptr, false);
  if (!message.is_object() || type_of(message).empty()) {
    fail(from, status::failed, "answered something that is no message: " + shown(line));
  }
  from.unheard.clear();
  if (from.felt && is(message, "alive", {})) {
    from.felt->answered = true;
    return;
  }
  if (from.felt && is(message, "refused", {})) {
    throw cells::usage_error(text_at(message, "message", "the load generator refuses"));
  }
  if (is(message, "limit", {})) throw cell_ended(limit_from(message));
  if (is(message, "error", {})) {
    if (&from != &peers_.front()) hear_first_peer();
    throw failed_by(*from.child, status::failed,
                    "reports: " + text_at(message, "message", "an error, unexplained"));
  }
  from.messages.push_back(std::move(message));
}

/// When the process under test fails, the other processes see failed connections. So it gets time
/// to name its limit or to end, and that is then the reason why the run ended.
void conversation::hear_first_peer() {
  peer& first = peers_.front();
  if (first.leaving) return;
  const time_ns deadline_ns = monotonic_clock::now_ns() + first_word_ns;
  for (;;) {
    if (first.at_end) ended_early(first);
    const time_ns left_ns = deadline_ns - monotonic_clock::now_ns();
    if (left_ns <= 0) return;
    std::array<pollfd, 2> entries{
        {{signals_.descriptor(), POLLIN, 0}, {first.child->reply_fd(), POLLIN, 0}}};
    const timespec left{left_ns / ns_per_s, left_ns % ns_per_s};
    if (::ppoll(entries.data(), entries.size(), &left, nullptr) < 0 && errno != EINTR) {
      throw_errno("ppoll");
    }
    signals_.check();
    if (entries[1].revents != 0) take_in(first);
  }
}

/// The wanted message, or null if it has not come.
json conversation::take(peer& from, std::string_view type, std::string_view name) {
  for (auto each = from.messages.begin(); each != from.messages.end(); ++each) {
    if (is(*each, type, name)) {
      json message = std::move(*each);
      from.messages.erase(each);
      return message;
    }
    if (!is(*each, "phase", "finished")) {
      throw failed_by(*from.child, status::failed,
                      "was asked for " + described(type, name) +
                          " and said: " + shown(measure::to_text(*each)));
    }
  }
  return nullptr;
}

void conversation::fail(peer& from, status how, const std::string& message) {
  throw failed_by(*from.child, how, message + from.unheard);
}

void conversation::ended_early(peer& from) {
  const auto end = from.child->wait_until(monotonic_clock::now_ns() + moment_ns);
  fail(from, status::failed, how_it_ended(end) + " before the run was over");
}

void conversation::timed_out(peer& from, std::string_view type, std::string_view name) {
  fail(from, status::timeout, "did not answer with " + described(type, name) + " in time");
}

}  // namespace skein::conductor
