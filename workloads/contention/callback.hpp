// The tasks of contention in the callback style: one that wants the mutex, the holder, and one that
// wants a mutex that blocks its thread. Each is an object that names its next step, and deletes
// itself after the last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtimes/scheduler.hpp"
#include "workloads/contention/blocking_context.hpp"
#include "workloads/contention/context.hpp"
#include "workloads/session.hpp"

namespace skein::contention {

template <callback_scheduler S>
class contender {
 public:
  contender(S& scheduler, context<S>& shared, std::size_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    since_ = shared_.handed_over();
    locking_.emplace(shared_.lock());
    scheduler_.template until<&contender::on_locked>(*locking_, this);
  }

 private:
  using locking = typename S::template waiting<typename context<S>::mutex::locking>;

  void on_locked(bool locked) {
    if (!locked || !shared_.taken(index_, since_)) return finish();
    scheduler_.template yield<&contender::on_turn>(this);
  }
  void on_turn() {
    shared_.release(index_);
    if (++turn_ == shared_.locks()) return finish();
    start();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  context<S>& shared_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  std::uint64_t since_ = 0;
  std::optional<locking> locking_;
};

template <callback_scheduler S>
class holder {
 public:
  holder(S& scheduler, context<S>& shared) noexcept
      : scheduler_(scheduler),
        shared_(shared),
        lock_(shared.lock()),
        all_there_(shared.all_there()) {}

  void start() { scheduler_.template until<&holder::on_locked>(lock_, this); }

 private:
  void on_locked(bool locked) {
    if (!locked) return finish();
    scheduler_.template until<&holder::on_all_there>(all_there_, this);
  }
  void on_all_there(bool) {
    scheduler_.template sleep_until<&holder::on_epoch>(timer_, shared_.epoch_ns(), this);
  }
  void on_epoch(wake how) {
    shared_.begin(how);
    finish();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  context<S>& shared_;
  typename S::timer timer_;
  typename S::template waiting<typename context<S>::mutex::locking> lock_;
  typename S::template waiting<typename context<S>::event::awaiting> all_there_;
};

template <callback_scheduler S>
class blocking_contender {
 public:
  blocking_contender(S& scheduler, blocking_context<S>& shared, std::size_t index) noexcept
      : scheduler_(scheduler), shared_(shared), index_(index) {}

  void start() {
    scheduler_.template sleep_until<&blocking_contender::on_epoch>(timer_, shared_.epoch_ns(),
                                                                   this);
  }

 private:
  void on_epoch(wake how) {
    if (how == wake::cancelled) return finish();
    take_turn();
  }
  void take_turn() {
    if (!shared_.lock(index_)) return finish();
    scheduler_.template yield<&blocking_contender::on_turn>(this);
  }
  void on_turn() {
    if (!shared_.release(index_, turn_) || ++turn_ == shared_.locks()) return finish();
    take_turn();
  }
  void finish() { workloads::end_session(scheduler_, this); }

  S& scheduler_;
  blocking_context<S>& shared_;
  std::size_t index_;
  std::uint64_t turn_ = 0;
  typename S::timer timer_;
};

/// Spawns task number `index`. `shared` must outlive it.
template <callback_scheduler S>
void spawn_task(S& scheduler, context<S>& shared, std::size_t index) {
  workloads::spawn_session<contender<S>>(scheduler, shared, index);
}
template <callback_scheduler S>
void spawn_task(S& scheduler, blocking_context<S>& shared, std::size_t index) {
  workloads::spawn_session<blocking_contender<S>>(scheduler, shared, index);
}
template <callback_scheduler S>
void spawn_holder(S& scheduler, context<S>& shared) {
  workloads::spawn_session<holder<S>>(scheduler, shared);
}

}  // namespace skein::contention
