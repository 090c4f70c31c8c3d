// The proofs of the memory figures: what a child is known to hold is read back from outside, and a
// child that holds something else than it says is not believed.
#include <cmath>
#include <sys/mman.h>

#include "harness/measure/memory_slope.hpp"
#include "harness/measure/process_memory.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::measured_child;

namespace {

constexpr std::int64_t mebibyte = 1 << 20;
constexpr double tolerance = 0.02;

bool reads_back(double measured, double known) {
  return std::abs(measured - known) <= tolerance * known;
}

/// What glibc takes for a block: its header of 8 bytes, in steps of 16.
std::int64_t heap_bytes(std::int64_t bytes) {
  return (bytes + 8 + 15) / 16 * 16;
}

/// Bytes for each of 10,000 things the child is told to hold, as a run's memory is measured.
double slope_of(measured_child& child, const std::string& verb) {
  std::vector<memory_point> points;
  std::int64_t held = 0;
  for (const std::int64_t step : {0, 2'500, 5'000, 10'000}) {
    REQUIRE(child.command(verb + ' ' + std::to_string(step - held)));
    held = step;
    points.push_back(read_memory_point(child.pid(), step));
  }
  const auto summary = summarize_memory(points);
  REQUIRE(summary.user);
  return summary.user->slope;
}

/// Memory of ours, touched, for as long as this lives.
class mapped_memory {
 public:
  explicit mapped_memory(std::size_t bytes)
      : bytes_(bytes),
        memory_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
  }
  ~mapped_memory() { ::munmap(memory_, bytes_); }
  mapped_memory(const mapped_memory&) = delete;
  mapped_memory& operator=(const mapped_memory&) = delete;

 private:
  std::size_t bytes_;
  void* memory_;
};

}  // namespace

TEST_CASE("the peak of a child that took 64 MiB is 64 MiB, and ru_maxrss says 256 of its parent") {
  const mapped_memory parents(256 * mebibyte);
  measured_child child;
  REQUIRE(child.command("spin 0"));
  REQUIRE(reset_peak_rss(child.pid()));
  const auto empty = read_peak_rss_bytes(child.pid());
  REQUIRE(child.command("touch " + std::to_string(64 * mebibyte)));
  REQUIRE(child.command("release"));
  const auto peak = read_peak_rss_bytes(child.pid());
  REQUIRE(empty);
  REQUIRE(peak);
  CHECK(reads_back(static_cast<double>(*peak - *empty), 64.0 * mebibyte));
  // The liar: the figure that everybody uses has come along through exec from the parent.
  const std::int64_t maximum_bytes = std::int64_t{1024} * child.end().ru_maxrss;
  CHECK_FALSE(reads_back(static_cast<double>(maximum_bytes), 64.0 * mebibyte));
  CHECK(maximum_bytes >= 256 * mebibyte);
}

TEST_CASE("blocks of a known size are read back as the slope") {
  measured_child child;
  REQUIRE(child.command("blocks 1"));
  const auto known = static_cast<double>(heap_bytes(1'000));
  const double slope = slope_of(child, "blocks");
  INFO("slope " << slope << ", known " << known);
  CHECK(reads_back(slope, known));
}

TEST_CASE("a child that takes 5 % more than it says is not read back") {
  measured_child child;
  REQUIRE(child.command("blocks 1"));
  CHECK_FALSE(reads_back(slope_of(child, "more_blocks"), static_cast<double>(heap_bytes(1'000))));
}

TEST_CASE("10,000 suspended coroutines are read back as their frame and the heap's header") {
  measured_child child;
  const auto answer = child.ask("coroutines 1");
  REQUIRE(answer);
  const std::int64_t frame_bytes = std::stoll(answer->substr(answer->find(' ')));
  REQUIRE(frame_bytes > 0);
  const auto known = static_cast<double>(heap_bytes(frame_bytes));
  const double slope = slope_of(child, "coroutines");
  INFO("slope " << slope << ", frame " << frame_bytes);
  CHECK(reads_back(slope, known));
  // The liar: the frame alone is not what a task costs.
  CHECK_FALSE(reads_back(slope, static_cast<double>(frame_bytes)));
}

TEST_CASE("memory that is given back is seen, and memory that is kept too") {
  const auto share_given_back = [](const char* last_words) {
    measured_child child;
    REQUIRE(child.command("spin 0"));
    std::vector<memory_point> points{read_memory_point(child.pid(), 0)};
    REQUIRE(child.command("touch " + std::to_string(16 * mebibyte)));
    points.push_back(read_memory_point(child.pid(), 1));
    REQUIRE(child.command(last_words));
    memory_extras extras;
    extras.after_drain_bytes = read_memory_point(child.pid(), 0).rss_anon_bytes;
    return returned_fraction(summarize_memory(points, extras)).value();
  };
  CHECK(share_given_back("release") > 0.98);
  CHECK(share_given_back("spin 0") < 0.02);
}
