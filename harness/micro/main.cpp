// skein_micro: the command line is Google Benchmark's, with one addition:
//
//   skein_micro --counted ROW --iterations N
//
// runs N batches of one row for callgrind to count (scripts/instructions.py calls it) and prints
// {"row", "items", "counting"}. The process pins itself to the lowest CPU it is allowed on, so that
// a thread per task has no more CPUs than one thread for all.
//
// Exit status:
//   0  measured (rows that met a limit say so)
//   2  usage
//   4  a row failed
#include <benchmark/benchmark.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>
#include <uv.h>
#include <vector>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/cpus.hpp"
#include "runtimes/fiber/scheduler.hpp"

namespace {

constexpr int exit_ok = 0;
constexpr int exit_usage = 2;
constexpr int exit_could_not_measure = 4;

/// Pins the process to the lowest CPU it may use, and returns its number.
std::size_t pin_to_one_cpu() {
  const std::size_t lowest = skein::micro::allowed_cpus().front();
  skein::micro::pin_thread_to(lowest);
  return lowest;
}

void describe_run(std::size_t cpu) {
  benchmark::AddCustomContext("pinned_cpu", std::to_string(cpu));
  benchmark::AddCustomContext("libuv", ::uv_version_string());
  benchmark::AddCustomContext("boost", std::string(skein::fiber::boost_version()));
}

std::optional<std::int64_t> parse_batches(std::string_view text) {
  std::int64_t batches = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), batches);
  const bool good = error == std::errc{} && end == text.data() + text.size() && batches > 0;
  return good ? std::optional(batches) : std::nullopt;
}

/// The arguments are those after --counted.
int count_row(const std::vector<std::string>& words) {
  const auto batches =
      words.size() == 3 && words[1] == "--iterations" ? parse_batches(words[2]) : std::nullopt;
  if (!batches) {
    fmt::print(stderr, "usage: skein_micro --counted ROW --iterations N, with N from 1\n");
    return exit_usage;
  }
  pin_to_one_cpu();
  skein::micro::add_all();
  const auto items = skein::micro::run_counted(words[0], *batches);
  if (!items) {
    fmt::print(stderr, "skein_micro: no row '{}'; see --benchmark_list_tests\n", words[0]);
    return exit_usage;
  }
  fmt::print("{{\"row\": \"{}\", \"items\": {}, \"counting\": {}}}\n", words[0], *items,
             skein::micro::can_count());
  return exit_ok;
}

int run(int argument_count, char** arguments) {
  if (argument_count > 1 && std::string_view(arguments[1]) == "--counted") {
    return count_row({arguments + 2, arguments + argument_count});
  }
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
