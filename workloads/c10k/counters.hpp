// What an echo server counts. The load generator checks every byte, because it knows what it sent.
// The server only counts, in the same way in every runtime, so that the two sides can be compared.
#pragma once

#include <cerrno>
#include <cstddef>

#include "runtimes/scheduler.hpp"
#include "workloads/c10k/parameters.hpp"
#include "workloads/error_log.hpp"
#include "workloads/program.hpp"
#include "workloads/tally.hpp"

namespace skein::c10k {

template <workloads::tasks_on Threads>
class echo_counters {
 public:
  echo_counters() = default;
  explicit echo_counters(const parameters& /*asked*/) {}

  /// One chunk was read and echoed whole.
  void add(std::size_t size_bytes) noexcept {
    chunks_.add(1);
    bytes_.add(size_bytes);
  }

  /// How a connection or the listener ended. Two ends are no error: our clients hang up with a
  /// reset (SO_LINGER{1,0}), and a server ends by being cancelled.
  void error(int error_number) {
    if (error_number == 0 || error_number == ECONNRESET || error_number == EPIPE) return;
    if (error_number == ECANCELED) return;
    errors_.add(error_number, "connection");
  }

  /// What a connection held across a wait was not as it had been.
  void damaged() { errors_.add("what a connection held across its wait has changed"); }

  void limit(const limit_error& reached) { errors_.add(reached); }
  void rethrow_limit() const { errors_.rethrow_limit(); }

  workloads::work_counts counts() const {
    return {.units = chunks_.get(),
            .bytes = bytes_.get(),
            .checksum = 0,
            .errors = errors_.count(),
            .first_error = errors_.first()};
  }

 private:
  workloads::tally<Threads> chunks_;
  workloads::tally<Threads> bytes_;
  workloads::error_log errors_;
};

}  // namespace skein::c10k
