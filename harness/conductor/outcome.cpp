// The status words of a run.
#include "harness/conductor/outcome.hpp"

namespace skein::conductor {

std::string_view name_of(status which) {
  switch (which) {
    case status::ok:
      return "ok";
    case status::limit:
      return "limit";
    case status::invalid:
      return "invalid";
    case status::failed:
      return "failed";
    case status::timeout:
      return "timeout";
  }
  return "failed";
}

cell_ended failed_by_conductor(std::string message) {
  failure_fact fact;
  fact.process = "conductor";
  fact.message = std::move(message);
  return {status::failed, std::move(fact)};
}

void outcome::end(const cell_ended& why) {
  how = why.how();
  limit = why.limit;
  failure = why.failure;
  // The reason of the failure goes first: earlier notes are secondary.
  reasons.insert(reasons.begin(), why.what());
}

}  // namespace skein::conductor
