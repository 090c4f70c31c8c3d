// The loop: send what is due, receive what has come, check whether a phase is over; never sleep. To
// keep lateness low, the schedule is checked between any two events, and not once per poll.
#include "harness/generator/load.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace skein::generator {
namespace {

constexpr time_ns far_future = std::numeric_limits<time_ns>::max();
constexpr time_ns interrupt_check_ns = 5 * ns_per_ms;
constexpr time_ns drain_limit_ns = 2 * ns_per_s;
constexpr time_ns stall_limit_ns = 10 * ns_per_s;
/// Requests sent in a row before the loop looks for replies again.
constexpr int send_burst = 32;
/// Missed requests that are counted one by one; beyond that, the rest is computed from the rate.
constexpr std::uint64_t counted_unsent = 10'000'000;

time_ns warmup_cap_ns(const load_request& load) {
  return 5 * load.warmup_ns + 2 * ns_per_s;
}

}  // namespace

load_run::load_run(connection_table& table, exchange& requests, const load_request& load,
                   std::uint32_t active, std::uint64_t seed, load_hooks hooks)
    : table_(&table),
      requests_(&requests),
      load_(load),
      active_(active),
      hooks_(std::move(hooks)),
      window_(load.requests ? 0 : load.duration_ns),
      next_due_ns_(far_future),
      send_until_ns_(far_future),
      lost_seen_(requests.lost_connections()) {
  assert(load.mode == load_mode::churn || table.open_among(active) == active);
  requests.attach(*this, load.pipeline.value_or(std::numeric_limits<std::uint32_t>::max()));
  if (is_scheduled(load.mode)) schedule_.emplace(load.arrival, load.rate_per_s, seed, active);
}

bool load_run::run() {
  start_ns_ = last_reply_ns_ = monotonic_clock::now_ns();
  if (schedule_) take_next_arrival();
  if (load_.mode == load_mode::once) begin_window(start_ns_);
  time_ns next_check_ns = start_ns_;
  time_ns turn_began_ns = start_ns_;
  while (phase_ != phase::finished) {
    time_ns now = look();
    window_.on_turn(idle_turn_, now - turn_began_ns);
    turn_began_ns = now;
    idle_turn_ = true;
    if (now >= next_check_ns) {
      if (hooks_.interrupted()) return false;
      next_check_ns = now + interrupt_check_ns;
    }
    now = send_due(now);
    advance(now);
    receive(now);
  }
  count_unsent();
  requests_->give_up();
  if (load_.mode == load_mode::churn) close_active();
  return true;
}

time_ns load_run::look() {
  const time_ns now = monotonic_clock::now_ns();
  window_.on_look(now);
  return now;
}

time_ns load_run::send_due(time_ns now) {
  return schedule_ ? send_scheduled(now) : send_first(now);
}

/// Sends what the schedule says is due; returns the time afterwards.
time_ns load_run::send_scheduled(time_ns now) {
  for (int sent = 0; sent < send_burst && next_due_ns_ <= now; ++sent) {
    if (next_due_ns_ >= send_until_ns_) break;
    issue(next_.connection, next_due_ns_, now);
    take_next_arrival();
    now = look();
  }
  return now;
}

/// Without a schedule: sends the first request of each connection. Replies cause all later ones; in
/// mode once a reply makes room for the next connection.
time_ns load_run::send_first(time_ns now) {
  for (int sent = 0; sent < send_burst && started_ < active_; ++sent) {
    if (now >= send_until_ns_) break;
    if (load_.mode == load_mode::once && requests_->outstanding() >= load_.in_flight) break;
    issue_first(started_++, now);
    now = look();
  }
  return now;
}

void load_run::issue_first(std::uint32_t connection, time_ns now) {
  if (load_.mode == load_mode::fixed) return issue_in_a_row(connection, now);
  if (load_.mode == load_mode::once) return issue(connection, now, now);
  table_->close(connection);
  connect_and_issue(connection);
}

/// Mode fixed: sends as many requests as the pipeline allows, one send each, without waiting in
/// between.
void load_run::issue_in_a_row(std::uint32_t connection, time_ns now) {
  for (std::uint32_t i = load_.pipeline.value_or(1); i > 0; --i) {
    issue(connection, now, now);
    if (i > 1) look();
  }
}

/// Mode churn: the connection has had its reply. Resets it and connects again if there is time for
/// another request. Done between two events, when nothing looks at the connection's bytes any more.
time_ns load_run::next_cycle(std::uint32_t connection) {
  cycle_over_ = false;
  table_->close(connection);
  if (monotonic_clock::now_ns() < send_until_ns_) connect_and_issue(connection);
  return look();
}

void load_run::connect_and_issue(std::uint32_t connection) {
  try {
    const time_ns begun_ns = table_->reopen(connection);
    issue(connection, begun_ns, begun_ns);
  } catch (const connect_error&) {
    requests_->refuse(connection);
  }
}

void load_run::close_active() {
  for (std::uint32_t i = 0; i < active_; ++i) table_->close(i);
}

void load_run::receive(time_ns now) {
  const auto events = table_->poll(0);
  if (!events.empty()) idle_turn_ = false;
  for (const epoll_event& event : events) {
    const time_ns before = now;
    now = requests_->on_event(event.data.u32, event.events, now);
    if (now == before) now = look();  // nothing was received, so the clock was not read
    if (cycle_over_) now = next_cycle(event.data.u32);
    if (next_due_ns_ <= now) now = send_scheduled(now);
  }
}

void load_run::advance(time_ns now) {
  if (phase_ == phase::warm_up) begin_window_if_warm(now);
  if (phase_ == phase::window) end_window_if_due(now);
  if (phase_ == phase::drain) end_drain_if_done(now);
  if (requests_->lost_connections() == lost_seen_) return;
  lost_seen_ = requests_->lost_connections();
  if (table_->alive_among(active_) == 0) end_early(now, "all active connections were lost");
}

void load_run::begin_window_if_warm(time_ns now) {
  const time_ns elapsed_ns = now - start_ns_;
  if (elapsed_ns < load_.warmup_ns) return;
  if (completed_ < load_.warmup_requests) {
    if (elapsed_ns < warmup_cap_ns(load_)) return;
    warmup_note_ = "warm-up ended after " + std::to_string(elapsed_ns / ns_per_ms) + " ms with " +
                   std::to_string(completed_) + " of " + std::to_string(load_.warmup_requests) +
                   " requests completed";
  }
  begin_window(now);
}

void load_run::begin_window(time_ns now) {
  phase_ = phase::window;
  window_.begin(now);
  if (!load_.requests) send_until_ns_ = now + load_.duration_ns;
  last_reply_ns_ = now;
  hooks_.window_begin(warmup_ns());
}

void load_run::end_window_if_due(time_ns now) {
  if (now >= send_until_ns_) return end_window(now);
  if (load_.requests && now - last_reply_ns_ > stall_limit_ns) {
    end_early(now, "nothing completed for 10 s");
  }
}

void load_run::end_window(time_ns now) {
  phase_ = phase::drain;
  send_until_ns_ = std::min(send_until_ns_, now);
  ended_ns_ = now;
  window_.end(now, send_until_ns_);
  hooks_.window_end(window_.duration_ns());
}

void load_run::end_early(time_ns now, std::string why) {
  if (phase_ == phase::warm_up) begin_window(now);
  if (phase_ == phase::window) {
    early_end_ = std::move(why);
    end_window(now);
  }
}

void load_run::end_drain_if_done(time_ns now) {
  const bool all_sent = next_due_ns_ >= send_until_ns_;
  const bool all_answered = requests_->outstanding() == 0;
  if (!(all_sent && all_answered) && now - ended_ns_ < drain_limit_ns) return;
  phase_ = phase::finished;
}

void load_run::issue(std::uint32_t connection, time_ns intended_ns, time_ns now) {
  idle_turn_ = false;
  window_.on_issued(intended_ns, now);
  requests_->issue(connection, intended_ns, now);
  window_.on_outstanding(requests_->outstanding());
}

void load_run::take_next_arrival() {
  next_ = schedule_->next();
  next_due_ns_ = start_ns_ + next_.offset_ns;
}

/// Counts the part of the schedule that the drain left unsent. That is the generator's failure, so
/// it must be in the result.
void load_run::count_unsent() {
  for (; next_due_ns_ < send_until_ns_ && unsent_ < counted_unsent; take_next_arrival()) {
    window_.on_missed(next_due_ns_, 1);
    ++unsent_;
  }
  if (next_due_ns_ >= send_until_ns_) return;
  const auto due_from = [&](time_ns begin_ns) {
    const auto left_ns = static_cast<double>(send_until_ns_ - begin_ns);
    return static_cast<std::uint64_t>(left_ns * load_.rate_per_s / static_cast<double>(ns_per_s));
  };
  // What was counted so far may lie in the warm-up alone.
  const time_ns in_window_ns = std::max(next_due_ns_, window_.begin_ns());
  window_.on_missed(in_window_ns, due_from(in_window_ns));
  unsent_ += due_from(next_due_ns_);
}

void load_run::on_sent(const request& sent) {
  window_.on_sent(sent);
}

void load_run::on_look(time_ns now) {
  window_.on_look(now);
}

void load_run::on_reply(std::uint32_t connection, const request& done, time_ns now) {
  window_.on_reply(done, now);
  last_reply_ns_ = now;
  ++completed_;
  if (load_.requests && phase_ == phase::window && window_.units() == *load_.requests) {
    end_window(now);
  }
  if (load_.mode == load_mode::churn) cycle_over_ = true;
  if (load_.mode != load_mode::fixed || now >= send_until_ns_) return;
  const bool all_answered = table_->at(connection).oldest == nullptr;
  if (all_answered) issue_in_a_row(connection, now);
}

}  // namespace skein::generator
