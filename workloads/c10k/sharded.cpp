// Divides the connections, adds up the counts, and waits for the inbox and for loops that end.
#include "workloads/c10k/sharded.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein::c10k {
namespace {

std::size_t loops_of(const parameters& asked) {
  return static_cast<std::size_t>(asked.loops.value_or(1));
}

parameters part_of(const parameters& asked, std::size_t which) {
  const auto all = static_cast<std::size_t>(asked.connections);
  const std::size_t part = c10k::part_of(all, loops_of(asked), which);
  assert(asked.options.max_tasks >= all && "tasks beside the connections' own");
  parameters own = asked;
  own.loops.reset();
  own.connections = static_cast<std::int64_t>(part);
  own.options.max_tasks = asked.options.max_tasks - all + part;
  return own;
}

}  // namespace

sharded_program::sharded_program(const parameters& asked, const program_maker& make)
    : ended_event_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  try {
    for (std::size_t i = 0; i < loops_of(asked); ++i) {
      shards_.push_back(std::make_unique<shard>(part_of(asked, i), make, ended_event_));
    }
  } catch (...) {
    shards_.clear();
    ::close(ended_event_);
    throw;
  }
}

sharded_program::~sharded_program() {
  shards_.clear();
  ::close(ended_event_);
}

std::vector<std::uint16_t> sharded_program::ports() const {
  std::vector<std::uint16_t> all;
  for (const auto& each : shards_) all.push_back(each->port());
  return all;
}

void sharded_program::run(inbox& messages) {
  for (const auto& each : shards_) each->start();
  while (!all_ended()) {
    wait_for_news(messages);
    if (any_ended()) stop();  // its connections are gone, so the server is no longer whole
  }
  for (const auto& each : shards_) {
    if (const auto failure = each->failure()) std::rethrow_exception(failure);
  }
}

void sharded_program::stop() {
  if (stopping_) return;
  stopping_ = true;
  for (const auto& each : shards_) each->stop();
}

void sharded_program::wait_for_news(inbox& messages) {
  // An inbox whose channel has ended stays readable, so it is not polled again after it said stop.
  std::array<pollfd, 2> entries{
      {{ended_event_, POLLIN, 0}, {stopping_ ? -1 : messages.descriptor(), POLLIN, 0}}};
  if (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw_errno("poll");
  }
  if (entries[0].revents != 0) {
    std::uint64_t count = 0;
    while (::read(ended_event_, &count, sizeof count) < 0 && errno == EINTR) {
    }
  }
  if (entries[1].revents != 0) messages.on_readable();
}

bool sharded_program::all_ended() const {
  return std::all_of(shards_.begin(), shards_.end(),
                     [](const auto& each) { return each->ended(); });
}

bool sharded_program::any_ended() const {
  return std::any_of(shards_.begin(), shards_.end(),
                     [](const auto& each) { return each->ended(); });
}

workloads::work_counts sharded_program::counts() const {
  workloads::work_counts sum;
  for (const auto& each : shards_) {
    const workloads::work_counts own = each->ask_counts().work;
    sum.units += own.units;
    sum.bytes += own.bytes;
    sum.checksum += own.checksum;
    sum.errors += own.errors;
    if (sum.first_error.empty()) sum.first_error = own.first_error;
  }
  return sum;
}

live_counts sharded_program::live() const {
  live_counts sum{};
  for (const auto& each : shards_) {
    const live_counts own = each->ask_counts().live;
    sum.tasks += own.tasks;
    sum.connections += own.connections;
  }
  return sum;
}

std::optional<std::size_t> sharded_program::frame_bytes() const {
  return shards_.front()->ask_counts().frame_bytes;
}

}  // namespace skein::c10k
