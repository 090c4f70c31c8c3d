// The options that every workload has are listed here; those of its cell come from its declaration.
// Defaults in help texts are taken from where they are said.
#include "harness/cli/run_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cells/defaults.hpp"
#include "harness/cells/describe.hpp"
#include "harness/cli/commands.hpp"

namespace skein::cli {
namespace {

namespace defaults = cells::defaults;

template <typename Value>
std::string with_default(const char* text, const Value& value) {
  return fmt::format("{} [{}]", text, value);
}

void add_measuring_options(CLI::App& app, run_words& words) {
  app.add_option("--runtime", words.runtime, "Which runtime to measure (skein list)")
      ->type_name(placeholder::runtime);
  app.add_option("--size", words.size, "A named size of the workload [base]")
      ->type_name(fmt::format("{}", fmt::join(cells::size_names, "|")));
  app.add_option("--worker-cpus", words.worker_cpus,
                 with_default("CPUs of the worker, e.g. 0 or 0,2-3", defaults::worker_cpus))
      ->type_name("CPUS");
  app.add_option(
         "--generator-cpus", words.generator_cpus,
         with_default("CPUs of the load generator and of this process", defaults::generator_cpus))
      ->type_name("CPUS");
  app.add_option("--timeout", words.timeout, "Bound on the whole cell [computed from the cell]")
      ->type_name("TIME");
  app.add_option("--thread-ceiling", words.thread_ceiling,
                 with_default("Most threads a worker may be asked for", defaults::thread_ceiling))
      ->type_name("N");
  app.add_option("--memory-ceiling", words.memory_ceiling,
                 "Most memory the run may take, e.g. 4GiB; more is a result with status limit "
                 "[what the machine has available, less a reserve]")
      ->type_name("SIZE");
  app.add_option("--worker-command", words.worker_command,
                 "Measure this program instead of our own worker; it speaks harness/PROTOCOL.md")
      ->type_name("COMMAND");
  app.add_flag(
      "--count", words.count,
      "Count allocations and system calls of the worker; the run's times are not recorded");
}

/// Of a workload that is served a load.
void add_load_options(CLI::App& app, run_words& words) {
  app.add_option("--generator-command", words.generator_commands,
                 "Start the load generator by this command, which ends in 'skein generator' of "
                 "this very build, e.g. ssh -T HOST skein generator; again for each further host")
      ->type_name("COMMAND")
      ->allow_extra_args(false);
  app.add_option("--listen", words.listen,
                 "The worker's address, which the load generator's host reaches [loopback]")
      ->type_name("ADDRESS");
  app.add_option("--generator-addresses", words.generator_addresses,
                 "Addresses of the load generator to connect from, e.g. 10.0.0.2-10.0.0.9, for "
                 "each host [as it routes]")
      ->type_name("A-B")
      ->allow_extra_args(false);
  app.add_option("--network", words.network,
                 "What the network is called: results over two networks are never compared")
      ->type_name("NAME");
}

void add_recording_options(CLI::App& app, run_words& words) {
  app.add_option("-o,--output", words.output, "Append the record to this JSON Lines file")
      ->type_name(placeholder::file);
  app.add_option("--session", words.session_id,
                 "The run belongs to this session, whose line the caller writes")
      ->type_name("ID");
  app.add_option("--run-meta", words.run_meta,
                 "Copied into the record: a JSON object of arm, block, pair, position")
      ->type_name("JSON");
  app.add_option("--lock-file", words.lock_file,
                 "Lock against a second measurement [$SKEIN_LOCK_FILE or /tmp/skein.lock]")
      ->type_name(placeholder::file);
  app.add_option("--lock-fd", words.lock_fd, "An inherited descriptor that holds that lock already")
      ->type_name("N");
  app.add_flag("--json", words.json, "Print the record instead of a table");
}

void add_declared_options(CLI::App& app, const workloads::declaration& declared, run_words& words) {
  for (const workloads::field& each : declared.fields) {
    if (!cells::is_option(each)) continue;
    std::string names(each.option);
    if (!each.alias.empty()) names += "," + std::string(each.alias);
    app.add_option(names, words.cell[std::string(each.name)], cells::help_of(declared, each))
        ->type_name(cells::placeholder_of(each));
    if (each.automatic && each.kind == workloads::field_kind::rate) {
      app.add_option("--rate-baseline", words.rate_baseline,
                     with_default("The runtime that a rate of auto:N% is a share of",
                                  defaults::rate_baseline))
          ->type_name(placeholder::runtime);
    }
  }
}

}  // namespace

void add_options(CLI::App& app, const workloads::declaration& declared, run_words& words) {
  add_measuring_options(app, words);
  if (declared.run == workloads::run_kind::served) add_load_options(app, words);
  add_recording_options(app, words);
  add_declared_options(app, declared, words);
}

}  // namespace skein::cli
