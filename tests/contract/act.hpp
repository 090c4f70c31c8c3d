// What a task of the contract suite does, written once for all calling styles.
//
// An act is a coroutine of the suite's own, in which every wait is a request: it suspends, and the
// adapter of the style at hand (adapt_*.hpp) makes the request with the runtime's own verb, puts
// the answer into the actor and resumes the act. So a clause reads as straight code and is run as a
// blocking call, a co_await or a completion handler.
//
// An act resumes on whatever its runtime runs the task on and nowhere else. What acts share with
// each other must be safe to share between threads, since in one runtime they are threads.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"
#include "tests/contract/subject.hpp"

namespace skein::contract {

class act {
 public:
  struct promise_type {
    act get_return_object() { return act(handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const { throw; }  // out of resume(): it is the task's exception
  };
  using handle = std::coroutine_handle<promise_type>;

  act() = default;
  act(act&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  act& operator=(act&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~act() {
    if (handle_) handle_.destroy();
  }

  /// Runs to the next request. False when the act is over.
  bool resume() {
    handle_.resume();
    return !handle_.done();
  }
  bool started() const noexcept { return static_cast<bool>(handle_); }

 private:
  explicit act(handle owned) noexcept : handle_(owned) {}
  handle handle_;
};

enum class verb { none, yield, sleep, sleep_on_timer, accept, read, read_until, write, talk };

/// What is waited for of another task.
enum class talk {
  lock,
  acquire,
  wait,
  wait_shared,
  send,
  receive,
  join,
  offload,
  receive_or_sleep
};

class stage;

/// One task: its act, its pending request, and the answer to it.
class actor {
 public:
  using script = std::function<act(actor&)>;

  /// What is asked of the runtime. Only the fields that belong to the verb mean anything.
  struct request {
    verb what = verb::none;
    time_ns deadline_ns = 0;
    sleep_timer* on = nullptr;
    listener* from = nullptr;
    connection* peer = nullptr;
    bytes data{};
    talk about = talk::lock;
    talk_object* with = nullptr;
    int value = 0;
    std::function<void()>* work = nullptr;
  };
  /// How a talk ended: granted, and with which value where one was received.
  struct said {
    bool granted = false;
    int value = 0;
  };
  struct answer {
    wake how = wake::due;
    connection* accepted = nullptr;
    bytes chunk{};
    std::optional<bytes> in_time{};
    bool written = false;
    said talked{};
  };

 private:
  template <auto Field>
  struct asking {
    actor* self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(act::handle) const noexcept {}
    auto await_resume() const noexcept { return self->answer_.*Field; }
  };

  template <auto Field>
  asking<Field> ask(request made) {
    request_ = made;
    return {this};
  }

  auto say(request made) {
    made.what = verb::talk;
    return ask<&answer::talked>(made);
  }

 public:
  actor(stage& on, script does);
  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;

  // What an act may do. All but the last wait: co_await them.
  auto yield() { return ask<&answer::how>({.what = verb::yield}); }
  auto sleep_until(time_ns deadline_ns) {
    return ask<&answer::how>({.what = verb::sleep, .deadline_ns = deadline_ns});
  }
  auto sleep_until(sleep_timer& on, time_ns deadline_ns) {
    return ask<&answer::how>({.what = verb::sleep_on_timer, .deadline_ns = deadline_ns, .on = &on});
  }
  auto accept(listener& from) {
    return ask<&answer::accepted>({.what = verb::accept, .from = &from});
  }
  auto read(connection& from) { return ask<&answer::chunk>({.what = verb::read, .peer = &from}); }
  auto read_until(connection& from, time_ns deadline_ns) {
    return ask<&answer::in_time>(
        {.what = verb::read_until, .deadline_ns = deadline_ns, .peer = &from});
  }
  auto write(connection& to, bytes data) {
    return ask<&answer::written>({.what = verb::write, .peer = &to, .data = data});
  }
  auto lock(talk_object& mutex) { return say({.about = talk::lock, .with = &mutex}); }
  auto acquire(talk_object& permits) { return say({.about = talk::acquire, .with = &permits}); }
  auto wait(talk_object& event) { return say({.about = talk::wait, .with = &event}); }
  auto wait_shared(talk_object& event) { return say({.about = talk::wait_shared, .with = &event}); }
  auto send(talk_object& to, int value) {
    return say({.about = talk::send, .with = &to, .value = value});
  }
  auto receive(talk_object& from) { return say({.about = talk::receive, .with = &from}); }
  /// first_of: not granted where the sleep was the first.
  auto receive_until(talk_object& from, time_ns deadline_ns) {
    return say({.deadline_ns = deadline_ns, .about = talk::receive_or_sleep, .with = &from});
  }
  auto join(talk_object& scope) { return say({.about = talk::join, .with = &scope}); }
  auto offload(talk_object& pool, std::function<void()>& work) {
    return say({.about = talk::offload, .with = &pool, .work = &work});
  }
  void close(connection& closed) { part_->close(closed); }

  stage& on() noexcept { return stage_; }
  runtime_under_test& scheduler() noexcept;

  /// The scope that it was spawned into, if it was.
  talk_object* scope() const noexcept { return scope_; }
  void spawned_into(talk_object& scope) noexcept { scope_ = &scope; }

  // What an adapter needs.
  /// Runs the act to its next request. False when it is over, which the stage has been told then.
  bool proceed();
  const request& asked() const noexcept { return request_; }
  answer& answered() noexcept { return answer_; }
  actor_part& part() noexcept { return *part_; }

 private:
  stage& stage_;
  talk_object* scope_ = nullptr;
  script script_;
  act act_;
  request request_;
  answer answer_;
  std::unique_ptr<actor_part> part_;
};

/// Specialised per calling style (adapt_*.hpp): how an actor is spawned, and its part.
template <class S>
struct adapter;

/// What is behind the erased types.
template <class S>
typename S::connection& own(connection& of) {
  return *static_cast<typename S::connection*>(of.object);
}
template <class S>
typename S::listener& own(listener& of) {
  return *static_cast<typename S::listener*>(of.object);
}
template <class S>
typename S::timer& own(sleep_timer& of) {
  return *static_cast<typename S::timer*>(of.object.get());
}

template <class Object>
Object& own(talk_object& of) {
  return *static_cast<Object*>(of.object.get());
}

/// Closes what an actor of a style without state of its own closes.
template <class S>
class plain_part final : public actor_part {
 public:
  plain_part(S& scheduler, actor&) : scheduler_(scheduler) {}
  void close(connection& closed) override { scheduler_.close(own<S>(closed)); }

 private:
  S& scheduler_;
};

}  // namespace skein::contract
