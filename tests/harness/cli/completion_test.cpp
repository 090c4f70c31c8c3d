// What a shell offers after a command, found in the options that the command has.
#include "harness/cli/completion.hpp"

#include <algorithm>
#include <string>

#include "harness/cli/commands.hpp"
#include "tests/catch.hpp"

using namespace skein::cli;

namespace {

/// A program with a command below another, and every kind of option.
struct toy {
  std::string runtime, size, output, count, name;
  bool quiet = false;
  CLI::App program{"A toy", "toy"};

  toy() {
    auto* const run = program.add_subcommand("run", "Do it");
    auto* const one = run->add_subcommand("one", "It's the first");
    one->add_option("--runtime", runtime, "Which")->type_name(placeholder::runtime);
    one->add_option("--size", size, "How large")->type_name("test|base");
    one->add_option("-o,--output", output, "Where to")->type_name(placeholder::file);
    one->add_option("--count", count, "How many")->type_name("N");
    one->add_flag("-q,--quiet", quiet, "Say nothing");
    program.add_subcommand("show", "Show it")
        ->add_option("name", name, "Of what")
        ->type_name(placeholder::name);
  }

  [[nodiscard]] std::vector<completion_place> places() const {
    return completion_places(
        program, {{placeholder::runtime, {"fast", "slow"}}, {placeholder::name, {"it", "that"}}});
  }
};

const offered_option& option_named(const completion_place& place, const std::string& name) {
  const auto found = std::find_if(place.options.begin(), place.options.end(), [&](const auto& one) {
    return std::find(one.names.begin(), one.names.end(), name) != one.names.end();
  });
  REQUIRE(found != place.options.end());
  return *found;
}

}  // namespace

TEST_CASE("every command is a place, with the commands below it as words") {
  const auto places = toy{}.places();
  REQUIRE(places.size() == 4);
  CHECK(places[0].path.empty());
  REQUIRE(places[0].words.size() == 2);
  CHECK(places[0].words[0].word == "run");
  CHECK(places[0].words[0].help == "Do it");
  CHECK(places[1].path == " run");
  CHECK(places[2].path == " run one");
  CHECK(places[3].path == " show");
}

TEST_CASE("the values of an option are those that its place in the help stands for") {
  const auto places = toy{}.places();
  CHECK(option_named(places[2], "--runtime").values == std::vector<std::string>{"fast", "slow"});
  CHECK(option_named(places[2], "--size").values == std::vector<std::string>{"test", "base"});
  CHECK(option_named(places[2], "--count").values.empty());
  CHECK(option_named(places[2], "--count").takes_value);
  CHECK(option_named(places[2], "-o").takes_file);
  CHECK_FALSE(option_named(places[2], "--count").takes_file);
}

TEST_CASE("a flag takes no value, and help is one") {
  const auto places = toy{}.places();
  CHECK_FALSE(option_named(places[2], "--quiet").takes_value);
  CHECK_FALSE(option_named(places[0], "--help").takes_value);
}

TEST_CASE("an argument without a dash is offered by its values") {
  const auto place = toy{}.places()[3];
  REQUIRE(place.words.size() == 2);
  CHECK(place.words[0].word == "it");
  CHECK(place.words[1].word == "that");
}

TEST_CASE("a quote in a description stays one in every shell") {
  const auto places = toy{}.places();
  CHECK_THAT(zsh_completion(places), skein::test::contains("'one:It'\\''s the first'"));
  CHECK_THAT(fish_completion(places), skein::test::contains("-d 'It\\'s the first'"));
}

TEST_CASE("each script has every option and every value") {
  const auto places = toy{}.places();
  for (const std::string& script :
       {bash_completion(places), zsh_completion(places), fish_completion(places)}) {
    for (const char* const word : {"run", "one", "show", "fast", "slow", "test", "base", "output",
                                   "count", "quiet", "it", "that"}) {
      INFO(word);
      CHECK_THAT(script, skein::test::contains(word));
    }
  }
}
