// What the tasks of channel share: the channel, and what of it was received.
//
// Receivers wait before the epoch, at which the senders begin. Who receives the last message closes
// the channel, which ends the receivers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "workloads/channel/messages.hpp"
#include "workloads/error_log.hpp"
#include "workloads/progress.hpp"
#include "workloads/styles.hpp"

namespace skein::channel {

template <sync_scheduler S>
class context {
 public:
  using messages = typename S::template channel<message>;

  context(S& scheduler, const parameters& asked)
      : asked_(asked),
        progress_(static_cast<std::uint64_t>(asked.messages)),
        messages_(scheduler, static_cast<std::size_t>(asked.capacity)),
        received_(receiver_count(asked)),
        next_(receiver_count(asked) * sender_count(asked)) {}

  void set_epoch(time_ns epoch_ns) noexcept { epoch_ns_ = epoch_ns; }
  const cell& asked() const noexcept { return asked_; }

  // --- a sender

  time_ns epoch_ns() const noexcept { return epoch_ns_; }
  std::uint32_t messages_of(std::size_t sender) const noexcept {
    return channel::messages_of(asked_, sender);
  }
  auto send(const message& next) noexcept { return messages_.send(next); }

  // --- a receiver

  auto receive() noexcept { return messages_.receive(); }

  void received(std::size_t receiver, message got) {
    // Others may have had some in between; those that this one gets are in order (W6).
    std::uint32_t& next = next_[receiver * sender_count(asked_) + got.sender];
    if (got.number < next) errors_.add("a message came after a later one of its sender");
    next = got.number + 1;
    ++received_[receiver];
    if (progress_.add_one(workloads::value_of(asked_.seed, index_of(asked_, got)))) {
      messages_.close();
    }
  }

  auto& progress() noexcept { return progress_; }
  const auto& progress() const noexcept { return progress_; }
  workloads::work_counts counts() const {
    workloads::work_counts done = progress_.counts();
    done.errors = errors_.count();
    done.first_error = errors_.first();
    if (progress_.finished()) {
      const auto [least, most] = std::ranges::minmax(received_);
      done.shares = {least, most};
    }
    return done;
  }

 private:
  const parameters asked_;
  time_ns epoch_ns_ = 0;
  workloads::progress<workloads::tasks_of<S>> progress_;
  workloads::error_log errors_;
  messages messages_;
  std::vector<std::uint64_t> received_;  ///< by each receiver
  std::vector<std::uint32_t> next_;      ///< by receiver and sender: the least that may come
};

}  // namespace skein::channel
