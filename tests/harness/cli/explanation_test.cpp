// What is said of a name: every section that a reader asks for, from the declarations alone.
#include "harness/cli/explanation.hpp"

#include <algorithm>
#include <string>

#include "harness/cli/commands.hpp"
#include "tests/catch.hpp"
#include "workloads/all.hpp"

using namespace skein;
using namespace skein::cli;

namespace {

std::vector<section> explained(std::string_view name) {
  return explanation_of(cells::find_named(name, explained_runtimes()));
}

/// The lines of a section, one below the other; empty where it has nothing to say.
std::string said(std::string_view name, std::string_view key) {
  std::string text;
  for (const section& each : explained(name)) {
    if (each.key != key) continue;
    for (const std::string& line : each.lines) text += line + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("every name that is offered is explained, with a command that runs it") {
  for (const std::string& name : explained_names()) {
    INFO(name);
    CHECK_FALSE(said(name, "does").empty());
    CHECK_FALSE(said(name, "pages").empty());
    CHECK_THAT(said(name, "run"), test::contains("skein run "));
  }
}

TEST_CASE("a workload is explained by what its declaration says, each mode in a line") {
  for (const workloads::declaration* const each : workloads::declarations) {
    CHECK_THAT(said(each->id, "measures"), test::contains(std::string(each->measures)));
    CHECK_THAT(said(each->id, "leaves_out"), test::contains(std::string(each->leaves_out)));
    CHECK_THAT(said(each->id, "unfair"), test::contains(std::string(each->unfair)));
    CHECK(said(each->id, "run") == std::string(each->example) + "\n");
    for (const auto& shape : each->shapes) {
      CHECK_THAT(said(each->id, "does"), test::contains(std::string(shape.does)));
    }
  }
}

TEST_CASE("a mode has its own sentences, its own parameters and no others") {
  const auto churn = said("timers/churn", "unfair");
  CHECK_THAT(churn, test::contains(std::string(timers::declared.unfair)));
  CHECK_THAT(churn, test::contains(std::string(timers::declared.shapes.back().unfair)));
  CHECK(said("timers/spread", "unfair").find("cancelled") == std::string::npos);
  CHECK_THAT(said("c10k/open", "parameters"), test::contains("--rate: "));
  CHECK(said("c10k/idle", "parameters").find("--rate: ") == std::string::npos);
  CHECK_THAT(said("c10k/idle", "run"), test::contains(" --mode idle"));
}

TEST_CASE("a cell has the values of its id, and the command that has them all") {
  const std::string id = "c10k/fiber/10000/fixed/active=100/64B/own";
  CHECK_THAT(said(id, "parameters"), test::contains("--active: 100 here; a count from 1"));
  CHECK(said(id, "run") ==
        "skein run c10k --runtime fiber --connections 10000 --mode fixed --active 100 "
        "--payload-bytes 64B --buffer own\n");
}

TEST_CASE("a parameter that the cell's runtime does not take is left out") {
  CHECK_THAT(said("timers/fiber", "parameters"), test::contains("--stack-bytes: "));
  CHECK(said("timers/coroutine", "parameters").find("--stack-bytes: ") == std::string::npos);
  CHECK(said("timers/libuv", "parameters").find("--timers: ") == std::string::npos);
}

TEST_CASE("one of ours says what it is and in what it differs") {
  const runtime_info& libuv = *workloads::runtime_named("libuv");
  CHECK_THAT(said("libuv", "does"), test::contains(std::string(libuv.task)));
  CHECK_THAT(said("libuv", "unfair"), test::contains("finer grid than 1ms is a limit"));
  CHECK_THAT(said("thread_default", "unfair"), test::contains("stacks are the system's"));
  CHECK_THAT(said("coroutine", "run"), test::contains("skein run timers --runtime coroutine\n"));
}

TEST_CASE("a worker in another language says what it cannot do, and how it is built and run") {
  CHECK_THAT(said("embassy", "cannot"), test::contains("c10k: it has no sockets"));
  CHECK(said("embassy", "run").find("skein run c10k") == std::string::npos);
  CHECK_THAT(said("java_vt", "cannot"), test::contains("c10k with other --buffer than own"));
  CHECK_THAT(said("java_vt", "run"), test::contains("--buffer own --worker-command \""));
  CHECK_THAT(said("tokio", "run"), test::contains("scripts/references.py build tokio\n"));
  CHECK_THAT(said("tokio", "pages"), test::contains("runtimes/rust/tokio"));
  CHECK(said("c10k/embassy", "cannot") == "c10k: it has no sockets of an operating system\n");
  CHECK_THAT(said("embassy", "cannot"), test::contains(said("c10k/embassy", "cannot")));
  CHECK(said("timers/embassy", "cannot").empty());
}

TEST_CASE("on a terminal lines are folded, and commands are whole") {
  const std::string text = explanation_text("java_vt", explained("java_vt"));
  CHECK(text.starts_with("java_vt\n\nwhat it does\n  java_vt: "));
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    INFO(line);
    CHECK((line.size() <= 96 || line.find("skein run") != std::string::npos));
    begin = end + 1;
  }
  const std::string folded =
      explanation_text("x", {{"does", "it", {std::string(90, 'a') + " bcd ef"}}});
  CHECK(folded == "x\n\nit\n  " + std::string(90, 'a') + " bcd\n    ef\n");
}

TEST_CASE("for programs each section is a list of lines") {
  const measure::json all = explanation_json("timers", explained("timers"));
  CHECK(all["name"] == "timers");
  CHECK(all["measures"] == measure::json::array({std::string(timers::declared.measures)}));
  CHECK_FALSE(all.contains("cannot"));
}
