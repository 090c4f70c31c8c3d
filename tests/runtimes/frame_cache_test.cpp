// Frames that are made by one thread and freed by another.
#include "runtimes/stealing/frame_cache.hpp"

#include <cstddef>
#include <set>
#include <thread>
#include <vector>

#include "tests/catch.hpp"

namespace skein::stealing {
namespace {

#ifndef SKEIN_SANITIZED

constexpr std::size_t frame_bytes = 120;

std::vector<void*> made(frame_cache& by, std::size_t count) {
  std::vector<void*> frames;
  for (std::size_t i = 0; i < count; ++i) frames.push_back(by.allocate(frame_bytes));
  return frames;
}

void free_all(frame_cache& by, const std::vector<void*>& frames) {
  for (void* each : frames) by.release(each, frame_bytes);
}

TEST_CASE("a frame that was freed is the next of its size, and no other has its place") {
  frame_depot depot;
  frame_cache cache(depot);
  void* const first = cache.allocate(frame_bytes);
  void* const second = cache.allocate(frame_bytes);
  REQUIRE(static_cast<std::byte*>(second) - static_cast<std::byte*>(first) == 128);
  cache.release(first, frame_bytes);
  REQUIRE(cache.allocate(64) != first);
  REQUIRE(cache.allocate(frame_bytes) == first);
}

TEST_CASE("what another thread frees is used again, but for what it keeps for itself") {
  frame_depot depot;
  frame_cache maker(depot);
  const auto frames = made(maker, 10'000);
  const std::set<void*> known(frames.begin(), frames.end());
  REQUIRE(known.size() == frames.size());
  frame_cache other(depot);
  free_all(other, frames);
  std::size_t anew = 0;
  for (void* const each : made(maker, 10'000)) anew += known.contains(each) ? 0U : 1U;
  REQUIRE(anew <= 2 * detail::magazine::most);
}

TEST_CASE("a thread that ends leaves all it kept to the others") {
  frame_depot depot;
  frame_cache maker(depot);
  const auto frames = made(maker, 1'000);
  std::thread([&] {
    frame_cache other(depot);
    free_all(other, frames);
  }).join();
  const std::set<void*> known(frames.begin(), frames.end());
  for (void* const each : made(maker, 1'000)) REQUIRE(known.contains(each));
}

TEST_CASE("a frame that no size has room for is of the heap") {
  frame_depot depot;
  frame_cache cache(depot);
  void* const large = cache.allocate(5'000);
  cache.release(large, 5'000);
  REQUIRE(large != nullptr);
}

/// Frees a frame when its thread ends.
struct late_release {
  ~late_release() {
    if (frame != nullptr) frame_cache::release_here(frame, frame_bytes);
  }
  void* frame = nullptr;
};

TEST_CASE("a frame that is freed after its thread's cache has gone is everybody's") {
  void* frame = nullptr;
  std::thread([&frame] {
    thread_local late_release late;  // made before the cache, and so destroyed after it
    late.frame = nullptr;
    frame = frame_cache::allocate_here(frame_bytes);
    late.frame = frame;
  }).join();
  bool is_there = false;
  std::thread([&] {
    std::vector<void*> taken;
    for (std::size_t i = 0; i < 1'000 && !is_there; ++i) {
      taken.push_back(frame_cache::allocate_here(frame_bytes));
      is_there = taken.back() == frame;
    }
    for (void* const each : taken) frame_cache::release_here(each, frame_bytes);
  }).join();
  REQUIRE(is_there);
}

#endif

}  // namespace
}  // namespace skein::stealing
