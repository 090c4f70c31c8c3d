// The tasks of relay in the callback style: one of the ring, and the starter. Each is an object
// that names its next step, and deletes itself after the last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "runtimes/scheduler.hpp"
#include "workloads/relay/ring.hpp"
#include "workloads/session.hpp"

namespace skein::relay {

/// Waits for the token and hands it on, one wait at a time.
template <callback_scheduler S>
class passer {
 public:
  passer(S& scheduler, ring<S>& shared, std::size_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    auto& receive = waits_.template emplace<receiving>(shared_.at(index_).receive());
    scheduler_.template until<&passer::on_token>(receive, this);
  }

 private:
  using channel = typename ring<S>::channel;
  using receiving = typename S::template waiting<typename channel::receiving>;
  using sending = typename S::template waiting<typename channel::sending>;

  void on_token(std::optional<std::uint64_t> token) {
    if (!token) return finish();
    const auto next = shared_.hop(index_, *token);
    if (!next) return start();
    auto& send = waits_.template emplace<sending>(shared_.after(index_).send(*next));
    scheduler_.template until<&passer::on_sent>(send, this);
  }
  void on_sent(bool) { start(); }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  ring<S>& shared_;
  std::size_t index_;
  std::variant<std::monostate, receiving, sending> waits_;
};

template <callback_scheduler S>
class starter {
 public:
  starter(S& scheduler, ring<S>& shared) noexcept
      : scheduler_(scheduler),
        shared_(shared),
        first_(shared.at(0).send(shared.token())),
        over_(shared.over()) {}

  void start() {
    scheduler_.template sleep_until<&starter::on_epoch>(timer_, shared_.epoch_ns(), this);
  }

 private:
  using sending = typename ring<S>::channel::sending;

  void on_epoch(wake) { scheduler_.template until<&starter::on_sent>(first_, this); }
  void on_sent(bool) { scheduler_.template until<&starter::on_over>(over_, this); }
  void on_over(bool) {
    scheduler_.template sleep_until<&starter::on_rested>(timer_, shared_.rested_ns(), this);
  }
  void on_rested(wake) {
    shared_.close();
    workloads::end_session(scheduler_, this);
  }

  S& scheduler_;
  ring<S>& shared_;
  typename S::timer timer_;
  typename S::template waiting<sending> first_;
  typename S::template waiting<typename S::event::awaiting> over_;
};

/// Spawns task number `index`. `shared` must outlive it.
template <callback_scheduler S>
void spawn_task(S& scheduler, ring<S>& shared, std::size_t index) {
  workloads::spawn_session<passer<S>>(scheduler, shared, index);
}
template <callback_scheduler S>
void spawn_starter(S& scheduler, ring<S>& shared) {
  workloads::spawn_session<starter<S>>(scheduler, shared);
}

}  // namespace skein::relay
