// Structures to JSON and back: what is written where, and what is refused by which name.
#include "harness/measure/fields.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"

using skein::measure::form;
using skein::measure::from_json;
using skein::measure::json;
using skein::measure::recorded;
using skein::measure::to_json;
using skein::test::contains;

namespace {

enum class colour : std::uint8_t { red, blue };

constexpr std::array<std::string_view, 2> words_of(colour /*unused*/) {
  return {"red", "blue"};
}

struct wheel {
  std::int64_t teeth = 0;
  std::int64_t turn_ns = 0;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("teeth", of.teeth);
    visit("turn_ns", of.turn_ns, recorded::unless_counted);
  }
};

struct machine {
  colour paint = colour::red;
  bool runs = false;
  std::uint8_t age = 0;
  double speed = 0;
  std::string name;
  std::optional<std::int64_t> owner;
  std::vector<wheel> wheels;
  std::string serial;

  template <typename Self, typename Visit>
  static void for_each_field(Self& of, Visit&& visit) {
    visit("paint", of.paint);
    visit("runs", of.runs);
    visit("age", of.age);
    visit("speed", of.speed, recorded::unless_counted);
    visit("name", of.name);
    visit("owner", of.owner);
    visit("wheels", of.wheels);
    visit("serial", of.serial, recorded::never);
  }
};

machine a_machine() {
  return {colour::blue, true, 3, 2.5, "m", std::nullopt, {{12, 100}, {20, 200}}, "x"};
}

json message() {
  return to_json(a_machine());
}

}  // namespace

TEST_CASE("a message has every field of a structure, and is read back") {
  CHECK(message() ==
        json{{"paint", "blue"},
             {"runs", true},
             {"age", 3},
             {"speed", 2.5},
             {"name", "m"},
             {"owner", nullptr},
             {"wheels", {{{"teeth", 12}, {"turn_ns", 100}}, {{"teeth", 20}, {"turn_ns", 200}}}},
             {"serial", "x"}});
  const auto copy = from_json<machine>(message(), "machine");
  CHECK(to_json(copy) == message());
}

TEST_CASE(
    "a record leaves out what is never recorded, and a counted one has no times, at any depth") {
  const json record = to_json(a_machine(), form::record);
  CHECK_FALSE(record.contains("serial"));
  CHECK(record.at("speed") == 2.5);
  CHECK(record.at("wheels").at(1).at("turn_ns") == 200);
  const json counted = to_json(a_machine(), form::counted_record);
  CHECK_FALSE(counted.contains("serial"));
  CHECK(counted.at("speed").is_null());
  CHECK(counted.at("wheels").at(1).at("turn_ns").is_null());
  CHECK(counted.at("wheels").at(1).at("teeth") == 20);
  CHECK(to_json(std::optional<machine>()).is_null());
}

TEST_CASE("a value of another kind is refused with its name and what was there") {
  struct planted {
    const char* field;
    json value;
  };
  const auto [field, value] =
      GENERATE(planted{"paint", "green"}, planted{"paint", 1}, planted{"runs", 1},
               planted{"age", -1}, planted{"age", 256}, planted{"age", 1.0}, planted{"age", true},
               planted{"age", nullptr}, planted{"speed", "fast"}, planted{"speed", false},
               planted{"name", 5}, planted{"owner", "none"}, planted{"wheels", "four"});
  INFO(field);
  json bad = message();
  bad[field] = value;
  CHECK_THROWS_WITH(from_json<machine>(bad, "machine"),
                    "machine." + std::string(field) + " cannot be " + value.dump());
}

TEST_CASE("an integer is a number, and null an optional that is empty") {
  json good = message();
  good["speed"] = 2;
  good["owner"] = 18;
  const auto read = from_json<machine>(good, "machine");
  CHECK(read.speed == 2.0);
  CHECK(read.owner == 18);
}

TEST_CASE("a field that is missing or not known is named where it is") {
  json bad = message();
  bad["wheels"][1].erase("teeth");
  CHECK_THROWS_WITH(from_json<machine>(bad, "machine"), "machine.wheels[1].teeth is missing");
  bad = message();
  bad["wheels"][0]["colour"] = "red";
  CHECK_THROWS_WITH(from_json<machine>(bad, ""), "wheels[0].colour is not known");
  bad = message();
  bad["wheels"][0] = 7;
  CHECK_THROWS_WITH(from_json<machine>(bad, ""), "wheels[0] is not an object");
}

TEST_CASE("a value that is refused is quoted in short") {
  json bad = message();
  bad["age"] = std::string(1'000, 'x');
  try {
    from_json<machine>(bad, "machine");
    FAIL("accepted");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()).size() < 100);
  }
}
