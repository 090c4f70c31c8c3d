// The order of events:
// 1. generator: hello; worker: hello, prepare, ready (it listens); generator: prepare, ready;
//    worker: start.
// 2. N/4, N/2, N connections. Before the first of them and after each step there is a rest and a
//    memory reading; after a step the worker must first confirm the number.
// 3. In any mode but idle the load, with readings of CPU and host at both ends of its window. In
//    mode idle the hold and then, if asked for, one message on each connection. After churn the
//    worker must have only those connections left that carried no load.
// 4. The work is compared while the connections are still open. Then the generator closes them and
//    ends, memory is read again, and the worker stops and ends.
#include "harness/conductor/runs/served_run.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cells/defaults.hpp"
#include "harness/conductor/judge/validity.hpp"
#include "harness/conductor/prepare/memory_forecast.hpp"
#include "harness/conductor/processes/joint_load.hpp"
#include "harness/conductor/processes/load_generators.hpp"
#include "harness/conductor/processes/worker_steps.hpp"
#include "harness/conductor/runs/memory_steps.hpp"
#include "harness/conductor/runs/window_probe.hpp"
#include "harness/conductor/runs/worker_counters.hpp"
#include "harness/measure/process_memory.hpp"
#include "harness/protocol/protocol.hpp"

namespace skein::conductor {
namespace {

constexpr time_ns settle_ns = 10 * ns_per_s;  // for counts to catch up with the peer
constexpr time_ns look_again_ns = 10 * ns_per_ms, longest_pause_ns = 320 * ns_per_ms;

class served_run {
 public:
  served_run(run_request& request, const pinning& pins, const interrupts& signals, outcome& out)
      : request_(request),
        asked_(request.asked),
        served_(std::get<c10k::cell>(request.asked.of)),
        how_(request.how.as<c10k::measuring>()),
        pins_(pins),
        out_(out),
        talk_(signals,
              monotonic_clock::now_ns() + request.timeout_ns.value_or(served_timeout_ns(request))),
        counters_(request.counted),
        worker_("worker", counters_.counted(worker_command(request)), pins.worker_set()),
        generators_(served_.loops.value_or(1), request.generator_commands, pins.generator_set()) {}

  void run() {
    set_up();
    open_connections();
    if (is_idle()) {
      hold();
      if (how_.exchange) exchange(*how_.exchange);
    } else {
      load();
    }
    wind_down();
  }

 private:
  [[nodiscard]] bool is_idle() const { return served_.mode == c10k::mode::idle; }
  [[nodiscard]] std::int64_t total() const { return served_.connections; }

  void set_up() {
    const time_ns begin_ns = monotonic_clock::now_ns();
    talk_.awaits("the worker and the load generator to get ready");
    talk_.add(worker_);
    generators_.join(talk_);
    generators_.greet(talk_);
    handshake(talk_, worker_, request_, asked_, out_);
    counters_.attach(worker_.pid(), out_);
    const auto ports = prepare(talk_, worker_, asked_, out_, request_.network);
    counters_.doubt(out_.conditions, out_);
    if (ports.empty()) throw failed_by(worker_, status::failed, "is ready without a port");
    const auto loops = static_cast<std::size_t>(served_.loops.value_or(1));
    if (ports.size() != loops) {
      throw failed_by(
          worker_, status::failed,
          fmt::format("was asked for {} loops and listens on {} ports; "
                      "a worker that cannot have several loops is measured without --loops",
                      loops, ports.size()));
    }
    const std::vector<bool> pinned = generators_.prepare(talk_, request_, ports);
    if (request_.network) begin_network(pinned);
    start(talk_, worker_);
    out_.setup_ns = monotonic_clock::now_ns() - begin_ns;
  }

  void open_connections() {
    measure::reset_peak_rss(worker_.pid());
    await_connections(0);
    read_memory_step(talk_, worker_, counters_, 0, request_, out_);
    for (const std::int64_t step : steps_of(request_, total())) {
      talk_.awaits(fmt::format("{} of {} connections to be opened", step, total()));
      generators_.connect(talk_, step);
      await_connections(step);
      read_memory_step(talk_, worker_, counters_, step, request_, out_);
      refuse_beyond_memory(out_.memory_points, asked_, request_.is_foreign(),
                           request_.memory_ceiling_bytes, request_.ends());
    }
    if (out_.network) generators_.survey(talk_, *out_.network);
  }

  void begin_network(const std::vector<bool>& pinned) {
    out_.network.emplace();
    out_.network->worker = measure::read_network_end(request_.network->listen);
    for (std::size_t i = 0; i < generators_.hosts(); ++i) {
      out_.network->generators.emplace_back().pinned = pinned.at(i);
    }
  }

  [[nodiscard]] measure::network_counts network_counts() const {
    if (!out_.network) return {};
    return measure::read_network_counts(out_.network->worker.interface);
  }

  /// What the network did in the window. A lost reset leaves the worker's end of a connection open
  /// for ever, so churn over a network that loses segments has no result.
  void account_for_network(const measure::network_counts& begin,
                           const measure::network_counts& end) {
    network_outcome& network = *out_.network;
    network.worker_counts = measure::network_between(begin, end);
    generators_.account(talk_, network);
    if (served_.mode != c10k::mode::churn || network_loss().empty()) return;
    limit_fact limit;
    limit.name = "network loss";
    limit.message = network_loss() +
                    " in the window: churn closes by reset, and where one is lost the worker's end "
                    "stays open; measure churn over a network that loses nothing";
    throw cell_ended(limit);
  }

  /// What either host saw of a network that loses, in the window; empty where it did not, as over
  /// loopback.
  [[nodiscard]] std::string network_loss() const {
    std::int64_t again = 0;
    std::int64_t changes = 0;
    const auto add = [&](const std::optional<measure::network_counts>& end) {
      if (!end) return;
      again += end->retransmitted.value_or(0);
      changes += end->link_changes.value_or(0);
    };
    if (out_.network) {
      add(out_.network->worker_counts);
      for (const far_end& each : out_.network->generators) add(each.counts);
    }
    if (again + changes == 0) return {};
    return fmt::format("{} TCP segments were sent again, and links went down or up {} times", again,
                       changes);
  }

  /// The generator may be ahead of the worker: for it a connection is open once the kernel has
  /// queued it.
  void await_connections(std::int64_t wanted) {
    await_counts([&](const worker_counts& now) { return now.live_connections == wanted; },
                 [&](const worker_counts& now) {
                   return fmt::format("says it has {} connections open, not {}",
                                      now.live_connections, wanted);
                 });
  }

  /// Asks until the counts are right; they catch up with the peer's within a moment. Every answer
  /// takes the worker some allocations, which a counted run sees: so it asks less often, the longer
  /// it takes.
  template <typename Right, typename Complaint>
  worker_counts await_counts(Right right, Complaint complaint) {
    const time_ns deadline_ns =
        std::min(monotonic_clock::now_ns() + settle_ns, talk_.cell_deadline_ns());
    for (time_ns pause_ns = look_again_ns;; pause_ns = std::min(2 * pause_ns, longest_pause_ns)) {
      worker_counts now = ask_counts(talk_, worker_, soon());
      if (right(now)) return now;
      if (monotonic_clock::now_ns() >= deadline_ns) {
        throw failed_by(worker_, status::failed, complaint(now));
      }
      talk_.wait_until(monotonic_clock::now_ns() + pause_ns);
    }
  }

  /// Keeps the connections open and sends nothing, to measure what they cost by existing. Prints
  /// where to look.
  void hold() {
    const time_ns hold_ns = how_.hold_ns.value_or(0);
    fmt::print(stderr, "skein: holding {} connections for {:.1f} s, worker pid {}\n", total(),
               static_cast<double>(hold_ns) / static_cast<double>(ns_per_s), worker_.pid());
    window_probe probe(pins_, worker_, generators_.processes(), counters_);
    probe.begin();
    const time_ns begin_ns = monotonic_clock::now_ns();
    talk_.awaits("");
    talk_.wait_until(begin_ns + hold_ns);
    const window_use use = probe.end();
    keep(use, pins_, out_);
    out_.window_ns = monotonic_clock::now_ns() - begin_ns;
    out_.away = probe.away(begin_ns, begin_ns + hold_ns, use);
    const worker_counts counts = ask_counts(talk_, worker_, soon());
    if (counts.bytes != 0) {
      throw failed_by(worker_, status::failed,
                      fmt::format("says it echoed {} bytes, nothing was sent", counts.bytes));
    }
    const std::string nothing = protocol::hex_checksum(0);
    out_.work = {counts.units, counts.bytes, nothing, nothing};
  }

  /// Proves that the held connections work: each answers, byte for byte. Comes after all memory
  /// readings but the last.
  void exchange(std::int64_t in_flight) {
    fmt::print(stderr, "skein: exchanging a message on each of {} connections\n", total());
    talk_.awaits("");
    window_probe probe(pins_, worker_, generators_.processes(), counters_);
    probe.begin();
    const exchange_outcome done = generators_.exchange(talk_, in_flight);
    const window_use use = probe.end();
    // No reading here depends on when the conductor made it, so its lateness is left out.
    out_.exchange = {.in_flight = in_flight,
                     .duration_ns = done.duration_ns,
                     .cpu_per_op_ns = {},
                     .latency = done.latency.value(),
                     .away = probe.sides_away(done.duration_ns, use, done.kept_ns)};
    if (use.cpu.total_ns && done.units > 0) {
      out_.exchange->cpu_per_op_ns = *use.cpu.total_ns / done.units;
    }
    out_.work = {done.units, done.bytes, protocol::hex_checksum(done.checksum),
                 protocol::hex_checksum(done.expected_checksum)};
    if (done.wrong_bytes > 0) {
      throw failed_by(worker_, status::failed,
                      fmt::format("sent {} wrong bytes back", done.wrong_bytes));
    }
    if (done.errors > 0 || done.units != total()) {
      throw failed_by(worker_, status::failed,
                      fmt::format("answered {} of {} connections, {} errors", done.units, total(),
                                  done.errors));
    }
    await_bytes(done.bytes);
  }

  void load() {
    const auto generators = generators_.processes();
    fmt::print(stderr, "skein: loading {} connections {}, worker pid {}, generator pid {}\n",
               total(), extent(), worker_.pid(), generators.front()->pid());
    window_probe probe(pins_, worker_, generators, counters_);
    joint_load together(talk_, generators);
    talk_.awaits("the load to warm up");
    generators_.begin_load(talk_, load_message(), served_.active.value_or(0));
    together.await_begin();
    probe.begin();
    const measure::network_counts network_begin = network_counts();
    talk_.awaits("");  // the window's length has been announced already
    together.await_end();
    const window_use use = probe.end();
    const measure::network_counts network_end = network_counts();
    keep(use, pins_, out_);
    out_.warmup_ns = together.warmup_ns();
    out_.window_ns = together.window_ns();
    out_.common_fraction = together.common_fraction();
    talk_.awaits("the last replies");
    const protocol::load_report report = together.await_report();
    // The generator's own absence includes the wait for replies.
    out_.away = probe.away_from(*out_.window_ns, use, report.load.away_ns);
    if (out_.network) account_for_network(network_begin, network_end);
    take(report);
    if (served_.mode == c10k::mode::churn) {
      await_connections(total() - served_.active.value_or(0));
    }
  }

  /// "for 5.0 s", or "with 1000 requests".
  [[nodiscard]] std::string extent() const {
    if (served_.requests) return fmt::format("with {} requests", *served_.requests);
    return fmt::format("for {:.1f} s", static_cast<double>(served_.duration_ns.value_or(0)) /
                                           static_cast<double>(ns_per_s));
  }

  [[nodiscard]] json load_message() const {
    return {{"type", "load"},
            {"mode", workloads::word_of(served_.mode)},
            {"rate_per_s", measure::or_null(served_.rate_per_s)},
            {"arrival", served_.arrival ? json(workloads::word_of(*served_.arrival)) : json()},
            {"pipeline", measure::or_null(served_.pipeline)},
            {"warmup_ns", measure::or_null(served_.warmup_ns)},
            {"warmup_requests", how_.warmup_requests.value_or(0)},
            {"duration_ns", measure::or_null(served_.duration_ns)},
            {"requests", measure::or_null(served_.requests)}};
  }

  void take(const protocol::load_report& report) {
    out_.work = report.work;
    out_.load = report.load;
    out_.latency = report.latency;
    out_.service_time = report.service_time;
    out_.operations = static_cast<std::int64_t>(report.window.units);
    // Distributions hold the requests that were meant for the window, and some of those complete
    // after its end.
    out_.expected_samples = static_cast<std::int64_t>(report.load.completed);
    if (report.wrong_bytes > 0) {
      throw failed_by(worker_, status::failed,
                      fmt::format("sent {} wrong bytes back", report.wrong_bytes));
    }
    compare_work(report);
  }

  /// A missing reply, or a connection that the server ended or refused, is the runtime's failure.
  /// There are three exceptions: an overloaded runtime may leave requests unanswered when the load
  /// ends; so may one that was sent requests until the last moment because the generator had fallen
  /// behind; and a network may have lost them.
  void compare_work(const protocol::load_report& report) {
    const bool behind = report.load.unsent > 0;
    bool complete = !behind;
    const auto judge_one = [&](std::string_view kind, std::uint64_t count) {
      if (count == 0) return;
      complete = false;
      network_lost_ = network_lost_ || !network_loss().empty();
      if (kind == "timeout" && behind) return;  // validity.cpp judges it: the run cannot be valid
      judge_errors(kind, count);
    };
    protocol::error_counts::for_each_field(report.load.errors, judge_one);
    if (complete) await_bytes(report.work.bytes);
  }

  void judge_errors(std::string_view kind, std::uint64_t count) {
    const std::string text = fmt::format("load: {} {} errors", count, kind);
    if (network_lost_) {
      out_.invalidate(fmt::format("network: {} {} errors, and {}: they may not be the worker's",
                                  count, kind, network_loss()));
    } else if (kind == "timeout" && is_open_loop(asked_) && is_saturated(out_, pins_)) {
      out_.mark(text + ": the worker is saturated");
    } else if (kind == "connect") {
      throw failed_by(worker_, status::failed, fmt::format("did not take {} connections", count));
    } else if (kind == "timeout" || kind == "read") {
      throw failed_by(worker_, status::failed,
                      fmt::format("left {} requests unanswered ({})", count, kind));
    } else {
      out_.invalidate(text);
    }
  }

  void await_bytes(std::int64_t bytes) {
    await_counts([&](const worker_counts& now) { return now.bytes == bytes; },
                 [&](const worker_counts& now) {
                   return fmt::format("says it echoed {} bytes, {} came back", now.bytes, bytes);
                 });
  }

  void wind_down() {
    talk_.awaits("all connections to be closed");
    generators_.stop(talk_);
    if (!network_lost_) await_connections(0);  // a way that is lost closes nothing
    talk_.awaits("the worker to end");
    read_memory_after(talk_, worker_, request_, out_);
    out_.messages = talk_.said_to(worker_);
    out_.memory_extras.frame_bytes = stop(talk_, worker_).frame_bytes;
  }

  run_request& request_;
  cell& asked_;
  const c10k::cell& served_;
  const c10k::measuring how_;
  const pinning& pins_;
  outcome& out_;
  conversation talk_;
  worker_counters counters_;
  child_process worker_;
  load_generators generators_;
  bool network_lost_ = false;
};

}  // namespace

time_ns served_timeout_ns(const run_request& request) {
  const c10k::cell& asked = std::get<c10k::cell>(request.asked.of);
  constexpr time_ns base_ns = 60 * ns_per_s;
  constexpr time_ns connection_ns = 2 * ns_per_ms;
  constexpr time_ns request_ns = 1 * ns_per_ms;
  // The generator bounds its warm-up and drain itself (harness/generator/load.hpp).
  const time_ns hold_ns = request.how.as<c10k::measuring>().hold_ns.value_or(0);
  return base_ns + asked.connections * connection_ns + 6 * asked.warmup_ns.value_or(0) +
         asked.duration_ns.value_or(0) + asked.requests.value_or(0) * request_ns + hold_ns +
         6 * request.quiesce_ns;
}

void measure_served(run_request& request, const pinning& pins, const interrupts& signals,
                    outcome& out) {
  served_run(request, pins, signals, out).run();
}

}  // namespace skein::conductor
