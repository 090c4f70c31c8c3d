// How a workload's program is made for a runtime by name, and what is said where there is none.
#include <stdexcept>
#include <string_view>

#include "runtimes/all.hpp"
#include "runtimes/errors.hpp"
#include "tests/catch.hpp"
#include "workloads/workload.hpp"

using namespace skein;

namespace {

struct nothing : workloads::program {
  void run(inbox& /*messages*/) override {}
  void stop() override {}
  workloads::work_counts counts() const override { return {}; }
  live_counts live() const override { return {}; }
};

struct parameters {};

template <class Scheduler>
struct on_a_scheduler : nothing {
  explicit on_a_scheduler(const parameters& /*asked*/) {}
};

struct on_the_floor : nothing {
  explicit on_the_floor(const parameters& /*asked*/) {}
};

auto made_without_floor(std::string_view runtime) {
  return workloads::make_on<all_runtimes, on_a_scheduler, void>(runtime, parameters{});
}

TEST_CASE("a workload that leaves out the floor meets a limit named runtime there") {
  CHECK(made_without_floor("coroutine") != nullptr);
  try {
    made_without_floor("epoll_floor");
    FAIL("it was made");
  } catch (const limit_error& limit) {
    CHECK(limit.name == "runtime");
    CHECK_THAT(limit.what(), test::contains("epoll_floor does not do this work"));
  }
}

TEST_CASE("a runtime that has tasks and no connections meets a limit named runtime, and no floor") {
  try {
    workloads::make_on<all_runtimes, on_a_scheduler, on_the_floor>("coroutine_stealing",
                                                                   parameters{});
    FAIL("it was made");
  } catch (const limit_error& limit) {
    CHECK(limit.name == "runtime");
    CHECK_THAT(limit.what(), test::contains("coroutine_stealing has no connections"));
  }
  CHECK(workloads::make_on<all_runtimes, on_a_scheduler, on_the_floor>("epoll_floor",
                                                                       parameters{}) != nullptr);
}

TEST_CASE("a runtime that nobody has is no limit but an error") {
  CHECK_THROWS_AS(made_without_floor("epoll_flor"), std::invalid_argument);
}

}  // namespace
