// skein_micro: the command line is Google Benchmark's. It keeps itself on one CPU, the lowest it is
// allowed on, so that a thread per task has no more processor than one thread for all.
//
// Exit status: 0 measured (rows that met a limit say so), 2 usage, 4 a row failed.
#include <benchmark/benchmark.h>
#include <cstddef>
#include <exception>
#include <fmt/core.h>
#include <sched.h>
#include <string>
#include <uv.h>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/fiber/scheduler.hpp"

namespace {

constexpr int exit_ok = 0;
constexpr int exit_usage = 2;
constexpr int exit_could_not_measure = 4;

/// Pins the process to the lowest CPU it may use, and returns its number.
std::size_t pin_to_one_cpu() {
  cpu_set_t allowed;
  skein::checked(::sched_getaffinity(0, sizeof allowed, &allowed), "sched_getaffinity");
  std::size_t lowest = 0;
  while (lowest < CPU_SETSIZE - 1 && !CPU_ISSET(lowest, &allowed)) ++lowest;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(lowest, &one);
  skein::checked(::sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
  return lowest;
}

void describe_run(std::size_t cpu) {
  benchmark::AddCustomContext("pinned_cpu", std::to_string(cpu));
  benchmark::AddCustomContext("libuv", ::uv_version_string());
  benchmark::AddCustomContext("boost", std::string(skein::fiber::boost_version()));
}

int run(int argument_count, char** arguments) {
  benchmark::Initialize(&argument_count, arguments);
  if (benchmark::ReportUnrecognizedArguments(argument_count, arguments)) return exit_usage;
  describe_run(pin_to_one_cpu());
  skein::micro::add_all();
  const std::size_t rows = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (rows == 0) return exit_usage;
  return skein::micro::failures() == 0 ? exit_ok : exit_could_not_measure;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    return run(argument_count, arguments);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "skein_micro: {}\n", failure.what());
    return exit_could_not_measure;
  }
}
