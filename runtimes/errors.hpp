// The operating errors a runtime throws. Programmer errors are asserted instead.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace skein {

/// A named limit of this machine is too low for what was asked. It becomes a result with status
/// `limit`, not a crash. `name` is the system's own name for it (RLIMIT_NOFILE, vm.max_map_count
/// ...).
class limit_error : public std::runtime_error {
 public:
  /// `limit_value` is empty where the system refuses without saying what it would grant.
  limit_error(std::string limit_name, std::optional<std::int64_t> limit_value,
              std::int64_t limit_needed)
      : std::runtime_error(limit_name +
                           (limit_value ? " is " + std::to_string(*limit_value) : " is too low") +
                           ", needed " + std::to_string(limit_needed)),
        name(std::move(limit_name)),
        value(limit_value),
        needed(limit_needed) {}

  /// A feature that the kernel or a runtime lacks or refuses: needed 1, present 0. `message` says
  /// with which error, and who has it.
  static limit_error lacking(std::string feature, const std::string& message) {
    return {std::move(feature), message};
  }

  std::string name;
  std::optional<std::int64_t> value;
  std::int64_t needed;

 private:
  limit_error(std::string feature, const std::string& message)
      : std::runtime_error(message), name(std::move(feature)), value(0), needed(1) {}
};

/// Throws the current errno as std::system_error, naming the call that failed.
[[noreturn]] inline void throw_errno(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

/// Passes a system call's result through; throws as throw_errno when it is negative.
inline int checked(int result, const char* call) {
  if (result < 0) throw_errno(call);
  return result;
}

}  // namespace skein
