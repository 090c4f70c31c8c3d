// Talking to the children, with deadlines: the one place where the conductor waits.
//
// 1. Every wait polls the replies and the stderr of every child, and the interrupts. So the run
//    learns at once of any child that fails, whenever that happens.
// 2. A message of type `limit` or `error`, an end of file, or a line that is no message ends the
//    cell by an exception from whichever wait is running. So does a message that nobody asked for,
//    except {"type":"phase","name":"finished"}, which may come at any time.
// 3. Every wait has a deadline, and none is later than the cell's.
// 4. A long wait prints what it waits for (awaits).
// 5. Every wait looks for children that were stopped, at least every 50 ms (stops.hpp).
// 6. A child that may be the near end of another host's process (keep_in_touch) is asked each
//    second whether it is alive: the loss of a host or of a network closes no channel. It may
//    refuse what its host cannot do, which is then a usage_error: nothing was measured.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/conductor/outcome.hpp"
#include "harness/conductor/processes/child_process.hpp"
#include "harness/conductor/processes/interrupts.hpp"
#include "harness/conductor/processes/waiting_notes.hpp"
#include "harness/measure/fields.hpp"
#include "harness/measure/json.hpp"
#include "runtimes/clock.hpp"

namespace skein::conductor {

using measure::json;

/// How a far process and the conductor notice each other's loss.
struct touch {
  time_ns every_ns = 1 * ns_per_s;
  time_ns answer_ns = 15 * ns_per_s;   ///< it answers within that time, whatever it is doing
  time_ns silence_ns = 30 * ns_per_s;  ///< it ends by itself if it hears nothing for so long
};

class conversation {
 public:
  conversation(const interrupts& signals, time_ns cell_deadline_ns,
               waiting_notes notes = waiting_notes())
      : signals_(signals), cell_deadline_ns_(cell_deadline_ns), notes_(std::move(notes)) {}

  /// The child must outlive the conversation, or be forgotten. `unheard` is added to whatever goes
  /// wrong with it before its first message.
  void add(child_process& child, std::string unheard = {});

  /// From now on rule 6 holds for the child.
  void keep_in_touch(child_process& child, const touch& bounds = {});

  /// What the next waits are for, in the words of waiting_notes; printed on stderr if they take
  /// long.
  void awaits(std::string what) { notes_.begin(std::move(what), monotonic_clock::now_ns()); }

  void say(child_process& child, const json& message);

  /// The child's next message, which must be of this type (and, for a phase, of this name).
  /// Throws cell_ended by rule 2, or with status timeout; `interrupted` on a signal.
  json expect(child_process& child, std::string_view type, time_ns deadline_ns,
              std::string_view name = {});
  /// The first such message of any of these children; `which` says whose it is. What else they say
  /// is as unexpected as in expect().
  json expect_first(const std::vector<child_process*>& children, std::string_view type,
                    time_ns deadline_ns, std::size_t& which, std::string_view name = {});
  /// say, then expect: the usual exchange.
  json ask(child_process& child, const json& message, std::string_view type, time_ns deadline_ns,
           std::string_view name = {});
  /// True once that message has come; does not take it.
  bool has_come(const child_process& child, std::string_view type, std::string_view name);

  /// Waits up to the deadline exactly, while watching the children.
  void wait_until(time_ns deadline_ns);

  /// Waits until something may have come from a child, at most until the deadline.
  void wait_for_news(time_ns deadline_ns);

  /// Gives the cell a little more time: to ask a late child what it is doing.
  void extend(time_ns extra_ns) {
    cell_deadline_ns_ = std::max(cell_deadline_ns_, monotonic_clock::now_ns() + extra_ns);
  }

  /// Waits for the child to end by itself with status 0 and forgets it.
  void dismiss(child_process& child, time_ns deadline_ns);

  [[nodiscard]] time_ns cell_deadline_ns() const noexcept { return cell_deadline_ns_; }

  /// How many messages this child was sent.
  [[nodiscard]] std::int64_t said_to(const child_process& child) const;

 private:
  struct pulse {
    touch bounds;
    time_ns asked_ns = 0;
    bool answered = true;
  };
  struct peer {
    child_process* child;
    std::string unheard;
    std::deque<json> messages;
    std::optional<pulse> felt;  ///< of one that is kept in touch with
    std::int64_t said = 0;
    bool leaving = false;
    bool at_end = false;
  };

  void check_presence();
  void feel_pulse(peer& of);
  peer& peer_of(const child_process& child);
  void pump(time_ns deadline_ns);
  void tell_of_the_wait(time_ns deadline_ns);
  void take_in(peer& from);
  void receive(peer& from, const std::string& line);
  void hear_first_peer();
  json take(peer& from, std::string_view type, std::string_view name);
  [[noreturn]] void fail(peer& from, status how, const std::string& message);
  [[noreturn]] void ended_early(peer& from);
  [[noreturn]] void timed_out(peer& from, std::string_view type, std::string_view name);

  const interrupts& signals_;
  time_ns cell_deadline_ns_;
  waiting_notes notes_;
  std::deque<peer> peers_;
};

/// A field of a child's message. Throws cell_ended when it is missing or has another type.
template <typename Value>
Value field(child_process& child, const json& message, const char* name);

/// A structure that a child has sent; `name` as in measure::from_json. Throws cell_ended naming the
/// field that is missing, not known or of another type.
template <measure::structured Struct>
Struct structure(child_process& child, const json& from, const std::string& name);

/// A failure of this child, with its exit (if it ends within a moment) and its last stderr lines.
cell_ended failed_by(child_process& child, status how, std::string message);

template <measure::structured Struct>
Struct structure(child_process& child, const json& from, const std::string& name) {
  try {
    return measure::from_json<Struct>(from, name);
  } catch (const std::invalid_argument& error) {
    throw failed_by(child, status::failed, std::string("sent a message in which ") + error.what());
  }
}

template <typename Value>
Value field(child_process& child, const json& message, const char* name) {
  if constexpr (std::is_integral_v<Value>) {  // else a fraction or a truth value would be accepted
    const auto value = measure::integer_at(message, name);
    if (value && std::in_range<Value>(*value)) return static_cast<Value>(*value);
  } else {
    const auto found = message.find(name);
    try {
      if (found != message.end()) return found->template get<Value>();
    } catch (const json::exception&) {
      // Treated as missing.
    }
  }
  throw failed_by(child, status::failed,
                  "sent a message without a usable '" + std::string(name) + "'");
}

}  // namespace skein::conductor
