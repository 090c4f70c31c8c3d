#include "tests/contract/check_tasks.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"

namespace skein::contract {

verdict s1_every_task_runs_exactly_once(const subject& of) {
  const std::size_t many = of.many_tasks;
  std::vector<std::atomic<int>> runs(2 * many);
  stage scene(of);
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      ++runs[i];
      self.on().add([&runs, many, i](actor&) -> act {
        ++runs[many + i];
        co_return;
      });
      co_return;
    });
  }
  scene.play();
  for (const std::atomic<int>& each : runs) {
    if (each != 1) scene.report("S1", "a task ran " + std::to_string(each) + " times");
  }
  return scene.found("S1");
}

verdict s1_tasks_start_in_order_and_not_inside_spawn(const subject& of) {
  if (!of.single_threaded) return std::nullopt;
  constexpr std::size_t many = 50;
  stage scene(of);
  bool spawning = true;
  std::size_t next = 0;
  for (std::size_t i = 0; i < many; ++i) {
    scene.add([&, i](actor& self) -> act {
      self.on().require(!spawning, "S1", "a task started inside spawn");
      self.on().require(next++ == i, "S1", "tasks did not start in the order of their spawns");
      co_return;
    });
  }
  spawning = false;
  scene.play();
  return scene.found("S1");
}

verdict s2_run_returns_when_no_task_is_left(const subject& of) {
  stage scene(of);
  std::atomic<int> ended{0};
  for (int i = 0; i < 10; ++i) {
    scene.add([&](actor& self) -> act {
      co_await self.sleep_until(from_now(2 * ns_per_ms));
      self.on().add([&ended](actor& child) -> act {
        co_await child.yield();
        ++ended;
      });
      ++ended;
    });
  }
  scene.play_plainly();
  scene.require(ended == 20, "S2", "run() returned while tasks were left");
  return scene.found("S2");
}

namespace {

/// Called three times; spawns a task each time, and stops at the third.
class spawning_inbox final : public alarm_inbox {
 public:
  explicit spawning_inbox(stage& scene) : scene_(scene) { arm(ns_per_ms); }

  int calls = 0;
  std::atomic<int> ran = 0;
  bool on_owner_thread = true;

 private:
  void on_alarm() noexcept override {
    on_owner_thread = on_owner_thread && std::this_thread::get_id() == owner_;
    scene_.add([this](actor&) -> act {
      ++ran;
      co_return;
    });
    if (++calls < 3) return arm(ns_per_ms);
    scene_.scheduler().stop();
  }

  stage& scene_;
  std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace

verdict s2_run_with_an_inbox_serves_it_until_stop(const subject& of) {
  stage scene(of);
  spawning_inbox inbox(scene);
  scene.scheduler().run(inbox);
  scene.require(inbox.calls == 3, "S2", "run(inbox) returned before stop");
  scene.require(inbox.on_owner_thread, "S2", "the inbox was served on another thread");
  scene.require(inbox.ran == inbox.calls, "S2", "a task that the inbox spawned did not run");
  return scene.found("S2");
}

namespace {

/// How a child process that runs `body` ends. Its messages are not shown.
template <class Body>
int status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);  // the test framework's handler would report
    ::close(STDERR_FILENO);
    body();
    ::_exit(0);
  }
  int status = 0;
  checked(::waitpid(child, &status, 0), "waitpid");
  return status;
}

}  // namespace

verdict s5_an_escaping_exception_terminates([[maybe_unused]] const subject& of) {
#ifdef SKEIN_SANITIZED
  return std::nullopt;
#else
  const int status = status_of_child([&of] {
    try {
      stage scene(of);
      scene.add([](actor& self) -> act {
        co_await self.yield();
        throw std::runtime_error("a task's exception");
      });
      scene.play_plainly();
    } catch (...) {
      ::_exit(1);
    }
  });
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) return std::nullopt;
  return violation{"S5", "the process survived an exception that left a task"};
#endif
}

namespace {

/// A task that lives until `done`, and tells when it is over.
auto lives_until(const std::atomic<bool>& done, std::atomic<std::size_t>& ended) {
  return [&done, &ended](actor& self) -> act {
    while (!done) co_await self.sleep_until(from_now(ns_per_ms));
    ++ended;
  };
}

}  // namespace

verdict s6_spawn_refuses_what_does_not_fit(const subject& of) {
  scheduler_options options = stage_options();
  options.max_tasks = 8;
  stage scene(of, options);
  std::atomic<std::size_t> ended{0};
  std::atomic<bool> done{false};
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < options.max_tasks + 4; ++i) {
    try {
      scene.add(lives_until(done, ended));
      ++accepted;
    } catch (const limit_error& limit) {
      ++refused;
      scene.require(limit.needed > limit.value, "S6", "the limit would have sufficed");
    }
    const bool fits = i < options.max_tasks || !of.has_ceiling;
    scene.require(refused == (fits ? 0 : i + 1 - options.max_tasks), "S6",
                  "the ceiling did not show as a limit_error, or not there");
  }
  scene.require(scene.scheduler().live().tasks == accepted, "S6", "a refused task is alive");
  done = true;
  scene.play();
  scene.require(ended == accepted, "S6", "a task was neither run nor refused");
  return scene.found("S6");
}

verdict s6_what_did_not_fit_fits_when_another_has_ended(const subject& of) {
  constexpr std::size_t ceiling = 4;
  scheduler_options options = stage_options();
  options.max_tasks = ceiling;
  stage scene(of, options);
  std::atomic<std::size_t> ended{0};
  std::atomic<bool> done{false};
  std::atomic<bool> first_done{false};
  scene.add([&](actor& self) -> act {
    self.on().add(lives_until(first_done, ended));
    for (std::size_t i = 2; i < ceiling; ++i) self.on().add(lives_until(done, ended));
    std::size_t fitted = 0;
    for (const bool first_has_ended : {false, true}) {
      try {
        self.on().add(lives_until(done, ended));
        ++fitted;
        self.on().require(first_has_ended || !of.has_ceiling, "S6", "a task too many fitted");
      } catch (const limit_error&) {
        self.on().require(!first_has_ended, "S6", "a task did not fit after another had ended");
      }
      first_done = true;
      while (ended == 0 && !self.on().hung()) co_await self.yield();
      // A thread is counted as alive for a moment longer than its work takes.
      while (self.scheduler().live().tasks >= ceiling + fitted && !self.on().hung()) {
        co_await self.yield();
      }
    }
    done = true;
  });
  scene.play();
  return scene.found("S6");
}

}  // namespace skein::contract
