// Schedulers on loops of ours whose kernel can be made to fail.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <fcntl.h>
#include <iterator>
#include <string>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "runtimes/options.hpp"

namespace skein::test {

/// The descriptors of this process that are epoll's, in rising order.
inline std::vector<int> epolls() {
  constexpr int most = 1024;
  std::vector<int> found;
  for (int each = 0; each < most; ++each) {
    std::array<char, 64> target{};
    const std::string link = "/proc/self/fd/" + std::to_string(each);
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    if (length <= 0) continue;
    const std::string_view text(target.data(), static_cast<std::size_t>(length));
    if (text == "anon_inode:[eventpoll]") found.push_back(each);
  }
  return found;
}

/// A scheduler, and what its loops wait on, in the order of its workers.
template <class Scheduler>
class breakable {
 public:
  explicit breakable(const scheduler_options& options) : before_(epolls()), on(options) {
    const std::vector<int> after = epolls();
    std::set_difference(after.begin(), after.end(), before_.begin(), before_.end(),
                        std::back_inserter(loops));
  }

 private:
  std::vector<int> before_;

 public:
  Scheduler on;
  std::vector<int> loops;
};

/// From now on the kernel refuses to wait on it. By a bare system call: ThreadSanitizer takes what
/// the library's does for a race with who waits on it already.
inline void break_loop(int loop) {
  const int other = ::eventfd(0, EFD_CLOEXEC);
  ::syscall(SYS_dup3, other, loop, O_CLOEXEC);
  ::close(other);
}

}  // namespace skein::test
