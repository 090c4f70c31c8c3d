// What a c10k cell asks a worker to do.
#pragma once

#include <cstddef>

#include "workloads/parameters.hpp"

namespace skein::c10k {

using parameters = workloads::parameters_of<cell>;

/// How many tasks of one churned connection (made again and again) may be alive at once: a client
/// may reconnect before the server has noticed that it left, and several times where the server's
/// task is a thread that waits for its turn.
inline constexpr std::size_t churn_room = 8;

}  // namespace skein::c10k
