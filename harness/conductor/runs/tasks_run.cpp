// The order of events:
// 1. hello, prepare, ready, start. Memory is read with no task.
// 2. The epoch is set; what the tasks do counts from it. N/4, N/2, N tasks are spawned, and memory
//    is read after each step, all before the epoch.
// 3. The window lasts from the epoch to `finished`, with readings of CPU and host at both ends.
// 4. The worker's counts are compared with the oracle; memory is read again; the worker stops.
#include "harness/conductor/runs/tasks_run.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <string>
#include <thread>
#include <vector>

#include "harness/cells/parameters.hpp"
#include "harness/conductor/prepare/memory_forecast.hpp"
#include "harness/conductor/processes/worker_steps.hpp"
#include "harness/conductor/runs/memory_steps.hpp"
#include "harness/conductor/runs/window_probe.hpp"
#include "harness/conductor/runs/worker_counters.hpp"
#include "harness/measure/process_cpu.hpp"
#include "harness/measure/process_memory.hpp"
#include "harness/protocol/protocol.hpp"
#include "workloads/all.hpp"

namespace skein::conductor {
namespace {

constexpr time_ns grace_ns = 10 * ns_per_s;  // after the last deadline: late is not lost
constexpr time_ns watched_ns = 200 * ns_per_ms;
constexpr time_ns probe_early_ns = 10 * ns_per_ms;
// One lead after the other, until all tasks are there before the first deadline.
constexpr std::array<int, 3> leads = {1, 4, 16};
constexpr std::size_t usual_steps = 3;

time_ns rounded_up(time_ns value, time_ns grid_ns) {
  return (value + grid_ns - 1) / grid_ns * grid_ns;
}

class tasks_run {
 public:
  tasks_run(run_request& request, const pinning& pins, time_ns lead_ns, conversation& talk,
            outcome& out)
      : request_(request),
        asked_(request.asked),
        timing_(workloads::timing_of(request.asked.of)),
        pins_(pins),
        lead_ns_(lead_ns),
        out_(out),
        talk_(talk),
        counters_(request.counted),
        worker_("worker", counters_.counted(worker_command(request)), pins.worker_set()) {}

  /// False when spawning, or the readings after it, ended after the first deadline.
  bool run() {
    set_up();
    const bool in_time = spawn_all();
    fire(in_time);
    wind_down();
    return in_time;
  }

 private:
  [[nodiscard]] std::int64_t total() const { return asked_.count(); }

  void set_up() {
    const time_ns begin_ns = monotonic_clock::now_ns();
    talk_.awaits("the worker to get ready");
    talk_.add(worker_);
    handshake(talk_, worker_, request_, asked_, out_);
    counters_.attach(worker_.pid(), out_);
    prepare(talk_, worker_, asked_, out_);
    counters_.doubt(out_.conditions, out_);
    start(talk_, worker_);
    out_.setup_ns = monotonic_clock::now_ns() - begin_ns;
    measure::reset_peak_rss(worker_.pid());
    ask_counts(talk_, worker_, soon());
    read_memory_step(talk_, worker_, counters_, 0, request_, out_);
  }

  bool spawn_all() {
    const time_ns grid_ns = std::max(timing_.grid_ns, ns_per_ms);
    const std::vector<std::int64_t> steps = steps_of(request_, total());
    // A ramp adds one reading more than the lead allows for.
    const time_ns ramp_ns = steps.size() > usual_steps ? request_.quiesce_ns : 0;
    epoch_ns_ = rounded_up(monotonic_clock::now_ns() + lead_ns_ + ramp_ns, grid_ns);
    bool in_time = true;
    for (const std::int64_t step : steps) {
      talk_.awaits(fmt::format("{} of {} tasks to be spawned", step, total()));
      talk_.ask(worker_,
                {{"type", "phase"}, {"name", "spawn"}, {"tasks", step}, {"epoch_ns", epoch_ns_}},
                "phase", talk_.cell_deadline_ns(), "spawn");
      // Once tasks have ended, a reading would mean nothing.
      in_time = in_time && monotonic_clock::now_ns() + request_.quiesce_ns < epoch_ns_;
      if (in_time && timing_.tasks_before_epoch) {
        read_memory_step(talk_, worker_, counters_, step, request_, out_);
        refuse_beyond_memory(out_.memory_points, asked_, request_.is_foreign(),
                             request_.memory_ceiling_bytes);
      }
      in_time = in_time && monotonic_clock::now_ns() < epoch_ns_;
    }
    return in_time;
  }

  void fire(bool in_time) {
    window_probe probe(pins_, worker_, {}, counters_);
    talk_.awaits("the epoch, for which all tasks must be there");
    talk_.wait_until(epoch_ns_ - probe_early_ns);
    talk_.awaits("");  // the user chose the window's length, so it needs no note
    probe.begin();
    const auto finished_ns = await_finished();
    const window_use use = probe.end();
    keep(use, pins_, out_);
    const time_ns end_ns = finished_ns.value_or(monotonic_clock::now_ns());
    out_.window_ns = std::max<time_ns>(end_ns - epoch_ns_, 0);
    out_.away = probe.away(epoch_ns_, end_ns, use);
    // If the epoch passed before all tasks were spawned, no reading could have been in time.
    if (!in_time) out_.away->conductor_ns.reset();
    talk_.awaits("the worker to say what it did");
    take_counts(ask_counts(talk_, worker_, in_a_while()));
  }

  /// The time by the worker's own clock, if the worker reports it.
  std::optional<time_ns> await_finished() {
    const time_ns last_ns = std::max(epoch_ns_, monotonic_clock::now_ns()) + timing_.last_due_ns;
    const time_ns bound_ns = std::min(last_ns + grace_ns, talk_.cell_deadline_ns());
    while (!talk_.has_come(worker_, "phase", "finished")) {
      if (monotonic_clock::now_ns() >= bound_ns) report_lost();
      talk_.wait_for_news(bound_ns);
    }
    const json finished = talk_.expect(worker_, "phase", bound_ns, "finished");
    if (!finished.contains("t_ns")) return std::nullopt;
    const auto t_ns = field<time_ns>(worker_, finished, "t_ns");
    refuse_impossible(t_ns, monotonic_clock::now_ns());
    return t_ns;
  }

  /// Checked because it decides the window's length.
  void refuse_impossible(time_ns t_ns, time_ns heard_ns) {
    if (t_ns >= epoch_ns_ - out_.early_by_at_most_ns && t_ns <= heard_ns) return;
    throw failed_by(worker_, status::failed,
                    fmt::format("says it finished at t_ns {}, which is not between the epoch {} "
                                "and {}, when that was heard; t_ns is of CLOCK_MONOTONIC",
                                t_ns, epoch_ns_, heard_ns));
  }

  /// A worker that still answers has lost its timers: tasks that ended without their work, or that
  /// wait for a wake-up which never comes. One that does not answer hangs.
  [[noreturn]] void report_lost() {
    talk_.extend(grace_ns);
    const worker_counts counts = ask_counts(talk_, worker_, soon());
    const auto wanted = static_cast<std::int64_t>(expected().counts.units);
    if (counts.units >= wanted) {
      throw failed_by(worker_, status::timeout, "did all its work and never said it had finished");
    }
    const std::string missing =
        fmt::format("has {} of {} units of work missing after the last deadline",
                    wanted - counts.units, wanted);
    if (counts.live_tasks == 0) throw failed_by(worker_, status::failed, missing);
    throw failed_by(
        worker_, status::timeout,
        fmt::format("{}; tasks waiting: {}, {}", missing, counts.live_tasks, what_it_does()));
  }

  /// By its CPU time in a little while in which nobody asks it for anything.
  [[nodiscard]] std::string what_it_does() const {
    const auto before = measure::read_cpu(worker_.pid()).total_ns;
    std::this_thread::sleep_for(std::chrono::nanoseconds(watched_ns));
    const auto after = measure::read_cpu(worker_.pid()).total_ns;
    if (!before || !after)
      return "and whether one is runnable is not known (its CPU is unreadable)";
    const time_ns used_ns = *after - *before;
    return fmt::format("{} (it took {:.1f} ms of CPU in {} ms)",
                       used_ns < watched_ns / 20 ? "none of them runnable" : "and it runs on",
                       static_cast<double>(used_ns) / ns_per_ms, watched_ns / ns_per_ms);
  }

  void take_counts(const worker_counts& counts) {
    const workloads::oracle right = expected();
    out_.spawn_ns = counts.spawn_ns;
    out_.fire_ns = counts.fire_ns;
    out_.lateness = counts.lateness;
    out_.operations = counts.units;
    out_.shares = counts.shares;
    out_.hog = counts.hog;
    if (right.lateness_samples) {
      out_.expected_samples = static_cast<std::int64_t>(*right.lateness_samples);
    }
    out_.work = {counts.units, counts.bytes, counts.checksum,
                 protocol::hex_checksum(right.counts.checksum)};
    if (counts.units != static_cast<std::int64_t>(right.counts.units)) {
      throw failed_by(worker_, status::failed,
                      fmt::format("finished with {} units of work done, not {}", counts.units,
                                  right.counts.units));
    }
  }

  /// Workloads of this kind know what must come out.
  [[nodiscard]] workloads::oracle expected() const {
    return workloads::expected(cells::parameters_for(asked_)).value();
  }

  void wind_down() {
    talk_.awaits("the worker to end");
    read_memory_after(talk_, worker_, request_, out_);
    out_.memory_extras.frame_bytes = stop(talk_, worker_).frame_bytes;
  }

  run_request& request_;
  cell& asked_;
  const workloads::timing timing_;
  const pinning& pins_;
  time_ns lead_ns_;
  outcome& out_;
  conversation& talk_;
  worker_counters counters_;
  child_process worker_;
  time_ns epoch_ns_ = 0;
};

/// How long before the epoch the first task is spawned; the same for every runtime.
time_ns usual_lead_ns(const run_request& request) {
  // Memory readings take time too.
  const time_ns least_ns = (request.reads_memory() ? 500 : 200) * ns_per_ms;
  // Some take longer, and get a longer lead at the next try: a page for each of a million stacks is
  // memory that the host of a virtual machine may have to provide first (14 us each were seen).
  constexpr time_ns task_ns = 5 * ns_per_us;
  return 4 * request.quiesce_ns + std::max(least_ns, request.asked.count() * task_ns);
}

/// When a try that begins now is given up, where the user said nothing of it.
time_ns usual_end_ns(const run_request& request, time_ns lead_ns) {
  constexpr time_ns base_ns = 60 * ns_per_s;
  return monotonic_clock::now_ns() + base_ns + 4 * lead_ns +
         workloads::timing_of(request.asked.of).last_due_ns + grace_ns;
}

/// One try with a fresh worker and this lead. The outcome begins anew, except for the start time
/// and the reasons.
bool attempt(run_request& request, const pinning& pins, const interrupts& signals, time_ns lead_ns,
             time_ns end_ns, outcome& out) {
  outcome fresh;
  fresh.started_utc = out.started_utc;
  fresh.reasons = out.reasons;
  out = std::move(fresh);
  conversation talk(signals, end_ns);
  return tasks_run(request, pins, lead_ns, talk, out).run();
}

}  // namespace

void measure_tasks(run_request& request, const pinning& pins, const interrupts& signals,
                   outcome& out) {
  const time_ns begin_ns = monotonic_clock::now_ns();
  for (const int times : leads) {
    if (times > leads.front()) {
      out.mark(fmt::format("spawning was given another try, with {} times the lead", times));
    }
    const time_ns lead_ns = times * usual_lead_ns(request);
    const time_ns end_ns =
        request.timeout_ns ? begin_ns + *request.timeout_ns : usual_end_ns(request, lead_ns);
    if (attempt(request, pins, signals, lead_ns, end_ns, out)) return;
  }
  out.invalidate("spawning ended after the first deadline");
}

}  // namespace skein::conductor
