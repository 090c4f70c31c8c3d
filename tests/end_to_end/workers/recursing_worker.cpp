// A worker whose last task recurses without end: to see that a stack overflow is reported as one.
// All else is a worker as it is: the same main, the same runtimes, sleeping tasks.
//
//   recursing_worker --runtime ID     (one of direct style; speaks harness/PROTOCOL.md)
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

#include "harness/worker/worker_main.hpp"
#include "runtimes/all.hpp"

namespace skein {
namespace {

volatile bool endless = true;  // compilers refuse recursion that they see to be endless

std::uint64_t recurse(std::uint64_t depth) {
  std::array<volatile std::uint64_t, 16> frame{};
  frame[depth % frame.size()] = depth;
  return endless ? recurse(depth + 1) + frame[0] : frame[0];
}

template <class S>
class recursing final : public workloads::program {
 public:
  explicit recursing(const workloads::parameters& asked)
      : tasks_(static_cast<std::size_t>(std::get<timers::cell>(asked.of).tasks)),
        scheduler_(asked.options) {}

  void run(inbox& messages) override { scheduler_.run(messages); }
  void stop() override { scheduler_.stop(); }
  void spawn_up_to(std::size_t tasks, time_ns epoch_ns) override {
    for (; spawned_ < tasks; ++spawned_) {
      const bool last = spawned_ + 1 == tasks_;
      scheduler_.spawn([this, epoch_ns, last] {
        scheduler_.sleep_until(epoch_ns);
        if (last) deepest_ = recurse(0);
      });
    }
  }
  workloads::work_counts counts() const override { return {}; }
  live_counts live() const override { return scheduler_.live(); }

 private:
  const std::size_t tasks_;
  S scheduler_;
  std::size_t spawned_ = 0;
  volatile std::uint64_t deepest_ = 0;
};

std::unique_ptr<workloads::program> make(std::string_view runtime,
                                         const workloads::parameters& asked) {
  std::unique_ptr<workloads::program> made;
  interface_runtimes::for_each([&]<class Runtime>() {
    if constexpr (direct_scheduler<Runtime>) {
      if (Runtime::info().id == runtime) made = std::make_unique<recursing<Runtime>>(asked);
    }
  });
  if (!made) throw std::invalid_argument("no runtime of direct style");
  return made;
}

}  // namespace
}  // namespace skein

int main(int argument_count, char** arguments) {
  if (argument_count != 3 || std::string_view(arguments[1]) != "--runtime") {
    std::fprintf(stderr, "usage: recursing_worker --runtime ID\n");
    return 2;
  }
  return skein::worker::worker_main(arguments[2], STDIN_FILENO, STDOUT_FILENO, &skein::make);
}
