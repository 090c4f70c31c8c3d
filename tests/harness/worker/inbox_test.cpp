// The worker's inbox: commands in, replies out, and every way to end.
#include <array>
#include <string>
#include <unistd.h>

#include "harness/worker/control_inbox.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::worker;

namespace {

/// A program of which only the counting is real.
class fake_program final : public workloads::program {
 public:
  void run(inbox&) override {}
  void stop() override { ++stops; }
  void spawn_up_to(std::size_t tasks, time_ns) override {
    if (tasks > 100) throw limit_error("planted", 100, static_cast<std::int64_t>(tasks));
    spawned = tasks;
  }
  void on_finished(void (*notify)(void*), void* argument) override {
    notify_ = notify;
    argument_ = argument;
  }
  workloads::work_counts counts() const override { return {3, 4, 0xabc, 0, {}}; }
  live_counts live() const override { return {spawned, 0}; }
  void finish() { notify_(argument_); }

  int stops = 0;
  std::size_t spawned = 0;

 private:
  void (*notify_)(void*) = nullptr;
  void* argument_ = nullptr;
};

struct pipe_ends {
  pipe_ends() { REQUIRE(::pipe(ends.data()) == 0); }
  ~pipe_ends() {
    ::close(ends[0]);
    close_write();
  }
  void close_write() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::array<int, 2> ends{};
};

struct scene {
  pipe_ends commands;
  pipe_ends replies;
  protocol::line_channel worker_side{commands.ends[0], replies.ends[1]};
  protocol::line_channel conductor_side{replies.ends[0], commands.ends[1]};
  fake_program program;
  control_inbox inbox{worker_side, program, 0};

  json say(const std::string& line) {
    conductor_side.write_line(line);
    inbox.on_readable();
    const auto reply = conductor_side.read_line_for(1000);
    return reply ? json::parse(*reply) : json();
  }
};

}  // namespace

TEST_CASE("stats are answered with counts") {
  scene of;
  const json stats = of.say(R"({"type":"stats"})");
  CHECK(stats.at("type") == "stats");
  CHECK(stats.at("units") == 3);
  CHECK(stats.at("checksum") == "0000000000000abc");
  CHECK(stats.at("lateness").is_null());
  CHECK(of.program.stops == 0);
}

TEST_CASE("spawn is done and timed, finished comes unasked") {
  scene of;
  const json spawned = of.say(R"({"type":"phase","name":"spawn","tasks":7,"epoch_ns":1})");
  CHECK(spawned.at("name") == "spawn");
  CHECK(of.program.spawned == 7);
  of.program.finish();
  CHECK(json::parse(*of.conductor_side.read_line()).at("name") == "finished");
  CHECK(of.inbox.times().fire_ns);
}

TEST_CASE("the time to spawn is that of all steps together") {
  scene of;
  time_ns sum_ns = 0;
  for (const char* step : {R"({"type":"phase","name":"spawn","tasks":7,"epoch_ns":1})",
                           R"({"type":"phase","name":"spawn","tasks":9,"epoch_ns":1})"}) {
    const auto took_ns = of.say(step).at("spawn_ns").get<time_ns>();
    CHECK(took_ns > 0);
    sum_ns += took_ns;
  }
  CHECK(of.inbox.times().spawn_ns == sum_ns);
}

TEST_CASE("a limit met while spawning is reported and ends the run") {
  scene of;
  const json limit = of.say(R"({"type":"phase","name":"spawn","tasks":101,"epoch_ns":1})");
  CHECK(limit.at("type") == "limit");
  CHECK(limit.at("needed") == 101);
  CHECK(of.inbox.how() == ending::limit);
  CHECK(of.program.stops == 1);
}

TEST_CASE("what is no command is reported and ends the run") {
  for (const char* line : {"nonsense", "[]", R"({"type":"dance"})", R"({"type":"phase"})",
                           R"({"type":"phase","name":"spawn"})"}) {
    INFO(line);
    scene of;
    CHECK(of.say(line).at("type") == "error");
    CHECK(of.inbox.how() == ending::error);
    CHECK(of.program.stops == 1);
  }
}

TEST_CASE("stop and a conductor that went away end the run quietly") {
  scene stopped;
  stopped.conductor_side.write_line(R"({"type":"stop"})");
  stopped.inbox.on_readable();
  CHECK(stopped.inbox.how() == ending::stopped);
  CHECK(stopped.program.stops == 1);
  scene left;
  left.commands.close_write();
  left.inbox.on_readable();
  CHECK(left.inbox.how() == ending::conductor_gone);
  CHECK(left.program.stops == 1);
}
