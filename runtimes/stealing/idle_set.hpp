// Which workers sleep, and which one searches for work: one word, so that each change of it is one
// step. Bit w says that worker w sleeps, or is about to; one more bit, that some worker searches.
//
// At most one worker searches at a time: several would only get into each other's way. Who has made
// work wakes a sleeper and appoints it in the same step (call_searcher). While there is a searcher
// nobody is woken, since it will find the work, or look once more after it has given up.
//
// No work is overlooked while a worker sleeps. The two sides are
//
//     producer   puts work into a queue; fence; reads this word, and wakes a sleeper if it finds
//                one and no searcher
//     sleeper    writes its bit into this word (and, if it has searched, takes the searcher's bit
//                out, in the same step); fence; looks at all queues, and does not block if it finds
//                work
//
// Both fences are sequentially consistent, and so one of them is first. If the producer's is, the
// sleeper's look at the queues finds the work. If the sleeper's is, the producer reads a word that
// has the sleeper's bit, or a later one. In that no sleeper may be left, because all were woken for
// other work; or there is a searcher, and then there are three cases:
//   1. It finds this work.
//   2. It finds other work. It takes its bit out, with a fence after it, looks at all queues, and
//      calls the next searcher if there is work in one (crew::end_search): the producer's fence is
//      before its fence, or the producer would not have read its bit.
//   3. It finds none, and is the sleeper above.
// A sleeper that sees that another one searches need not look at the queues, for the same reason:
// that one's end comes after this one's bit, and finds it.
//
// Nothing else is published through the word: what is in the queues is ordered by the queues. A
// change is acquire-release so that who is appointed comes after who appointed it.
#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace skein::stealing {

class idle_set {
 public:
  static constexpr std::size_t most_workers = 63;

  /// To be called after work was put into a queue: a sleeper that is awake and searches from now
  /// on, if there is one and nobody searches. The caller wakes it.
  std::optional<std::size_t> call_searcher() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    std::uint64_t now = word_.load(std::memory_order_relaxed);
    while (now != 0 && (now & searching) == 0) {
      const auto worker = static_cast<std::size_t>(std::countr_zero(now));
      if (change(now, (now & ~bit(worker)) | searching)) return worker;
    }
    return std::nullopt;
  }

  /// False where another worker searches.
  bool begin_search() noexcept {
    std::uint64_t now = word_.load(std::memory_order_relaxed);
    while ((now & searching) == 0) {
      if (change(now, now | searching)) return true;
    }
    return false;
  }

  /// Of the worker that searched and has found work. It looks at all queues after this.
  void end_search() noexcept {
    word_.fetch_and(~searching, std::memory_order_acq_rel);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  /// The worker is about to sleep. True where it must look at all queues before it does.
  ///
  /// @param has_searched  it is the searcher, and found nothing
  bool begin_sleep(std::size_t worker, bool has_searched) noexcept {
    std::uint64_t now = word_.load(std::memory_order_relaxed);
    std::uint64_t asleep = 0;
    do {
      asleep = (has_searched ? now & ~searching : now) | bit(worker);
    } while (!change(now, asleep));
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return (asleep & searching) == 0;
  }

  /// Whether a worker sleeps or searches. Between runs none does.
  bool anyone() const noexcept { return word_.load(std::memory_order_relaxed) != 0; }

  /// The worker is awake. True where it was appointed searcher meanwhile.
  bool end_sleep(std::size_t worker) noexcept {
    return (word_.fetch_and(~bit(worker), std::memory_order_acq_rel) & bit(worker)) == 0;
  }

 private:
  static constexpr std::uint64_t searching = std::uint64_t{1} << most_workers;

  static constexpr std::uint64_t bit(std::size_t worker) noexcept {
    return std::uint64_t{1} << worker;
  }
  bool change(std::uint64_t& from, std::uint64_t to) noexcept {
    return word_.compare_exchange_weak(from, to, std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> word_{0};
};

}  // namespace skein::stealing
