// What `skein explain` says of a workload, a mode or pattern, a runtime or a cell: sections of
// sentences, from the declarations and from what runtimes say of themselves. Nothing is said here
// that is said elsewhere; longer texts are named by their page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/cells/find_named.hpp"
#include "harness/measure/json.hpp"

namespace skein::cli {

struct section {
  std::string_view key;    ///< in JSON
  std::string_view title;  ///< on a terminal
  std::vector<std::string> lines;
};

/// The sections that have something to say, in the order in which they are read.
std::vector<section> explanation_of(const cells::named_work& named);

/// For a terminal: each line folded to 96 columns below its section's title.
std::string explanation_text(std::string_view name, const std::vector<section>& sections);

measure::json explanation_json(std::string_view name, const std::vector<section>& sections);

/// The runtimes that can be explained: ours, and those that are programs of their own.
std::vector<std::string> explained_runtimes();

/// All that can be explained, apart from cells.
std::vector<std::string> explained_names();

}  // namespace skein::cli
