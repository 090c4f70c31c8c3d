// The floor of c10k: an echo server written straight onto epoll, as small and as fast as one thread
// can be. No operations, no tasks, no generations; a table indexed by descriptor.
//
// It obeys the same rules as every runtime: sockets from make_listener, the same buffer size and
// policy, every byte back in order, and the unsent tail of a slow peer kept until the peer takes
// it. While a tail is kept nothing is read from that peer, which keeps the order and bounds the
// memory.
//
// Techniques:
//  - Edge-triggered, registered once per connection.
//  - A read that fills less than the buffer has drained the socket, unless the peer hung up.
//  - A peer that never stops sending is left after a number of chunks and re-armed: the kernel then
//    reports it again, behind the others.
//
// Where a request waits and computes (a Counters type that says what), nothing is read from its
// peer until its reply is on its way; what came meanwhile is remembered and looked at then. Where
// reads have a deadline (likewise), a peer that is waited for has one.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <vector>

#include "runtimes/epoll_floor/read_deadlines.hpp"
#include "runtimes/epoll_floor/waiting_line.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"
#include "runtimes/options.hpp"
#include "runtimes/scheduler.hpp"
#include "runtimes/socket.hpp"

namespace skein::epoll_floor {

/// Whether something comes between a read and its write.
template <class Counters>
concept has_handler = requires { typename Counters::request; };

/// What a peer has for it: nothing.
template <class Counters>
struct handled {};

template <has_handler Counters>
struct handled<Counters> {
  typename Counters::request request;
  bool waits = false;
  bool was_full = false;   ///< the read may have left something
  bool was_heard = false;  ///< while it waited
};

struct no_line {};

/// Whether reads are given up.
template <class Counters>
concept has_read_timeout = requires(const Counters& counters) { counters.read_until_ns(); };

struct no_deadlines {};

/// `Counters`: add(size_bytes) per chunk, error(errno) per connection end; with a `request`, what
/// is done with one: waits(), wait_until_ns(), steps(); with a read_until_ns(), when a read that
/// begins now is given up. Single-threaded.
template <class Counters>
class echo_server {
 public:
  /// Adopts a listening, non-blocking descriptor. Throws std::system_error.
  echo_server(int listening, std::size_t max_connections, std::size_t buffer_bytes,
              buffer_policy policy, std::uint32_t events_per_wait, Counters& counters)
      : listening_(listening),
        buffer_bytes_(buffer_bytes),
        policy_(policy),
        counters_(counters),
        scratch_(std::make_unique<std::byte[]>(buffer_bytes)),
        events_(events_per_wait) {
    peers_.reserve(max_connections + 64);  // descriptors that are no connections come first
    epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    watch(listening_, EPOLLIN | EPOLLET);
    if constexpr (has_handler<Counters>) watch(line_.descriptor(), EPOLLIN | EPOLLET);
    if constexpr (has_read_timeout<Counters>) watch(deadlines_.descriptor(), EPOLLIN | EPOLLET);
  }
  echo_server(const echo_server&) = delete;
  echo_server& operator=(const echo_server&) = delete;
  ~echo_server() {
    ::close(listening_);
    ::close(epoll_);
  }

  /// Serves until stop(), then closes every connection.
  void run(inbox& messages) {
    watch(messages.descriptor(), EPOLLIN);
    while (!stopped_) {
      const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), -1);
      if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
      for (int i = 0; i < count; ++i) serve(events_[static_cast<std::size_t>(i)], messages);
    }
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, messages.descriptor(), nullptr);
    for (std::size_t fd = 0; fd < peers_.size(); ++fd) {
      if (peers_[fd].open) end(static_cast<int>(fd), ECANCELED);
    }
  }

  void stop() noexcept { stopped_ = true; }

  /// A connection is the floor's task.
  live_counts live() const noexcept { return {live_, live_}; }

 private:
  /// EPOLLOUT causes no extra wake-ups while writes succeed: it is reported together with other
  /// edges.
  static constexpr std::uint32_t peer_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  static constexpr unsigned chunks_in_a_row = 128;

  struct tail {
    std::vector<std::byte> data;
    std::size_t sent = 0;
    std::size_t chunk_bytes;  ///< of the whole chunk, which is counted once all of it is sent
  };
  struct peer {
    std::unique_ptr<std::byte[]> own;  ///< policy `own` only
    std::unique_ptr<tail> unsent;      ///< only while the peer is slow
    bool open = false;
    bool ending = false;
    [[no_unique_address]] handled<Counters> handling;
  };

  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void serve(const epoll_event& event, inbox& messages) {
    const int fd = event.data.fd;
    if (fd == listening_) return accept_all();
    if (fd == messages.descriptor()) return messages.on_readable();
    if constexpr (has_handler<Counters>) {
      if (fd == line_.descriptor()) return line_.end_due([this](int over) { go_on(over); });
    }
    if constexpr (has_read_timeout<Counters>) {
      if (fd == deadlines_.descriptor()) return give_up_reads();
    }
    // A peer is closed only while its own event is handled, so an event never outlives its peer,
    // unless its read was given up.
    peer& from = peers_[static_cast<std::size_t>(fd)];
    if constexpr (has_read_timeout<Counters>) {
      if (!from.open) return;
      deadlines_.withdraw(fd);
    }
    if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) from.ending = true;
    if constexpr (has_handler<Counters>) {
      from.handling.was_heard = from.handling.waits;
      if (from.handling.waits) return;
    }
    if (from.unsent && !finish_chunk(fd, from)) return;
    echo(fd, from);
    if constexpr (has_read_timeout<Counters>) {
      if (from.open && !from.unsent) deadlines_.arm(fd, counters_.read_until_ns());
    }
  }

  /// What has come by now has an event that is yet to be served, and that arms the next deadline.
  void give_up_reads() {
    deadlines_.end_due([this](int fd) {
      if (!is_readable(fd)) end(fd, ETIMEDOUT);
    });
  }

  void accept_all() {
    while (true) {
      const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        open(fd);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return counters_.error(errno);
      }
    }
  }

  void open(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (peers_.size() <= index) peers_.resize(index + 1);
    peers_[index].open = true;
    if (policy_ == buffer_policy::own) {
      peers_[index].own = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes_);
    }
    ++live_;
    if constexpr (has_read_timeout<Counters>) deadlines_.arm(fd, counters_.read_until_ns());
    watch(fd, peer_events);
  }

  void echo(int fd, peer& from) {
    std::byte* const buffer = policy_ == buffer_policy::own ? from.own.get() : scratch_.get();
    for (unsigned chunks = 0; chunks < chunks_in_a_row; ++chunks) {
      const ssize_t count = ::recv(fd, buffer, buffer_bytes_, 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) return end(fd, count == 0 ? 0 : errno);
      const std::span chunk(buffer, static_cast<std::size_t>(count));
      if constexpr (has_handler<Counters>) {
        from.handling.request.take(chunk);
        if (counters_.waits()) return wait(fd, from, chunk.size() == buffer_bytes_);
        if (!reply(fd, from)) return;
      } else {
        if (!send_all(fd, from, chunk)) return;
        counters_.add(chunk.size());
      }
      if (chunk.size() < buffer_bytes_ && !from.ending) return;
    }
    rearm(fd);
  }

  void wait(int fd, peer& from, bool was_full) {
    from.handling.waits = true;
    from.handling.was_heard = from.ending;
    from.handling.was_full = was_full;
    line_.add(fd, counters_.wait_until_ns());
  }

  /// Its request has waited. Nothing closes a peer meanwhile.
  void go_on(int fd) {
    peer& from = peers_[static_cast<std::size_t>(fd)];
    from.handling.waits = false;
    if (!reply(fd, from)) return;
    if (from.handling.was_full || from.handling.was_heard) echo(fd, from);
  }

  /// True once nothing is left to send.
  bool reply(int fd, peer& to) {
    const bytes data = to.handling.request.worked_on(counters_.steps());
    if (!send_all(fd, to, data)) return false;
    counters_.add(data.size());
    return true;
  }

  /// Makes the kernel check the descriptor anew and report it if there is more.
  void rearm(int fd) {
    epoll_event event{};
    event.events = peer_events;
    event.data.fd = fd;
    checked(::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
  }

  /// True once nothing is left to send. What the kernel does not take becomes the peer's unsent
  /// tail.
  bool send_all(int fd, peer& to, std::span<const std::byte> data) {
    ssize_t count = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (count == static_cast<ssize_t>(data.size())) return true;
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      end(fd, errno);
      return false;
    }
    const auto rest = data.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
    to.unsent = std::make_unique<tail>(tail{{rest.begin(), rest.end()}, 0, data.size()});
    return flush(fd, to);
  }

  /// The same for a chunk whose tail had to wait.
  bool finish_chunk(int fd, peer& to) {
    const std::size_t chunk_bytes = to.unsent->chunk_bytes;
    if (!flush(fd, to)) return false;
    counters_.add(chunk_bytes);
    return true;
  }

  /// True once nothing is left to send.
  bool flush(int fd, peer& to) {
    tail& rest = *to.unsent;
    while (rest.sent < rest.data.size()) {
      const ssize_t count =
          ::send(fd, rest.data.data() + rest.sent, rest.data.size() - rest.sent, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return false;
      if (count < 0) {
        end(fd, errno);
        return false;
      }
      rest.sent += static_cast<std::size_t>(count);
    }
    to.unsent.reset();
    return true;
  }

  void end(int fd, int error_number) {
    counters_.error(error_number);
    peers_[static_cast<std::size_t>(fd)] = peer{};
    ::close(fd);
    --live_;
  }

  int listening_;
  int epoll_ = -1;
  std::size_t buffer_bytes_;
  buffer_policy policy_;
  Counters& counters_;
  std::unique_ptr<std::byte[]> scratch_;
  std::vector<epoll_event> events_;
  [[no_unique_address]] std::conditional_t<has_handler<Counters>, waiting_line, no_line> line_;
  [[no_unique_address]] std::conditional_t<has_read_timeout<Counters>, read_deadlines, no_deadlines>
      deadlines_;
  std::vector<peer> peers_;  ///< by descriptor
  std::size_t live_ = 0;
  bool stopped_ = false;
};

}  // namespace skein::epoll_floor
