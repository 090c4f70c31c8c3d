// The set of occupied slots against a search through all of them.
#include "runtimes/loop/slot_set.hpp"

#include <random>
#include <vector>

#include "tests/catch.hpp"

namespace skein {
namespace {

std::optional<unsigned> searched(const std::vector<bool>& occupied, unsigned from) {
  for (unsigned ahead = 0; ahead < slot_set::slots; ++ahead) {
    if (occupied[(from + ahead) % slot_set::slots]) return ahead;
  }
  return std::nullopt;
}

TEST_CASE("an empty set of slots has no next one, wherever the search begins") {
  const slot_set none;
  for (unsigned from = 0; from < slot_set::slots; from += 63) REQUIRE(!none.distance_from(from));
}

TEST_CASE("the one occupied slot is found from everywhere") {
  for (unsigned slot = 0; slot < slot_set::slots; slot += 61) {
    slot_set one;
    one.add(slot);
    unsigned wrong = 0;
    for (unsigned from = 0; from < slot_set::slots; ++from) {
      if (one.distance_from(from) != (slot - from) % slot_set::slots) ++wrong;
    }
    REQUIRE(wrong == 0);
    one.remove(slot);
    REQUIRE(!one.distance_from(slot));
  }
}

TEST_CASE("the nearest occupied slot is found among few and among many") {
  const unsigned slots_added = GENERATE(2U, 50U, 5'000U);
  std::mt19937 random(slots_added);
  slot_set set;
  std::vector<bool> occupied(slot_set::slots);
  for (unsigned i = 0; i < slots_added; ++i) {
    const unsigned slot = random() % slot_set::slots;
    set.add(slot);
    occupied[slot] = true;
    const unsigned gone = random() % slot_set::slots;
    set.remove(gone);
    occupied[gone] = false;
    const unsigned from = random() % slot_set::slots;
    REQUIRE(set.distance_from(from) == searched(occupied, from));
  }
}

}  // namespace
}  // namespace skein
