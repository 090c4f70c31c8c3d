// One load, from the first request to the last reply: warm-up, window, drain.
// Leaves out the protocol around it (generator.cpp) and the record made of it (report.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/generator/exchange.hpp"
#include "harness/generator/window.hpp"

namespace skein::generator {

/// Callbacks of a running load, called on its own thread. Both are given a duration, because
/// whoever hears of it may have another clock.
struct load_hooks {
  std::function<void(time_ns warmup_ns)> window_begin;
  std::function<void(time_ns window_ns)> window_end;
  /// Asked every few ms; true abandons the load.
  std::function<bool()> interrupted;
};

/// Sends one load over the active connections, busy polling.
///
/// 1. The load begins at once, and its mode decides what is sent:
///    - open and idle_heavy follow one schedule that is fixed in advance, from the beginning of the
///      load to the end of the window.
///    - fixed keeps one request in flight on every active connection. With a `pipeline` it sends
///      that many in a row, and the next ones when all of these have their replies.
///    - churn closes every active connection; then it connects, sends one request and closes, over
///      and over. A churn request is meant to be sent when its connect() is called, and its
///      connection is closed when the reply is whole.
///    - once sends each connection its only request, the next one when a reply makes room for it.
/// 2. The window begins when both warmup_ns have passed and warmup_requests have completed, but no
///    later than after 5 * warmup_ns + 2 s; a load too slow for that count says so in
///    `warmup_note`. Mode once has no warm-up: all its requests belong to the window.
/// 3. The window ends after duration_ns, or with the completion that makes `requests`. With
///    `requests` it also ends when nothing has completed for 10 s. In every case it ends when all
///    active connections are lost. `early_end` reports the last two.
/// 4. The drain then sends what is late and waits up to 2 s for replies. Requests without a reply
///    are counted as errors.timeout; requests that the generator never came to send, as `unsent`.
/// 5. After a churn load the active connections are closed.
class load_run : private exchange_observer {
 public:
  /// The first `active` connections of the table must be open; for churn it is enough that they
  /// were open once.
  load_run(connection_table& table, exchange& requests, const load_request& load,
           std::uint32_t active, std::uint64_t seed, load_hooks hooks);
  load_run(const load_run&) = delete;
  load_run& operator=(const load_run&) = delete;

  /// Runs the whole load. False when interrupted: then nothing measured is of use.
  bool run();

  [[nodiscard]] const window& measured() const noexcept { return window_; }
  [[nodiscard]] time_ns warmup_ns() const noexcept { return window_.begin_ns() - start_ns_; }
  /// Scheduled requests that were still not sent when the drain ended.
  [[nodiscard]] std::uint64_t unsent() const noexcept { return unsent_; }
  [[nodiscard]] const std::string& warmup_note() const noexcept { return warmup_note_; }
  [[nodiscard]] const std::string& early_end() const noexcept { return early_end_; }

 private:
  enum class phase : std::uint8_t { warm_up, window, drain, finished };

  time_ns look();
  time_ns send_due(time_ns now);
  time_ns send_scheduled(time_ns now);
  time_ns send_first(time_ns now);
  void receive(time_ns now);
  void advance(time_ns now);
  void begin_window_if_warm(time_ns now);
  void begin_window(time_ns now);
  void end_window_if_due(time_ns now);
  void end_window(time_ns now);
  void end_early(time_ns now, std::string why);
  void end_drain_if_done(time_ns now);
  void issue(std::uint32_t connection, time_ns intended_ns, time_ns now);
  void issue_first(std::uint32_t connection, time_ns now);
  void issue_in_a_row(std::uint32_t connection, time_ns now);
  time_ns next_cycle(std::uint32_t connection);
  void connect_and_issue(std::uint32_t connection);
  void close_active();
  void take_next_arrival();
  void count_unsent();
  void on_sent(const request& sent) override;
  void on_look(time_ns now) override;
  void on_reply(std::uint32_t connection, const request& done, time_ns now) override;

  connection_table* table_;
  exchange* requests_;
  load_request load_;
  std::uint32_t active_;
  load_hooks hooks_;
  window window_;
  std::optional<arrival_schedule> schedule_;  ///< scheduled modes only
  arrival next_{};
  time_ns next_due_ns_;        ///< when next_ is due; the far future without a schedule
  std::uint32_t started_ = 0;  ///< without a schedule: connections given their first request
  bool idle_turn_ = false;     ///< so far in this turn nothing was due and nothing has come
  bool cycle_over_ = false;    ///< churn: the connection of the present event has had its reply
  phase phase_ = phase::warm_up;
  time_ns start_ns_ = 0;
  time_ns send_until_ns_;  ///< no request is intended for this instant or later
  time_ns ended_ns_ = 0;
  time_ns last_reply_ns_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t unsent_ = 0;
  std::uint64_t lost_seen_;
  std::string warmup_note_;
  std::string early_end_;
};

}  // namespace skein::generator
