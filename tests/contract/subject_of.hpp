// Makes a subject of a scheduler: forgets its type, and knows what may be expected of it.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "tests/contract/adapt_callback.hpp"
#include "tests/contract/adapt_coroutine.hpp"
#include "tests/contract/adapt_direct.hpp"
#include "tests/contract/adapt_poll.hpp"
#include "tests/contract/subject.hpp"

namespace skein::contract {

/// Liars are of this type, too, and are given up on sooner.
struct planted {};

/// What is behind runtime_that_talks.
template <sync_scheduler S>
class erased_talk final : public runtime_that_talks {
  using channel_of_int = typename S::template channel<int>;

 public:
  explicit erased_talk(S& on) : on_(on) {}

  talk_object mutex() override { return made<typename S::mutex>(on_); }
  talk_object semaphore(std::size_t permits) override {
    return made<typename S::semaphore>(on_, permits);
  }
  talk_object event() override { return made<typename S::event>(on_); }
  talk_object shared_event() override { return made<typename S::shared_event>(on_); }
  talk_object channel(std::size_t capacity) override { return made<channel_of_int>(on_, capacity); }
  talk_object scope() override { return made<typename S::scope>(on_); }
  talk_object offload_pool(std::size_t threads) override {
    return made<typename S::offload_pool>(on_, threads);
  }
  void unlock(talk_object& mutex) override { own<typename S::mutex>(mutex).unlock(); }
  void release(talk_object& permits) override { own<typename S::semaphore>(permits).release(); }
  void set(talk_object& event) override { own<typename S::event>(event).set(); }
  void set_shared(talk_object& event) override { own<typename S::shared_event>(event).set(); }
  void close(talk_object& channel) override { own<channel_of_int>(channel).close(); }
  void spawn(actor& task, talk_object& scope) override { adapter<S>::spawn(on_, task, scope); }

 private:
  template <class Object, class... Parts>
  static talk_object made(Parts&&... parts) {
    return {{new Object(std::forward<Parts>(parts)...),
             [](void* object) { delete static_cast<Object*>(object); }}};
  }

  S& on_;
};

template <class S>
struct talk_of {
  explicit talk_of(S&) {}
  static runtime_that_talks* get() { return nullptr; }
};
template <sync_scheduler S>
struct talk_of<S> {
  explicit talk_of(S& on) : talk(on) {}
  runtime_that_talks* get() { return &talk; }
  erased_talk<S> talk;
};

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
  runtime_that_talks* talks() override { return talk_.get(); }

 private:
  S scheduler_;
  talk_of<S> talk_{scheduler_};
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
      .talks = sync_scheduler<S>,
      .has_first_of = has_first_of<S>,
      .gives_up_reads = read_deadline_scheduler<S>,
      .many_tasks = single_threaded ? std::size_t{800} : std::size_t{100},
      .early_by_at_most_ns = S::info().early_by_at_most_ns,
      .patience_ns = is_liar ? 700 * ns_per_ms : 60 * ns_per_s};
  return found;
}

}  // namespace skein::contract
