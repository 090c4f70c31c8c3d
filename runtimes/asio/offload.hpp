// Work that computes for long, on a pool of threads of Asio's (clause W10), as its documentation
// has it: the work is posted to a thread_pool, and its end to the io_context, which meanwhile is
// told that there is something to wait for.
//
// A pool does not give back what waits in it. So each work looks whether the scheduler was stopped
// before it begins, and a wait that stop() cancels ends when the pool comes to it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "runtimes/asio/boost_asio.hpp"
#include "runtimes/asio/loop.hpp"

namespace skein::asio {

class offload_pool {
 public:
  /// True when the work is done; false when the scheduler stopped before it began.
  class working {
   public:
    using output = bool;

    working(offload_pool& of, void (*work)(void*) noexcept, void* on) noexcept
        : of_(&of), work_(work), on_(on) {}

    std::optional<bool> now() const noexcept {
      return of_->home_.is_stopping() ? std::optional(false) : std::nullopt;
    }
    template <class Handler>
    void start(Handler handler) {
      net::post(of_->threads_, [home = &of_->home_, work = work_, on = on_,
                                awaited = net::make_work_guard(of_->home_),
                                handler = std::move(handler)]() mutable {
        const bool does = !home->is_stopping();
        if (does) work(on);
        net::post(*home, [home, does, handler = std::move(handler)]() mutable {
          home->refill_inline();
          handler(does);
        });
      });
    }

   private:
    offload_pool* of_;
    void (*work_)(void*) noexcept;
    void* on_;
  };

  /// At most so many run at once. Throws boost::system::system_error where there can be no more
  /// threads.
  template <class Scheduler>
  offload_pool(Scheduler& on, std::size_t threads) : home_(on.home()), threads_(threads) {}

  /// Calls `Work` with `on`. An exception ends the process.
  template <auto Work, class Of>
  working run(Of& on) noexcept {
    return working(
        *this, [](void* with) noexcept { std::invoke(Work, *static_cast<Of*>(with)); }, &on);
  }

 private:
  loop& home_;
  net::thread_pool threads_;  // waits for its threads as it goes
};

}  // namespace skein::asio
