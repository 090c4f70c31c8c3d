// What a check of the contract suite answers: nothing, or the clause that was broken and how.
// Checks answer instead of asserting, because they are run against runtimes that must keep a clause
// and against planted liars that must be caught, and because tasks may run on several threads,
// where the test framework's assertions may not be used.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace skein::contract {

struct violation {
  std::string clause;  ///< as named in runtimes/scheduler.hpp: S1 ... W3
  std::string how;
};

using verdict = std::optional<violation>;

/// Collects what tasks find wrong; the first finding counts. Any thread may report.
class findings {
 public:
  void report(std::string clause, std::string how) {
    const std::scoped_lock lock(mutex_);
    if (!first_) first_ = violation{std::move(clause), std::move(how)};
  }
  verdict first() const {
    const std::scoped_lock lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  verdict first_;
};

}  // namespace skein::contract
