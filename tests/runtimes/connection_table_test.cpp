// The table of the event loops' connections: slots that stay where they are and are not reused
// early.
#include <cstdint>
#include <vector>

#include "runtimes/loop/connection.hpp"
#include "tests/catch.hpp"

namespace skein {
namespace {

TEST_CASE("a slot comes back only after the turn that closed it, with another generation") {
  connection_table table;
  connection& first = table.open(7);
  const std::uint32_t slot = first.slot;
  const std::uint32_t generation = first.generation;
  REQUIRE(table.find(slot, generation) == &first);
  table.retire(first);
  REQUIRE(table.live() == 0);
  REQUIRE(table.find(slot, generation) == nullptr);
  connection& meanwhile = table.open(7);
  REQUIRE(meanwhile.slot != slot);
  table.release_closed();
  connection& again = table.open(7);
  REQUIRE(again.slot == slot);
  REQUIRE(again.generation != generation);
  REQUIRE(table.find(slot, generation) == nullptr);
  REQUIRE(table.find(slot, again.generation) == &again);
}

TEST_CASE("connections stay where they are while the table grows") {
  connection_table table;
  std::vector<connection*> opened;
  for (int i = 0; i < 1000; ++i) opened.push_back(&table.open(i));
  REQUIRE(table.live() == 1000);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(opened[static_cast<std::size_t>(i)]->descriptor == i);
    table.retire(*opened[static_cast<std::size_t>(i)]);
  }
  table.release_closed();
  const std::uint32_t slots = table.slots();
  for (int i = 0; i < 1000; ++i) table.open(i);
  REQUIRE(table.slots() == slots);
}

}  // namespace
}  // namespace skein
