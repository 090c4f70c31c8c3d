// Liars about a connection from accept to close: C5 to C8.
#pragma once

#include <array>
#include <cerrno>
#include <list>
#include <memory>
#include <netinet/tcp.h>
#include <set>
#include <sys/socket.h>
#include <type_traits>

#include "tests/contract/liars/base.hpp"

namespace skein::contract::liars {

/// C5: swallows a connection's cancel.
struct swallows_a_connections_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(connection&) {}
};

/// C5: swallows a listener's cancel.
struct swallows_a_listeners_cancel : base {
  using base::base;
  using base::cancel;
  void cancel(listener&) {}
};

/// C6: a closed connection's end is delivered to whoever has its slot next.
struct delivers_stale_ends : base {
  using base::base;
  void close(connection& closed) {
    stale_.insert(&closed);
    base::close(closed);
  }
  bytes read(connection& from) {
    if (stale_.erase(&from) != 0) return {};
    return base::read(from);
  }

 private:
  std::set<connection*> stale_;
};

/// C7: sets other options than the shared ones.
struct delays_packets : base {
  using base::base;
  connection* accept(listener& from) {
    connection* accepted = base::accept(from);
    const int off = 0;
    if (accepted != nullptr) {
      ::setsockopt(accepted->descriptor, IPPROTO_TCP, TCP_NODELAY, &off, sizeof off);
    }
    return accepted;
  }
};

/// C7: likewise.
struct sets_linger : base {
  using base::base;
  connection* accept(listener& from) {
    connection* accepted = base::accept(from);
    const linger a_second{1, 1};
    if (accepted != nullptr) {
      ::setsockopt(accepted->descriptor, SOL_SOCKET, SO_LINGER, &a_second, sizeof a_second);
    }
    return accepted;
  }
};

/// C8: reports the end of a stream, and again in the next turn.
struct ends_twice : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct repeater {
      libuv::scheduler& through;
      Session* session;
      void on_chunk(bytes chunk) {
        if (chunk.empty()) through.template yield<&repeater::again>(this);
        (session->*OnChunk)(chunk);
      }
      void again() {
        (session->*OnChunk)({});
        delete this;
      }
    };
    auto* twice = new repeater{*this, session};
    libuv::scheduler::receive<&repeater::on_chunk>(from, twice);
  }
};

/// C8: delivers one chunk and falls silent.
struct receives_once : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct once {
      Session* session;
      int chunks = 0;
      void on_chunk(bytes chunk) {
        if (chunks++ == 0 || chunk.empty()) (session->*OnChunk)(chunk);
      }
    };
    kept_.push_back(std::make_shared<once>(once{session}));
    auto* shared = static_cast<once*>(kept_.back().get());
    libuv::scheduler::receive<&once::on_chunk>(from, shared);
  }

 private:
  std::list<std::shared_ptr<void>> kept_;
};

/// C8: delivers a chunk after close.
struct receives_after_close : callback_base {
  using callback_base::callback_base;
  template <auto OnChunk, class Session>
  void receive(connection& from, Session* session) {
    struct late {
      libuv::scheduler& through;
      Session* session;
      void on_chunk(bytes chunk) {
        through.template yield<&late::once_more>(this);
        (session->*OnChunk)(chunk);
      }
      void once_more() {
        const std::byte unasked{1};
        (session->*OnChunk)({&unasked, 1});
      }
    };
    kept_.push_back(std::make_shared<late>(late{*this, session}));
    auto* shared = static_cast<late*>(kept_.back().get());
    libuv::scheduler::receive<&late::on_chunk>(from, shared);
  }

 private:
  std::list<std::shared_ptr<void>> kept_;
};

/// C5: hears a cancel only while somebody reads or accepts.
struct cancels_pending_waits_only : base {
  using base::base;
  using base::cancel;
  connection* accept(listener& from) {
    return waiting(&from, [&] { return base::accept(from); });
  }
  bytes read(connection& from) {
    return waiting(&from, [&] { return base::read(from); });
  }
  void cancel(connection& target) {
    if (waited_for_.contains(&target)) base::cancel(target);
  }
  void cancel(listener& target) {
    if (waited_for_.contains(&target)) base::cancel(target);
  }

 private:
  template <class Wait>
  std::invoke_result_t<Wait> waiting(void* object, Wait wait) {
    waited_for_.insert(object);
    auto result = wait();
    waited_for_.erase(object);
    return result;
  }
  std::set<void*> waited_for_;
};

/// C5: cancels every connection there is, whichever was meant.
struct cancels_other_connections : base {
  using base::base;
  using base::cancel;
  connection* accept(listener& from) {
    connection* accepted = base::accept(from);
    if (accepted != nullptr) open_.insert(accepted);
    return accepted;
  }
  void cancel(connection&) {
    for (connection* each : open_) base::cancel(*each);
  }
  void close(connection& closed) {
    open_.erase(&closed);
    base::close(closed);
  }

 private:
  std::set<connection*> open_;
};

/// C5: says that whatever was cancelled ended by it.
struct hides_an_error : base {
  using base::base;
  using base::cancel;
  void cancel(connection& target) {
    base::cancel(target);
    target.error_number = ECANCELED;
  }
};

/// C5: looks once more for bytes when a read was cancelled.
struct reads_behind_a_cancel : base {
  using base::base;
  bytes read(connection& from) {
    const bytes chunk = base::read(from);
    if (!chunk.empty()) return chunk;
    const ssize_t count = ::recv(from.descriptor, last_.data(), last_.size(), MSG_DONTWAIT);
    return bytes(last_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
  }

 private:
  std::array<std::byte, 64> last_{};
};

}  // namespace skein::contract::liars
