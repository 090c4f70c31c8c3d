// The tasks of channel in the callback style: a sender, and a receiver. Each is an object that
// names its next step, and deletes itself after the last.
//
// A wait that ends at once calls its handler within the call that began it. The loop bounds how
// many do so in a row (O5), and with it how deep such calls are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/channel/context.hpp"
#include "workloads/session.hpp"

namespace skein::channel {

template <callback_scheduler S>
class sender {
 public:
  sender(S& scheduler, context<S>& shared, std::uint32_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    scheduler_.template sleep_until<&sender::on_epoch>(timer_, shared_.epoch_ns(), this);
  }

 private:
  using sending = typename S::template waiting<typename context<S>::messages::sending>;

  void on_epoch(wake how) {
    if (how == wake::cancelled) return finish();
    send_next();
  }
  void on_sent(bool sent) {
    if (!sent) return finish();
    send_next();
  }
  void send_next() {
    if (number_ == shared_.messages_of(index_)) return finish();
    sending_.emplace(shared_.send({index_, number_++}));
    scheduler_.template until<&sender::on_sent>(*sending_, this);
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  context<S>& shared_;
  std::uint32_t index_;
  std::uint32_t number_ = 0;
  typename S::timer timer_;
  std::optional<sending> sending_;
};

template <callback_scheduler S>
class receiver {
 public:
  receiver(S& scheduler, context<S>& shared, std::size_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    receiving_.emplace(shared_.receive());
    scheduler_.template until<&receiver::on_received>(*receiving_, this);
  }

 private:
  using receiving = typename S::template waiting<typename context<S>::messages::receiving>;

  void on_received(std::optional<message> got) {
    if (!got) return finish();
    shared_.received(index_, *got);
    start();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  context<S>& shared_;
  std::size_t index_;
  std::optional<receiving> receiving_;
};

/// Spawns sender, or receiver, number `index`. `shared` must outlive it.
template <callback_scheduler S>
void spawn_sender(S& scheduler, context<S>& shared, std::size_t index) {
  workloads::spawn_session<sender<S>>(scheduler, shared, static_cast<std::uint32_t>(index));
}
template <callback_scheduler S>
void spawn_receiver(S& scheduler, context<S>& shared, std::size_t index) {
  workloads::spawn_session<receiver<S>>(scheduler, shared, index);
}

}  // namespace skein::channel
