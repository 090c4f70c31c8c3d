// Sends requests and receives replies on each connection, and keeps the sums over all. Leaves out
// when to send what (load.hpp) and what the times mean (window.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "harness/generator/connections.hpp"
#include "harness/generator/payload.hpp"
#include "harness/generator/requests.hpp"
#include "harness/protocol/load_report.hpp"

namespace skein::generator {

using protocol::error_counts;

/// Sums over a session, warm-up and drain included.
struct exchange_totals {
  std::uint64_t sent = 0;       ///< requests whose sending has begun
  std::uint64_t completed = 0;  ///< requests answered in full
  std::uint64_t bytes = 0;      ///< received
  std::uint64_t wrong_bytes = 0;
  /// Of the replies as received: their sequence numbers are counted, and the damage of wrong ones
  /// is added.
  std::uint64_t checksum = 0;
  /// Of the requests made, less those that were never answered.
  std::uint64_t expected_checksum = 0;
};

/// Notified of each request's progress, from within the exchange's own calls.
class exchange_observer {
 public:
  virtual void on_sent(const request& sent) = 0;
  /// The clock was read in the middle of a message.
  virtual void on_look(time_ns now) = 0;
  /// `done` was answered in full at `now`. The observer may issue the connection's next request.
  virtual void on_reply(std::uint32_t connection, const request& done, time_ns now) = 0;

 protected:
  ~exchange_observer() = default;
};

/// The one way requests leave and replies arrive. For one thread.
///
/// 1. A request is sent at once if the connection allows it. Otherwise (socket full, pipeline full,
///    still connecting) it is sent as soon as possible; it is never dropped.
/// 2. Replies are matched to requests in order, per connection, and every byte is compared.
/// 3. A connection that ends, fails, or delivers bytes that nobody asked for is closed. Its
///    unanswered requests count as errors.read. Requests for a closed connection count as
///    errors.write.
/// 4. A connection that could not be made is closed and counts as errors.connect, together with its
///    requests.
class exchange {
 public:
  exchange(connection_table& table, const payload_pool& payloads);

  /// Sets the observer, and how many requests one connection may have in flight from now on.
  void attach(exchange_observer& observer, std::uint32_t pipeline) noexcept;

  /// Makes the next request of a connection. False when that connection has been closed.
  bool issue(std::uint32_t index, time_ns intended_ns, time_ns now);

  /// Acts on one event of the table: sends what was waiting, receives all there is. Returns the
  /// time of the last byte received, or `now` when there was none.
  time_ns on_event(std::uint32_t index, std::uint32_t events, time_ns now);

  /// Rule 4, for a connection that failed before its first event.
  void refuse(std::uint32_t index);

  /// Counts every request without a reply as errors.timeout and closes its connection, which no
  /// further load could rely on.
  void give_up();

  /// Requests issued and not answered.
  [[nodiscard]] std::uint64_t outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] const exchange_totals& totals() const noexcept { return totals_; }
  /// Connections closed by rules 3 and 4.
  [[nodiscard]] std::uint64_t lost_connections() const noexcept { return lost_; }
  error_counts& errors() noexcept { return errors_; }

 private:
  void flush(std::uint32_t index, time_ns now);
  time_ns receive(std::uint32_t index, bool hung_up, time_ns now);
  bool consume(std::uint32_t index, std::span<const std::byte> got, time_ns now);
  [[nodiscard]] std::size_t acceptable(const connection& which) const noexcept;
  void complete(std::uint32_t index, time_ns now);
  void lose(std::uint32_t index);
  std::uint64_t discard_requests(std::uint32_t index);

  connection_table* table_;
  const payload_pool* payloads_;
  exchange_observer* observer_ = nullptr;
  std::uint32_t pipeline_ = std::numeric_limits<std::uint32_t>::max();
  request_store requests_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> reply_room_;
  std::uint64_t outstanding_ = 0;
  std::uint64_t lost_ = 0;
  exchange_totals totals_;
  error_counts errors_;
};

}  // namespace skein::generator
