// The results file and the lock.
#include "harness/conductor/record/output.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>

#include "harness/conductor/exit_status.hpp"
#include "harness/conductor/prepare/lock.hpp"
#include "tests/catch.hpp"

using namespace skein;
using namespace skein::conductor;

namespace {

/// A directory that is gone afterwards.
class scratch {
 public:
  scratch() : path_(std::filesystem::temp_directory_path() / "skein-output-XXXXXX") {
    std::string name = path_;
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("lines are appended whole") {
  const scratch folder;
  const std::string path = folder.file("r.jsonl");
  output_file(path).append({{"a", 1}});
  output_file(path).append({{"b", 2}});
  CHECK(text_of(path) == "{\"a\":1}\n{\"b\":2}\n");
}

TEST_CASE("a record that was cut short is taken out before the next") {
  const scratch folder;
  const std::string path = folder.file("r.jsonl");
  std::ofstream(path) << "{\"a\":1}\n{\"cut" << std::string(10'000, ' ');
  output_file(path).append({{"b", 2}});
  CHECK(text_of(path) == "{\"a\":1}\n{\"b\":2}\n");
}

TEST_CASE("a last line without a newline is kept, and stays apart from the next") {
  const scratch folder;
  const std::string path = folder.file("r.jsonl");
  const std::string line = GENERATE("{\"a\":1}", "somebody's notes");
  std::ofstream(path) << line;
  output_file(path).append({{"b", 2}});
  CHECK(text_of(path) == line + "\n{\"b\":2}\n");
}

TEST_CASE("text that is not UTF-8 does not keep a record from being written") {
  const scratch folder;
  const std::string path = folder.file("r.jsonl");
  output_file(path).append({{"stderr", "\xff\xfe"}});
  CHECK(text_of(path).back() == '\n');
}

TEST_CASE("an output that cannot be written is known at once") {
  const scratch folder;
  CHECK_THROWS_AS(output_file(folder.file("no/such/folder")), conductor::cannot_measure);
  CHECK_THROWS_AS(output_file("/dev/full"), conductor::cannot_measure);
}

TEST_CASE("a lock is held once and names its holder") {
  const scratch folder;
  const std::string path = folder.file("lock");
  {
    const measuring_lock held(path, "skein run timers");
    CHECK_THROWS_WITH(measuring_lock(path, "another"),
                      test::contains("pid " + std::to_string(::getpid()) + ": skein run timers"));
  }
  CHECK_NOTHROW(measuring_lock(path, "another"));
}

TEST_CASE("a lock that the caller holds is taken over by descriptor") {
  const scratch folder;
  const std::string path = folder.file("lock");
  const int held = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  CHECK_THROWS_AS(measuring_lock(path, "another"), conductor::cannot_measure);
  CHECK_NOTHROW(measuring_lock(held));
  CHECK_THROWS_AS(measuring_lock(900), conductor::cannot_measure);
}
