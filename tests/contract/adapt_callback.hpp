// Acts in the callback style: a request starts a wait, its handler resumes the act.
//
// accept and receive are streams in this style. The adapter starts one at the first accept or read
// of a listener or connection, keeps what arrives while the act is busy elsewhere (chunks as
// copies; a chunk that was waited for is passed on as it lies), and hands it out on request.
//
// It is also where a completion too many shows: each handler knows whether it was waited for.
#pragma once

#include <deque>
#include <list>
#include <optional>
#include <vector>

#include "tests/contract/act.hpp"
#include "tests/contract/any_wait.hpp"
#include "tests/contract/stage.hpp"

namespace skein::contract {

template <class S>
struct place_to_wait {
  using type = nothing;
};
template <sync_scheduler S>
struct place_to_wait<S> {
  using type = typename S::template waiting<any_wait<S>>;
};

template <callback_scheduler S>
struct adapter<S> {
  using own_connection = typename S::connection;
  using own_listener = typename S::listener;

  class part;

  /// What a connection's multishot read brought.
  struct chunk_stream {
    part& owner;
    own_connection* from;
    std::deque<std::vector<std::byte>> kept{};
    bool ended = false;
    bool closed = false;

    void on_chunk(bytes chunk) { owner.arrived(*this, chunk); }
  };

  /// What a listener's accept brought.
  struct connection_stream {
    part& owner;
    own_listener* from;
    std::deque<own_connection*> kept{};
    bool ended = false;

    void on_accept(own_connection* accepted) { owner.arrived(*this, accepted); }
  };

  class part final : public actor_part {
   public:
    part(S& scheduler, actor& of) : scheduler_(scheduler), self_(of) {}

    void on_start() {
      if (!was_waiting_for(verb::none, "S1", "a task was started twice")) return;
      go_on();
    }
    void close(connection& erased) override {
      own_connection& closed = own<S>(erased);
      for (chunk_stream& each : chunks_) {
        if (each.from != &closed) continue;
        each.closed = true;
        each.from = nullptr;  // the address may come again
      }
      scheduler().close(closed);
    }

    void arrived(chunk_stream& stream, bytes chunk) {
      if (stream.closed) return report("C8", "a chunk came after close");
      if (stream.ended) return report("C8", "a chunk came after the empty one");
      stream.ended = chunk.empty();
      const bool reads = waiting_for_ == verb::read || waiting_for_ == verb::read_until;
      if (reads && &own<S>(*self_.asked().peer) == stream.from) return take(chunk);
      if (!chunk.empty()) stream.kept.emplace_back(chunk.begin(), chunk.end());
    }

    void arrived(connection_stream& stream, own_connection* accepted) {
      if (stream.ended) return report("W1", "accept went on after its end");
      stream.ended = accepted == nullptr;
      if (waiting_for_ == verb::accept && &own<S>(*self_.asked().from) == stream.from)
        return take(accepted);
      if (accepted == nullptr) return;
      if (over_) return scheduler().close(*accepted);
      stream.kept.push_back(accepted);
    }

   private:
    S& scheduler() { return scheduler_; }
    void report(const char* clause, const char* how) { self_.on().report(clause, how); }

    bool was_waiting_for(verb what, const char* clause, const char* otherwise) {
      const bool so = waiting_for_ == what && !over_ && (what != verb::none || !started_);
      started_ = true;
      if (so) {
        waiting_for_ = verb::none;
      } else {
        report(clause, otherwise);
      }
      return so;
    }

    void on_step() {
      if (was_waiting_for(verb::yield, "W1", "a yield ended that nobody waited for")) go_on();
    }
    void on_wake(wake how) {
      if (!was_waiting_for(verb::sleep, "W1", "a sleep ended that nobody waited for")) return;
      self_.answered().how = how;
      go_on();
    }
    void on_written(bool complete) {
      if (!was_waiting_for(verb::write, "W1", "a write ended that nobody waited for")) return;
      self_.answered().written = complete;
      go_on();
    }
    void on_talked(actor::said how) {
      if (!was_waiting_for(verb::talk, "W1", "a wait ended that nobody waited for")) return;
      self_.answered().talked = how;
      go_on();
    }
    void take(bytes chunk) {
      if constexpr (read_deadline_scheduler<S>) {
        if (waiting_for_ == verb::read_until) scheduler().withdraw(limit_);
      }
      waiting_for_ = verb::none;
      self_.answered().chunk = chunk;
      self_.answered().in_time = chunk;
      go_on();
    }
    /// Where it was cancelled, the stream ends, too.
    void on_limit(wake how) {
      if (how == wake::cancelled) return;
      if constexpr (read_deadline_scheduler<S>) {
        const bool reads = waiting_for_ == verb::read_until;
        if (reads && scheduler().has_come(own<S>(*self_.asked().peer))) return;
      }
      const char* const otherwise = "a deadline passed whose read was over";
      if (!was_waiting_for(verb::read_until, "W9", otherwise)) return;
      self_.answered().in_time.reset();
      go_on();
    }
    void take(own_connection* accepted) {
      waiting_for_ = verb::none;
      self_.answered().accepted = self_.on().template adopted<S>(accepted);
      go_on();
    }

    /// Resumes the act for as long as its requests are answered inline.
    void go_on() {
      answered_inline_ = true;
      if (going_) return;
      going_ = true;
      while (answered_inline_) {
        answered_inline_ = false;
        if (!self_.proceed()) return end();
        make_request();
      }
      going_ = false;
    }

    void end() {
      over_ = true;
      for (connection_stream& each : connections_) {
        for (own_connection* unclaimed : each.kept) scheduler().close(*unclaimed);
      }
      if constexpr (sync_scheduler<S>) {
        if (talk_object* const scope = self_.scope()) {
          return scheduler().task_done(own<typename S::scope>(*scope));
        }
      }
      scheduler().task_done();
    }

    void make_request() {
      const auto& asked = self_.asked();
      waiting_for_ = asked.what == verb::sleep_on_timer ? verb::sleep : asked.what;
      switch (asked.what) {
        case verb::none:
          return;
        case verb::yield:
          return scheduler().template yield<&part::on_step>(this);
        case verb::sleep:
          return scheduler().template sleep_until<&part::on_wake>(timer_, asked.deadline_ns, this);
        case verb::sleep_on_timer:
          return scheduler().template sleep_until<&part::on_wake>(own<S>(*asked.on),
                                                                  asked.deadline_ns, this);
        case verb::accept:
          return next_connection(own<S>(*asked.from));
        case verb::read:
          return next_chunk(own<S>(*asked.peer));
        case verb::read_until:
          next_chunk(own<S>(*asked.peer));
          if (waiting_for_ != verb::read_until) return;
          return scheduler().template sleep_until<&part::on_limit>(limit_, asked.deadline_ns, this);
        case verb::write:
          return scheduler().template write<&part::on_written>(own<S>(*asked.peer), asked.data,
                                                               this);
        case verb::talk:
          if constexpr (sync_scheduler<S>) {
            talk_.emplace(any_wait<S>(scheduler(), asked));
            scheduler().template until<&part::on_talked>(*talk_, this);
          }
          return;
      }
    }

    void next_chunk(own_connection& from) {
      for (chunk_stream& each : chunks_) {
        if (each.from == &from) return next_chunk(each);
      }
      chunk_stream& begun = chunks_.emplace_back(chunk_stream{*this, &from});
      scheduler().template receive<&chunk_stream::on_chunk>(from, &begun);
    }
    void next_chunk(chunk_stream& stream) {
      if (!stream.kept.empty()) {
        chunk_ = std::move(stream.kept.front());
        stream.kept.pop_front();
        return take(bytes(chunk_));
      }
      if (stream.ended) take(bytes());
    }

    void next_connection(own_listener& from) {
      for (connection_stream& each : connections_) {
        if (each.from == &from) return next_connection(each);
      }
      connection_stream& begun = connections_.emplace_back(connection_stream{*this, &from});
      scheduler().template accept<&connection_stream::on_accept>(from, &begun);
    }
    void next_connection(connection_stream& stream) {
      if (!stream.kept.empty()) {
        own_connection* next = stream.kept.front();
        stream.kept.pop_front();
        return take(next);
      }
      if (stream.ended) take(static_cast<own_connection*>(nullptr));
    }

    S& scheduler_;
    actor& self_;
    verb waiting_for_ = verb::none;
    bool started_ = false;
    bool over_ = false;
    bool going_ = false;
    bool answered_inline_ = false;
    typename S::timer timer_;
    typename S::timer limit_;  ///< of a read
    std::optional<typename place_to_wait<S>::type> talk_;
    std::vector<std::byte> chunk_;
    std::list<chunk_stream> chunks_;
    std::list<connection_stream> connections_;
  };

  static void spawn(S& scheduler, actor& task) {
    scheduler.template spawn<&part::on_start>(static_cast<part*>(&task.part()));
  }
  static void spawn(S& scheduler, actor& task, talk_object& scope)
    requires sync_scheduler<S>
  {
    task.spawned_into(scope);
    scheduler.template spawn<&part::on_start>(own<typename S::scope>(scope),
                                              static_cast<part*>(&task.part()));
  }
};

}  // namespace skein::contract
