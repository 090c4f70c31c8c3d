// Makes a subject of a scheduler: forgets its type, and knows what may be expected of it.
#pragma once

#include <memory>
#include <type_traits>

#include "tests/contract/adapt_callback.hpp"
#include "tests/contract/adapt_coroutine.hpp"
#include "tests/contract/adapt_direct.hpp"
#include "tests/contract/adapt_poll.hpp"
#include "tests/contract/subject.hpp"

namespace skein::contract {

/// Liars are of this type, too, and are given up on sooner.
struct planted {};

template <scheduler S>
class erased final : public runtime_under_test {
 public:
  explicit erased(const scheduler_options& options) : scheduler_(options) {}

  std::unique_ptr<actor_part> part_for(actor& task) override {
    return std::make_unique<typename adapter<S>::part>(scheduler_, task);
  }
  void spawn(actor& task) override { adapter<S>::spawn(scheduler_, task); }
  sleep_timer make_timer() override {
    return {{new typename S::timer(),
             [](void* made) { delete static_cast<typename S::timer*>(made); }}};
  }
  listener listen(int descriptor) override { return {&scheduler_.listen(descriptor)}; }
  void cancel(connection& target) override { scheduler_.cancel(own<S>(target)); }
  void cancel(listener& target) override { scheduler_.cancel(own<S>(target)); }
  void cancel(sleep_timer& target) override { scheduler_.cancel(own<S>(target)); }
  void run() override { scheduler_.run(); }
  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  live_counts live() const override { return scheduler_.live(); }

 private:
  S scheduler_;
};

template <scheduler S>
const subject& subject_of() {
  constexpr bool is_liar = std::is_base_of_v<planted, S>;
  static const bool single_threaded = S::info().threads == "1";
  static const subject found{
      .make = [](const scheduler_options& options) -> std::unique_ptr<runtime_under_test> {
        return std::make_unique<erased<S>>(options);
      },
      .single_threaded = single_threaded,
      .has_ceiling = direct_scheduler<S>,
      .callback_style = callback_scheduler<S>,
      .many_tasks = single_threaded ? std::size_t{800} : std::size_t{100},
      .early_by_at_most_ns = S::info().early_by_at_most_ns,
      .patience_ns = is_liar ? 700 * ns_per_ms : 60 * ns_per_s};
  return found;
}

}  // namespace skein::contract
