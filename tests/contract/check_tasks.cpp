#include "tests/contract/check_tasks.hpp"

#include <array>
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

/// Rings three times, spawns a task each time, and stops at the third.
class ringing_inbox final : public alarm_inbox {
 public:
  explicit ringing_inbox(stage& rung) : scene_(rung) { arm(ns_per_ms); }

  int rings = 0;
  std::atomic<int> ran = 0;
  bool on_owner_thread = true;

 private:
  void on_alarm() noexcept override {
    on_owner_thread = on_owner_thread && std::this_thread::get_id() == owner_;
    scene_.add([this](actor&) -> act {
      ++ran;
      co_return;
    });
    if (++rings < 3) return arm(ns_per_ms);
    scene_.scheduler().stop();
  }

  stage& scene_;
  std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace

verdict s2_run_with_an_inbox_serves_it_until_stop(const subject& of) {
  stage scene(of);
  ringing_inbox bell(scene);
  scene.scheduler().run(bell);
  scene.require(bell.rings == 3, "S2", "run(inbox) returned before stop");
  scene.require(bell.on_owner_thread, "S2", "the inbox was served on another thread");
  scene.require(bell.ran == bell.rings, "S2", "a task that the inbox spawned did not run");
  return scene.found("S2");
}

verdict s3_stop_ends_every_wait_as_cancelled(const subject& of) {
  const std::vector<std::byte> much(std::size_t{8} << 20U);
  stage scene(of);
  auto door = scene.listen();
  const test::loopback_client silent(door.port);
  const test::loopback_client never_reads(door.port, 4096);
  std::atomic<int> ready{0};
  sleep_timer timer = scene.timer();

  const auto sleeps_on = [](actor& self) -> act {
    const wake later = co_await self.sleep_until(from_now(far_away_ns));
    self.on().require(later == wake::cancelled, "S3", "a sleep begun after stop was not cancelled");
  };
  scene.add([&](actor& self) -> act {
    ++ready;
    const wake how = co_await self.sleep_until(from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "S3", "a pending sleep was not cancelled by stop");
    self.on().add(sleeps_on);
  });
  scene.add([&](actor& self) -> act {
    ++ready;
    const wake how = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(how == wake::cancelled, "S3", "a timer's sleep was not cancelled by stop");
    const wake again = co_await self.sleep_until(timer, from_now(far_away_ns));
    self.on().require(again == wake::cancelled, "S3", "a later timer's sleep was not cancelled");
  });
  scene.add([&](actor& self) -> act {
    auto* quiet = co_await self.accept(door.at);
    auto* clogged = co_await self.accept(door.at);
    self.on().add([quiet, &ready](actor& reader) -> act {
      ++ready;
      const bytes chunk = co_await reader.read(*quiet);
      const bool cancelled = chunk.empty() && quiet->error() == ECANCELED;
      reader.on().require(cancelled, "S3", "a pending read was not cancelled by stop");
      const bool written = co_await reader.write(*quiet, std::as_bytes(std::span("x")));
      reader.on().require(!written, "S3", "a write begun after stop was done");
      reader.close(*quiet);
    });
    self.on().add([clogged, &ready, &much](actor& writer) -> act {
      ++ready;
      const bool written = co_await writer.write(*clogged, much);
      const bool cancelled = !written && clogged->error() == ECANCELED;
      writer.on().require(cancelled, "S3", "a pending write was not cancelled by stop");
      const bytes chunk = co_await writer.read(*clogged);
      writer.on().require(chunk.empty(), "S3", "a read begun after stop got bytes");
      writer.close(*clogged);
    });
    ++ready;
    auto* third = co_await self.accept(door.at);
    self.on().require(third == nullptr, "S3", "a pending accept was not cancelled by stop");
    auto* fourth = co_await self.accept(door.at);
    self.on().require(fourth == nullptr, "S3", "an accept begun after stop was not cancelled");
  });
  scene.add([&](actor& self) -> act {
    while (ready < 5 && !self.on().hung()) {
      co_await self.sleep_until(from_now(2 * ns_per_ms));
    }
    self.scheduler().stop();
    self.scheduler().stop();
  });
  scene.play();
  return scene.found("S3");
}

verdict s3_stop_before_run_cancels_all_waits(const subject& of) {
  stage scene(of);
  std::atomic<int> cancelled{0};
  for (int i = 0; i < 5; ++i) {
    scene.add([&](actor& self) -> act {
      const wake how = co_await self.sleep_until(from_now(far_away_ns));
      if (how == wake::cancelled) ++cancelled;
    });
  }
  scene.scheduler().stop();
  scene.play();
  scene.require(cancelled == 5, "S3", "a wait was not cancelled by an earlier stop");
  return scene.found("S3");
}

verdict s4_yield_lets_every_other_task_run(const subject& of) {
  constexpr int tasks = 5;
  constexpr int turns = 200;
  stage scene(of);
  std::array<std::atomic<int>, tasks> steps{};
  for (std::size_t me = 0; me < tasks; ++me) {
    scene.add([&, me](actor& self) -> act {
      for (int turn = 0; turn < turns; ++turn) {
        ++steps[me];
        std::array<int, tasks> before{};
        for (std::size_t i = 0; i < tasks; ++i) before[i] = steps[i];
        co_await self.yield();
        if (!of.single_threaded) continue;
        for (std::size_t i = 0; i < tasks; ++i) {
          const bool moved = i == me || before[i] == turns || steps[i] > before[i];
          self.on().require(moved, "S4", "a yield returned before another task had run");
        }
      }
    });
  }
  scene.play();
  return scene.found("S4");
}

verdict s4_yielding_for_another_task_ends(const subject& of) {
  stage scene(of);
  std::atomic<bool> done{false};
  constexpr long most = 50'000'000;
  scene.add([&](actor& self) -> act {
    long yields = 0;
    while (!done && !self.on().hung() && ++yields < most) co_await self.yield();
    self.on().require(done, "S4", "yielding did not let the other task run");
  });
  scene.add([&](actor& self) -> act {
    co_await self.yield();
    done = true;
  });
  scene.play();
  return scene.found("S4");
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

verdict s6_spawn_refuses_what_does_not_fit(const subject& of) {
  scheduler_options options = stage_options();
  options.max_tasks = 8;
  stage scene(of, options);
  std::atomic<std::size_t> ran{0};
  std::atomic<bool> all_spawned{false};
  std::size_t accepted = 0;
  bool refused = false;
  for (std::size_t i = 0; i < options.max_tasks + 4; ++i) {
    try {
      scene.add([&ran, &all_spawned](actor& self) -> act {
        while (!all_spawned) co_await self.sleep_until(from_now(ns_per_ms));
        ++ran;
      });
      ++accepted;
    } catch (const limit_error& limit) {
      refused = true;
      scene.require(limit.needed > limit.value, "S6", "the limit would have sufficed");
    }
  }
  all_spawned = true;
  scene.play();
  scene.require(ran == accepted, "S6", "a task was neither run nor refused");
  scene.require(refused == of.has_ceiling, "S6", "the ceiling did not show as a limit_error");
  scene.add([&ran](actor&) -> act {
    ++ran;
    co_return;
  });
  scene.play_plainly();
  scene.require(ran == accepted + 1, "S6", "no task could be spawned after others had ended");
  return scene.found("S6");
}

}  // namespace skein::contract
