// A lock file for the machine, because two runs must not measure at once.
#pragma once

#include <optional>
#include <string>

namespace skein::conductor {

/// Held until destroyed; the kernel releases it when the process ends. The file stays and names the
/// last holder (pid and command line).
class measuring_lock {
 public:
  /// Takes the lock, at once or not at all. Throws cannot_measure, naming the holder.
  measuring_lock(const std::string& path, const std::string& command);
  /// Uses a lock that the caller holds on an inherited descriptor. Throws cannot_measure when the
  /// descriptor is not open, or somebody else holds that lock.
  explicit measuring_lock(int inherited_fd);
  measuring_lock(const measuring_lock&) = delete;
  measuring_lock& operator=(const measuring_lock&) = delete;
  ~measuring_lock();

 private:
  int fd_;
};

/// $SKEIN_LOCK_FILE, or /tmp/skein.lock.
std::string default_lock_file();

}  // namespace skein::conductor
