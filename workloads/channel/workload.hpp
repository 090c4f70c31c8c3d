// channel for the harness: see workloads/workload.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "workloads/channel/messages.hpp"
#include "workloads/channel/program.hpp"
#include "workloads/workload.hpp"

namespace skein::channel {

struct workload : workloads::workload_defaults<cell> {
  /// The most that a message is given: what is missing then is lost.
  static constexpr time_ns message_ns = 100 * ns_per_us;

  /// Beside the receivers there are the senders.
  static void set_options(const cell& asked, scheduler_options& options) {
    options.max_tasks += sender_count(asked);
  }

  static workloads::timing timing(const cell& asked) {
    return {.last_due_ns = asked.messages * message_ns};
  }

  static std::optional<workloads::oracle> expected(const parameters& asked) {
    return workloads::oracle{channel::expected(asked)};
  }

  template <class Runtimes>
  static std::unique_ptr<workloads::program> make(std::string_view runtime,
                                                  const parameters& asked) {
    return workloads::make_talking<Runtimes, program>(runtime, asked);
  }
};

}  // namespace skein::channel
