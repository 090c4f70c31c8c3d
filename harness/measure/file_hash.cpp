// sha256sum gets the file as its standard input, so that no name needs quoting.
#include "harness/measure/file_hash.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace skein::measure {
namespace {

constexpr std::size_t sha256_digits = 64;

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 256> block;
  for (;;) {
    const auto got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

/// True when the process ended by itself with status 0.
bool ended_well(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Starts sha256sum from `input` to `output`; -1 when there is none.
pid_t start_sha256sum(int input, int output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::array<char, 16> name{"sha256sum"};
  std::array<char*, 2> arguments{name.data(), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, name.data(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

std::optional<std::string> sha256_of(int input) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::nullopt;
  const pid_t pid = start_sha256sum(input, pipe[1]);
  ::close(pipe[1]);
  auto text = read_all(pipe[0]);
  ::close(pipe[0]);
  if (pid < 0 || !ended_well(pid) || text.size() < sha256_digits) return std::nullopt;
  text.resize(sha256_digits);
  return text;
}

}  // namespace

std::optional<std::string> file_sha256(const std::string& path) {
  const int input = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (input < 0) return std::nullopt;
  auto digest = sha256_of(input);
  ::close(input);
  return digest;
}

std::string text_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3;
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

}  // namespace skein::measure
