// The readers of small kernel files.
#include "harness/measure/proc_file.hpp"

#include <string>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::contains;
using skein::test::fixture_tree;

TEST_CASE("a file that is not there is unknown, not empty and not zero") {
  CHECK(read_text("/proc/no-such-file") == std::nullopt);
  CHECK(read_line("/proc/no-such-file") == std::nullopt);
  CHECK(read_integer("/proc/no-such-file") == std::nullopt);
  CHECK(read_text("/proc") == std::nullopt);
}

TEST_CASE("a number is read whole or not at all") {
  CHECK(parse_integer(" 42\n") == 42);
  CHECK(parse_integer("-7") == -7);
  CHECK(parse_integer("max") == std::nullopt);
  CHECK(parse_integer("12kB") == std::nullopt);
  CHECK(parse_integer("") == std::nullopt);
}

TEST_CASE("a field is found by its whole name") {
  constexpr auto text = "Pss_Dirty:  7 kB\nPss:   5 kB\nmodel\t\t: 2\nmodel name\t: Some CPU\n";
  CHECK(field_bytes(text, "Pss") == 5 * 1024);
  CHECK(field_value(text, "model") == 2);
  CHECK(field_text(text, "model name") == "Some CPU");
  CHECK(field_value(text, "Rss") == std::nullopt);
}

TEST_CASE("a list of CPUs is read with its ranges") {
  CHECK(parse_cpu_list("0-2,5\n") == std::vector<int>{0, 1, 2, 5});
  CHECK(parse_cpu_list("3") == std::vector<int>{3});
  CHECK(parse_cpu_list("").empty());
  CHECK(parse_cpu_list("2-1").empty());
  CHECK(parse_cpu_list("a").empty());
}

TEST_CASE("words and lines are split without empty ends") {
  CHECK(split_words("  a \t bc\n") == std::vector<std::string_view>{"a", "bc"});
  CHECK(split_lines("x\n\ny") == std::vector<std::string_view>{"x", "", "y"});
}

TEST_CASE("a /proc in which this process has another number is not to be looked at") {
  CHECK_FALSE(why_not_our_proc());
  fixture_tree tree;
  tree.write("proc/1/comm", "init\n");
  const std::string self = tree.paths().proc + "/self";
  CHECK_THAT(why_not_our_proc(tree.paths()).value(), contains("it is not known"));
  REQUIRE(::symlink("1", self.c_str()) == 0);
  CHECK_THAT(why_not_our_proc(tree.paths()).value(), contains("and there it is 1;"));
  REQUIRE(::unlink(self.c_str()) == 0);
  REQUIRE(::symlink(std::to_string(::getpid()).c_str(), self.c_str()) == 0);
  CHECK_FALSE(why_not_our_proc(tree.paths()));
}
