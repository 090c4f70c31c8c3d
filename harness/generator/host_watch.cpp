// Built from harness/measure, as the conductor's own probe is.
#include "harness/generator/host_watch.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/measure/environment.hpp"

namespace skein::generator {
namespace {

/// The local address of a connected socket, in dotted form; empty where it has none.
std::string own_address(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  std::array<char, INET_ADDRSTRLEN> text{};
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  ::inet_ntop(AF_INET, &address.sin_addr, text.data(), sizeof text);
  return text.data();
}

}  // namespace

bool pin_to(const std::vector<int>& cpus) {
  const std::vector<int> allowed = measure::allowed_cpus();
  if (!std::includes(allowed.begin(), allowed.end(), cpus.begin(), cpus.end())) return false;
  measure::pin_self(cpus);
  return true;
}

host_watch::host_watch(const std::vector<int>& sockets)
    : kernel_threads_(measure::find_kernel_threads(cpus_)),
      end_of_network_(measure::read_network_end(own_address(sockets.front()))) {
  const json environment = measure::capture_environment();
  survey_ = {{"end", measure::to_json(end_of_network_)},
             {"round_trip", measure::to_json(measure::read_round_trips(sockets))},
             {"environment", environment},
             {"environment_hash", measure::environment_hash(environment)}};
}

json host_watch::account() const {
  if (!begin_ || !end_) return nullptr;
  const measure::own_use own{cpus_,
                             measure::cpu_between(begin_->own, end_->own).total_ns.value_or(0)};
  const auto kernel = measure::kernel_between(kernel_threads_, begin_->kernel, end_->kernel);
  const auto used = measure::host_between(begin_->host, end_->host, {own}, kernel);
  return {{"counts", measure::to_json(measure::network_between(begin_->network, end_->network))},
          {"host", measure::to_json(used)},
          {"cpus", cpus_}};
}

host_watch::reading host_watch::read() const {
  return {.own = measure::read_cpu(::getpid()),
          .host = measure::read_host(softirq_threads_),
          .kernel = measure::read_kernel_threads(kernel_threads_),
          .network = measure::read_network_counts(end_of_network_.interface)};
}

}  // namespace skein::generator
