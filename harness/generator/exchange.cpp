// Sending and receiving on non-blocking, edge-triggered sockets.
//
// Edge-triggered reading: a stream socket that gave fewer bytes than asked for is empty, and bytes
// that come later raise a new event (epoll(7)). So one recv() usually serves a reply, not two. Only
// after a hang-up must reading go on to the end of the stream.
#include "harness/generator/exchange.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <sys/socket.h>

#include "runtimes/clock.hpp"

namespace skein::generator {
namespace {

constexpr std::size_t receive_bytes = std::size_t{64} * 1024;
/// The most handed to the kernel in one call; with more, milliseconds would pass before the
/// generator looks at its clock.
constexpr std::size_t send_bytes = std::size_t{256} * 1024;
/// Replies handled between two readings of the clock. Each may cause a send.
constexpr int replies_per_look = 32;

}  // namespace

exchange::exchange(connection_table& table, const payload_pool& payloads)
    : table_(&table), payloads_(&payloads), buffer_(receive_bytes) {}

void exchange::attach(exchange_observer& observer, std::uint32_t pipeline) noexcept {
  observer_ = &observer;
  pipeline_ = pipeline;
}

bool exchange::issue(std::uint32_t index, time_ns intended_ns, time_ns now) {
  connection& which = table_->at(index);
  const bool connecting = which.state == connection_state::connecting;
  if (which.state != connection_state::open && !connecting) {
    ++errors_.write;
    return false;
  }
  request& made = requests_.take();
  const std::uint32_t sequence = which.next_sequence++;
  made = {.intended_ns = intended_ns,
          .sent_ns = 0,
          .next = nullptr,
          .offset = payloads_->offset(index, sequence),
          .sequence = sequence};
  totals_.expected_checksum += payloads_->digest(index, sequence);
  ++outstanding_;
  (which.oldest == nullptr ? which.oldest : which.newest->next) = &made;
  which.newest = &made;
  if (which.unsent == nullptr) {
    which.unsent = &made;
    if (!connecting) flush(index, now);
  }
  return true;
}

time_ns exchange::on_event(std::uint32_t index, std::uint32_t events, time_ns now) {
  const connection& which = table_->at(index);
  if (table_->settle(index, events) != 0) refuse(index);
  if (which.state != connection_state::open) return now;
  // A readable socket is nearly always writable too, which only matters when a request waits.
  if ((events & EPOLLOUT) && which.unsent != nullptr) flush(index, now);
  if (which.state != connection_state::open) return now;
  const bool hung_up = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
  return (events & EPOLLIN) || hung_up ? receive(index, hung_up, now) : now;
}

void exchange::refuse(std::uint32_t index) {
  ++lost_;
  ++errors_.connect;
  discard_requests(index);
  table_->close(index);
}

void exchange::give_up() {
  for (std::uint32_t index = 0; index < table_->size(); ++index) {
    if (table_->at(index).oldest == nullptr) continue;
    errors_.timeout += discard_requests(index);
    table_->close(index);
  }
}

/// Hands waiting requests to the kernel, as many as the socket and the pipeline allow. The clock is
/// read between any two sends.
void exchange::flush(std::uint32_t index, time_ns now) {
  connection& which = table_->at(index);
  for (bool again = false; which.unsent != nullptr; again = true) {
    request& current = *which.unsent;
    const bool fresh = which.unsent_done_bytes == 0;
    if (fresh && which.in_flight >= pipeline_) return;
    if (again) observer_->on_look(monotonic_clock::now_ns());
    const auto rest = payloads_->bytes(current.offset).subspan(which.unsent_done_bytes);
    const auto piece = rest.first(std::min(rest.size(), send_bytes));
    const ssize_t sent = ::send(which.descriptor, piece.data(), piece.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) lose(index);
      return;
    }
    if (fresh) {
      current.sent_ns = now;
      ++which.in_flight;
      ++totals_.sent;
      observer_->on_sent(current);
    }
    which.unsent_done_bytes += static_cast<std::size_t>(sent);
    if (static_cast<std::size_t>(sent) < piece.size()) return;  // EPOLLOUT continues it
    if (piece.size() < rest.size()) continue;
    which.unsent_done_bytes = 0;
    which.unsent = current.next;
  }
}

time_ns exchange::receive(std::uint32_t index, bool hung_up, time_ns now) {
  connection& which = table_->at(index);
  while (which.state == connection_state::open) {
    const ssize_t got = ::recv(which.descriptor, buffer_.data(), buffer_.size(), 0);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      now = monotonic_clock::now_ns();
      observer_->on_look(now);
      totals_.bytes += size;
      if (!consume(index, std::span(buffer_).first(size), now)) lose(index);
      if (size < buffer_.size() && !hung_up) break;
    } else if (got < 0 && errno == EAGAIN) {
      break;
    } else if (got == 0 || errno != EINTR) {
      lose(index);
    }
  }
  return now;
}

/// Matches received bytes with the requests in order. False when there are more bytes than were
/// asked for; the surplus counts as wrong.
bool exchange::consume(std::uint32_t index, std::span<const std::byte> got, time_ns now) {
  connection& which = table_->at(index);
  int replies = 0;
  while (!got.empty() && which.state == connection_state::open) {
    const std::size_t size = std::min(got.size(), acceptable(which));
    if (size == 0) {
      totals_.wrong_bytes += got.size();
      totals_.checksum += mix64(got.size());
      return false;
    }
    const auto expected =
        payloads_->reply(which.oldest->offset, reply_room_).subspan(which.received_bytes, size);
    const verdict found = verify(expected, got.first(size), which.received_bytes);
    totals_.wrong_bytes += found.wrong_bytes;
    which.damage += found.damage;
    which.received_bytes += size;
    got = got.subspan(size);
    if (which.received_bytes < payloads_->payload_bytes()) continue;
    complete(index, now);
    if (++replies % replies_per_look == 0) observer_->on_look(monotonic_clock::now_ns());
  }
  return true;
}

/// How many bytes of the oldest request may have been answered: no more than were sent.
std::size_t exchange::acceptable(const connection& which) const noexcept {
  if (which.oldest == nullptr) return 0;
  const std::size_t sent =
      which.oldest == which.unsent ? which.unsent_done_bytes : payloads_->payload_bytes();
  return sent - which.received_bytes;
}

void exchange::complete(std::uint32_t index, time_ns now) {
  connection& which = table_->at(index);
  request& done = *which.oldest;
  which.oldest = done.next;
  which.received_bytes = 0;
  totals_.checksum += payloads_->digest(index, which.next_reply++) + which.damage;
  which.damage = 0;
  --which.in_flight;
  --outstanding_;
  ++totals_.completed;
  if (which.unsent != nullptr) flush(index, now);
  observer_->on_reply(index, done, now);
  requests_.give_back(done);
}

void exchange::lose(std::uint32_t index) {
  ++lost_;
  errors_.read += std::max<std::uint64_t>(discard_requests(index), 1);
  table_->close(index);
}

/// Removes the connection's unanswered requests from all counts and returns how many there were.
std::uint64_t exchange::discard_requests(std::uint32_t index) {
  connection& which = table_->at(index);
  std::uint64_t discarded = 0;
  while (which.oldest != nullptr) {
    request& dropped = *which.oldest;
    which.oldest = dropped.next;
    totals_.expected_checksum -= payloads_->digest(index, dropped.sequence);
    requests_.give_back(dropped);
    ++discarded;
  }
  outstanding_ -= discarded;
  which.unsent = which.newest = nullptr;
  which.unsent_done_bytes = which.received_bytes = 0;
  which.in_flight = 0;
  return discarded;
}

}  // namespace skein::generator
