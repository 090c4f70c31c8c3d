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
#include <utility>

#include "runtimes/clock.hpp"
#include "runtimes/scheduler.hpp"

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

enum class verb { none, yield, sleep, sleep_on_timer, accept, read, write };

template <class S>
class stage;

template <class S>
struct adapter;

/// One task: its act, its pending request, and the answer to it.
template <class S>
class actor {
 public:
  using connection = typename S::connection;
  using listener = typename S::listener;
  using timer = typename S::timer;
  using script = std::function<act(actor&)>;

  /// What is asked of the runtime. Only the fields that belong to the verb mean anything.
  struct request {
    verb what = verb::none;
    time_ns deadline_ns = 0;
    timer* on = nullptr;
    listener* door = nullptr;
    connection* peer = nullptr;
    bytes data{};
  };
  struct answer {
    wake how = wake::due;
    connection* accepted = nullptr;
    bytes chunk{};
    bool written = false;
  };

  actor(contract::stage<S>& on, script does) : stage_(on), script_(std::move(does)) {}
  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;

  // What an act may do. The first six wait: co_await them.
  auto yield() { return ask<&answer::how>({.what = verb::yield}); }
  auto sleep_until(time_ns deadline_ns) {
    return ask<&answer::how>({.what = verb::sleep, .deadline_ns = deadline_ns});
  }
  auto sleep_until(timer& on, time_ns deadline_ns) {
    return ask<&answer::how>({.what = verb::sleep_on_timer, .deadline_ns = deadline_ns, .on = &on});
  }
  auto accept(listener& from) {
    return ask<&answer::accepted>({.what = verb::accept, .door = &from});
  }
  auto read(connection& from) { return ask<&answer::chunk>({.what = verb::read, .peer = &from}); }
  auto write(connection& to, bytes data) {
    return ask<&answer::written>({.what = verb::write, .peer = &to, .data = data});
  }
  void close(connection& closed) { part_.close(closed); }

  contract::stage<S>& on() noexcept { return stage_; }
  S& scheduler() noexcept { return stage_.scheduler(); }

  // What an adapter needs.
  /// Runs the act to its next request. False when it is over, which the stage has been told then.
  bool proceed() {
    if (!act_.started()) act_ = script_(*this);
    if (act_.resume()) return true;
    stage_.ended();
    return false;
  }
  const request& asked() const noexcept { return request_; }
  answer& answered() noexcept { return answer_; }
  typename adapter<S>::part& part() noexcept { return part_; }

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

  contract::stage<S>& stage_;
  script script_;
  act act_;
  request request_;
  answer answer_;
  typename adapter<S>::part part_{*this};
};

}  // namespace skein::contract
