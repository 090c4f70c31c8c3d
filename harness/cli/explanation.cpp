#include "harness/cli/explanation.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "generated/runtimes.hpp"
#include "harness/cells/describe.hpp"
#include "harness/cells/parameters.hpp"
#include "harness/cells/units.hpp"
#include "harness/cli/commands.hpp"
#include "workloads/all.hpp"

namespace skein::cli {
namespace {

using workloads::declaration;
using workloads::field;

constexpr std::string_view fairness_page = "harness/FAIRNESS.md";
constexpr std::string_view run_key = "run";
constexpr std::size_t line_width = 96;

/// What may be said of a name, in the order in which it is shown. Empty lines are left out.
struct findings {
  std::vector<std::string> does, measures, leaves_out, cannot, parameters, unfair, run, pages;
};

void keep(std::vector<std::string>& lines, std::string_view text) {
  if (!text.empty()) lines.emplace_back(text);
}

const foreign_runtime* foreign_named(std::string_view id) {
  const auto found = std::find_if(foreign_runtimes.begin(), foreign_runtimes.end(),
                                  [&](const foreign_runtime& each) { return each.id == id; });
  return found == foreign_runtimes.end() ? nullptr : &*found;
}

// --- a workload ---

const workloads::shape_texts* texts_of(const cells::named_work& named) {
  const auto& all = named.workload->shapes;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& each) { return each.word == named.shape; });
  return found == all.end() ? nullptr : &*found;
}

/// What an option is set to in the cell, what it may be set to, and what for.
std::string parameter_line(const cells::named_work& named, const field& which) {
  const auto value = named.values.find(which.name);
  std::string text = fmt::format("{}: ", which.option);
  if (value != named.values.end()) text += fmt::format("{} here; ", value->second);
  text += cells::values_of(*named.workload, which, named.shape);
  text += fmt::format(". {}", which.help);
  if (named.shape.empty() && !which.shapes.empty()) {
    text += fmt::format(" ({} {})", named.workload->shape, fmt::join(which.shapes, ", "));
  }
  return text;
}

void explain_parameters(const cells::named_work& named, findings& found) {
  const runtime_info* const runtime = workloads::runtime_named(named.runtime);
  for (const field& each : named.workload->fields) {
    const bool taken = runtime == nullptr || cells::takes(*runtime, each);
    if (taken && cells::is_option(each) && cells::applies_to(each, named.shape)) {
      found.parameters.push_back(parameter_line(named, each));
    }
  }
}

void explain_workload(const cells::named_work& named, findings& found) {
  const declaration& declared = *named.workload;
  keep(found.does, declared.description);
  keep(found.measures, declared.measures);
  keep(found.leaves_out, declared.leaves_out);
  keep(found.unfair, declared.unfair);
  if (const workloads::shape_texts* const own = texts_of(named)) {
    keep(found.does, fmt::format("{}: {}", own->word, own->does));
    keep(found.measures, own->measures);
    keep(found.leaves_out, own->leaves_out);
    keep(found.unfair, own->unfair);
  } else {
    for (const workloads::shape_texts& each : declared.shapes) {
      keep(found.does, fmt::format("{} {}: {}", declared.shape, each.word, each.does));
    }
  }
  explain_parameters(named, found);
  keep(found.pages, declared.page);
}

// --- a runtime ---

/// How one of ours differs from the others in conditions, from what it says of itself.
std::vector<std::string> differences_of(const runtime_info& runtime) {
  std::vector<std::string> lines;
  const auto when = [&](bool holds, std::string text) {
    if (holds) lines.push_back(std::move(text));
  };
  when(runtime.timer_resolution_ns > 1,
       fmt::format("a cell with deadlines on a finer grid than {} is a limit, and not measured",
                   cells::format_duration(runtime.timer_resolution_ns)));
  when(runtime.early_by_at_most_ns > 0,
       fmt::format("its timers may fire up to {} early; every result counts them",
                   cells::format_duration(runtime.early_by_at_most_ns)));
  when(!runtime.takes_inline_budget,
       "how many steps a task takes in a row is not bounded by the budget of the others");
  when(!runtime.takes_events_per_wait,
       "how many events it takes at a wait is not what the others are set to");
  when(runtime.takes_workers,
       "its tasks move among as many threads as --workers says, and what they share is shared by "
       "threads");
  when(runtime.thread_per_task, "each task is a thread: limits on threads are limits on tasks");
  when(runtime.stacks_from_system, "its stacks are the system's, whatever --stack-bytes says");
  when(runtime.takes_receive_ring,
       "the kernel receives into a ring of buffers, which counts as fixed memory");
  return lines;
}

void explain_ours(const runtime_info& runtime, findings& found) {
  std::string text =
      fmt::format("{}: {}; style {}; waits on {}; timers: {}; threads: {}", runtime.id,
                  runtime.task, runtime.style, runtime.loop, runtime.timer_source, runtime.threads);
  if (runtime.library != "none") {
    text += fmt::format("; {} {}", runtime.library, runtime.library_version);
  }
  found.does.push_back(std::move(text));
  for (std::string& line : differences_of(runtime)) found.unfair.push_back(std::move(line));
  found.pages.emplace_back("runtimes/README.md");
}

/// Whether the reason is about this work, or about a part of it.
bool concerns(const undone_work& what, const cells::named_work& named) {
  if (named.workload == nullptr) return true;
  const std::string whole = fmt::format("{}/{}", named.workload->id, named.shape);
  return what.work == named.workload->id || what.work == whole ||
         (named.shape.empty() && what.work.starts_with(whole));
}

bool does(const foreign_runtime& runtime, const declaration& declared) {
  return std::none_of(runtime.cannot.begin(), runtime.cannot.end(),
                      [&](const undone_work& each) { return each.work == declared.id; });
}

/// The field that says whose buffers are read into, where the worker serves only some kinds.
const field* buffer_field(const declaration& declared, const foreign_runtime& runtime) {
  if (runtime.buffers.empty() || !does(runtime, declared)) return nullptr;
  const auto found = std::find_if(declared.fields.begin(), declared.fields.end(),
                                  [](const field& each) { return each.name == "buffer"; });
  return found == declared.fields.end() ? nullptr : &*found;
}

void explain_foreign(const foreign_runtime& runtime, const cells::named_work& named,
                     findings& found) {
  found.does.push_back(fmt::format("{}: {}; a program of its own in {}", runtime.id, runtime.about,
                                   runtime.language));
  for (const undone_work& each : runtime.cannot) {
    if (concerns(each, named)) {
      found.cannot.push_back(fmt::format("{}: {}", each.work, each.reason));
    }
  }
  for (const declaration* const each : workloads::declarations) {
    const field* const buffer = buffer_field(*each, runtime);
    if (buffer != nullptr && (named.workload == nullptr || named.workload == each)) {
      found.cannot.push_back(
          fmt::format("{} with other {} than {}", each->id, buffer->option, runtime.buffers));
    }
  }
  keep(found.unfair, runtime.unfair);
  found.pages.push_back(
      fmt::format("{} (why it has this form, and what is unequal)", runtime.head));
  found.pages.emplace_back("runtimes/REFERENCES.md");
}

void explain_runtime(const cells::named_work& named, findings& found) {
  if (const foreign_runtime* const foreign = foreign_named(named.runtime)) {
    explain_foreign(*foreign, named, found);
  } else if (const runtime_info* const ours = workloads::runtime_named(named.runtime)) {
    explain_ours(*ours, found);
  }
}

// --- how to run it ---

/// What an id says, as options; of a mode or pattern without an id, itself.
std::string options_of_cell(const cells::named_work& named) {
  std::string text;
  for (const field& each : named.workload->fields) {
    const auto value = named.values.find(each.name);
    if (value != named.values.end()) text += fmt::format(" {} {}", each.option, value->second);
  }
  if (text.empty() && !named.shape.empty()) {
    text = fmt::format(" --{} {}", named.workload->shape, named.shape);
  }
  return text;
}

/// Of a worker in another language also how it is built and started, and a buffer that it serves.
std::string command_of(const cells::named_work& named) {
  const foreign_runtime* const foreign = foreign_named(named.runtime);
  std::string text = fmt::format("skein run {} --runtime {}{}", named.workload->id, named.runtime,
                                 options_of_cell(named));
  if (foreign == nullptr) return text;
  const field* const buffer = buffer_field(*named.workload, *foreign);
  if (buffer != nullptr && !named.values.contains(buffer->name)) {
    const auto first = foreign->buffers.substr(0, foreign->buffers.find(','));
    text += fmt::format(" {} {}", buffer->option, first);
  }
  return text + fmt::format(" --worker-command \"{}\"", foreign->command);
}

void explain_running(cells::named_work named, findings& found) {
  const foreign_runtime* const foreign = foreign_named(named.runtime);
  if (foreign != nullptr && foreign->is_built) {
    found.run.push_back(fmt::format("scripts/references.py build {}", foreign->id));
  }
  if (named.workload != nullptr && named.runtime.empty() && named.shape.empty()) {
    found.run.emplace_back(named.workload->example);
    return;
  }
  if (named.runtime.empty()) named.runtime = workloads::runtimes().front().id;
  for (const declaration* const each : workloads::declarations) {
    if (named.workload != nullptr && named.workload != each) continue;
    cells::named_work one = named;
    one.workload = each;
    if (foreign == nullptr || does(*foreign, *each)) found.run.push_back(command_of(one));
  }
}

// --- as text ---

void append_folded(std::string& text, std::string_view line) {
  constexpr std::string_view first = "  ", others = "    ";
  std::string row(first);
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    const bool is_begun = row.find_first_not_of(' ') != std::string::npos;
    if (is_begun && row.size() + 1 + word.size() > line_width) {
      text += row + '\n';
      row = others;
    } else if (is_begun) {
      row += ' ';
    }
    row += word;
  }
  text += row + '\n';
}

}  // namespace

std::vector<section> explanation_of(const cells::named_work& named) {
  findings found;
  if (named.workload != nullptr) explain_workload(named, found);
  if (!named.runtime.empty()) explain_runtime(named, found);
  explain_running(named, found);
  found.pages.emplace_back(fairness_page);
  std::vector<section> sections{
      {"does", "what it does", std::move(found.does)},
      {"measures", "what it measures", std::move(found.measures)},
      {"leaves_out", "what it does not measure", std::move(found.leaves_out)},
      {"cannot", "what it cannot do: such a cell is a limit", std::move(found.cannot)},
      {"parameters", "parameters, with their defaults in brackets", std::move(found.parameters)},
      {"unfair", "how a comparison might be unfair", std::move(found.unfair)},
      {run_key, "to run it, from the top of the source tree", std::move(found.run)},
      {"pages", "to read on", std::move(found.pages)},
  };
  std::erase_if(sections, [](const section& each) { return each.lines.empty(); });
  return sections;
}

std::string explanation_text(std::string_view name, const std::vector<section>& sections) {
  std::string text = fmt::format("{}\n", name);
  for (const section& each : sections) {
    text += fmt::format("\n{}\n", each.title);
    for (const std::string& line : each.lines) {
      if (each.key == run_key) {
        text += fmt::format("  {}\n", line);  // to be copied whole
      } else {
        append_folded(text, line);
      }
    }
  }
  return text;
}

measure::json explanation_json(std::string_view name, const std::vector<section>& sections) {
  measure::json all = {{"name", name}};
  for (const section& each : sections) all[std::string(each.key)] = each.lines;
  return all;
}

std::vector<std::string> explained_runtimes() {
  std::vector<std::string> runtimes = runtime_names();
  for (const foreign_runtime& each : foreign_runtimes) runtimes.emplace_back(each.id);
  return runtimes;
}

std::vector<std::string> explained_names() {
  return cells::all_names(explained_runtimes());
}

}  // namespace skein::cli
