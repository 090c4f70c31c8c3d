// Starting a child without a copy of this process: posix_spawn, two pipes.
#include "tests/harness/measure/process.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace skein::test {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return ends;
}

}  // namespace

measured_child::measured_child(const std::vector<std::string>& environment) {
  const auto commands = make_pipe();
  const auto answers = make_pipe();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, commands[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, answers[1], STDOUT_FILENO);
  std::string program = SKEIN_MEASURE_CHILD;
  std::array<char*, 2> arguments{program.data(), nullptr};
  std::vector<char*> words;
  for (const std::string& word : environment) words.push_back(const_cast<char*>(word.c_str()));
  for (char** word = environ; *word != nullptr; ++word) words.push_back(*word);
  words.push_back(nullptr);
  const int error =
      ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), words.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(commands[0]);
  ::close(answers[1]);
  to_child_ = commands[1];
  from_child_ = answers[0];
  if (error != 0) throw std::runtime_error("cannot start " + program);
}

measured_child::~measured_child() {
  end();
}

rusage measured_child::end() {
  rusage used{};
  if (pid_ < 0) return used;
  ::close(to_child_);  // the end of its input ends it
  ::close(from_child_);
  while (::wait4(pid_, nullptr, 0, &used) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return used;
}

bool measured_child::command(const std::string& line) {
  return ask(line).has_value();
}

std::optional<std::string> measured_child::ask(const std::string& line) {
  const std::string text = line + '\n';
  if (::write(to_child_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return std::nullopt;
  }
  std::string answer;
  char letter = 0;
  while (::read(from_child_, &letter, 1) == 1) {
    if (letter == '\n') return answer;
    answer += letter;
  }
  return std::nullopt;
}

fixture_tree::fixture_tree() {
  std::string pattern = (std::filesystem::temp_directory_path() / "skein-fixture-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  root_ = pattern;
}

fixture_tree::~fixture_tree() {
  std::error_code error;
  std::filesystem::remove_all(root_, error);
}

void fixture_tree::write(const std::string& path, const std::string& text) const {
  const auto file = std::filesystem::path(root_) / path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace skein::test
