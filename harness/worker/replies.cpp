// Builds the replies; one function each.
#include "harness/worker/replies.hpp"

#include <unistd.h>

#include "harness/measure/distribution.hpp"
#include "harness/protocol/protocol.hpp"
#include "runtimes/listen_address.hpp"

namespace skein::worker {

json hello_reply(const runtime_info& runtime) {
  return {{"type", "hello"},
          {"protocol", protocol::protocol_version},
          {"runtime", runtime.id},
          {"pid", ::getpid()},
          {"style", runtime.style},
          {"loop", runtime.loop},
          {"timer_source", runtime.timer_source},
          {"library", runtime.library},
          {"library_version", runtime.library_version},
          {"early_by_at_most_ns", runtime.early_by_at_most_ns}};
}

json ready_reply(const json& echo, const json& conditions,
                 const std::vector<std::uint16_t>& ports) {
  json reply = {{"type", "ready"}, {"echoed", echo}, {"conditions", conditions}};
  if (!ports.empty()) {
    reply["port"] = ports.front();
    reply["address"] = listening_address();
  }
  if (ports.size() > 1) reply["ports"] = ports;
  return reply;
}

json limit_reply(const limit_error& limit) {
  return {{"type", "limit"},
          {"limit", limit.name},
          {"value", measure::or_null(limit.value)},
          {"needed", limit.needed},
          {"message", limit.what()}};
}

json error_reply(std::string_view message) {
  return {{"type", "error"}, {"message", message}};
}

json spawned_reply(std::size_t tasks, time_ns spawn_ns) {
  return {{"type", "phase"}, {"name", "spawn"}, {"tasks", tasks}, {"spawn_ns", spawn_ns}};
}

json finished_reply(time_ns now_ns) {
  return {{"type", "phase"}, {"name", "finished"}, {"t_ns", now_ns}};
}

json counts_reply(std::string_view type, const workloads::program& program, worker_times times) {
  const workloads::work_counts counts = program.counts();
  const live_counts live = program.live();
  json reply = {{"type", type},
                {"units", counts.units},
                {"bytes", counts.bytes},
                {"checksum", protocol::hex_checksum(counts.checksum)},
                {"live_tasks", live.tasks},
                {"live_connections", live.connections},
                {"errors", counts.errors},
                {"first_error", counts.first_error},
                {"lateness", nullptr},
                {"spawn_ns", times.spawn_ns},
                {"fire_ns", measure::or_null(times.fire_ns)},
                {"frame_bytes", measure::or_null(program.frame_bytes())}};
  if (counts.shares) {
    reply["shares"] = {{"least", counts.shares->least}, {"most", counts.shares->most}};
  }
  if (counts.hog) {
    reply["hog"] = {{"took_ns", counts.hog->took_ns}, {"yields", counts.hog->yields}};
  }
  // While tasks still run, only they may use the histogram (histogram.hpp).
  if (program.lateness() != nullptr && (program.finished() || live.tasks == 0)) {
    reply["lateness"] = measure::to_json(measure::distribution_of(*program.lateness()));
  }
  return reply;
}

}  // namespace skein::worker
