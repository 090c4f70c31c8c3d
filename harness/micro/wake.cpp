// Waking a scheduler from another thread: a message through its inbox starts a task, and the task
// answers. The scheduler has nothing else to do, so it sleeps in the kernel when the message comes.
//
// Measures, per item, a round trip:
//  1. The messenger writes to an eventfd.
//  2. The scheduler's thread wakes and serves the inbox, which spawns a task.
//  3. The task runs and writes to the messenger's eventfd.
//  4. The messenger, which sleeps in read, wakes.
// Rows:
//  - wake_same_core: both threads on one CPU
//  - wake_other_core: the scheduler on the next CPU that this process may use
//  - control/wake_*_core: two bare threads that read and write the same two eventfds. A runtime's
//    cost is the difference to these.
// Does not measure: posting to a scheduler that is awake, or many messages at once.
// How it may be unfair: on another core most of the time is the interrupt that wakes an idle CPU.
// On a virtual machine that is the host's work, and its scatter hides the differences between
// runtimes. A thread per task starts a thread for each message.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <sys/eventfd.h>
#include <thread>
#include <type_traits>
#include <unistd.h>

#include "harness/micro/bench.hpp"
#include "harness/micro/benchmarks.hpp"
#include "harness/micro/conditions.hpp"
#include "harness/micro/cpus.hpp"
#include "harness/micro/subjects.hpp"
#include "runtimes/epoll_floor/timer_table.hpp"
#include "runtimes/errors.hpp"
#include "runtimes/inbox.hpp"

namespace skein::micro {

namespace {

/// An eventfd whose counter is the message.
class message_event {
 public:
  message_event() = default;
  message_event(const message_event&) = delete;
  message_event& operator=(const message_event&) = delete;
  ~message_event() { ::close(descriptor_); }

  int descriptor() const noexcept { return descriptor_; }
  void send(std::uint64_t message = 1) const noexcept {
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &message, sizeof message);
  }
  /// Sleeps until a message comes. Returns the sum of all that came since the last call.
  std::uint64_t await() const noexcept {
    std::uint64_t message = 0;
    while (::read(descriptor_, &message, sizeof message) < 0) {  // interrupted
    }
    return message;
  }

 private:
  int descriptor_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
};

/// The two events of a row, and how many answers the task or thread gave.
struct line {
  message_event to_scheduler;
  message_event to_messenger;
  std::atomic<std::size_t> answered{0};  ///< relaxed: read after the answer that counted came

  void answer() noexcept {
    answered.fetch_add(1, std::memory_order_relaxed);
    to_messenger.send();
  }
};

constexpr std::uint64_t once = 1;
constexpr std::uint64_t the_end = 1'000;

// --- starting a task that answers, by style ---------------------------------------------------

template <coroutine_scheduler S>
typename S::task answer_in_task(line& of) {
  of.answer();
  co_return;
}

template <coroutine_scheduler S>
void spawn_answer(S& on, line& of) {
  on.spawn(answer_in_task<S>(of));
}

template <direct_scheduler S>
void spawn_answer(S& on, line& of) {
  on.spawn([&of] { of.answer(); });
}

template <class S>
struct answering_session {
  S& on;
  line& of;

  void on_step() noexcept {
    of.answer();
    on.task_done();
    delete this;
  }
};

template <callback_scheduler S>
void spawn_answer(S& on, line& of) {
  on.template spawn<&answering_session<S>::on_step>(new answering_session<S>{on, of});
}

class answering_future : pinned {
 public:
  using output = nothing;

  explicit answering_future(line& of) noexcept : line_(of) {}

  polled<nothing> poll(context&) noexcept {
    line_.answer();
    return nothing{};
  }

 private:
  line& line_;
};

template <poll_scheduler S>
void spawn_answer(S& on, line& of) {
  on.template spawn<answering_future>(of);
}

/// The floor has no tasks: the inbox itself answers.
struct nothing_due {
  static time_ns due_ns(std::size_t) noexcept { return 0; }
  static void fired(std::size_t, time_ns, wake) noexcept {}
};
using floor_loop = epoll_floor::timer_table<nothing_due>;

void spawn_answer(floor_loop&, line& of) {
  of.answer();
}

// --- the scheduler's thread ---------------------------------------------------------------------

template <class S>
class message_inbox final : public inbox {
 public:
  message_inbox(S& on, line& of) noexcept : on_(on), line_(of) {}
  int descriptor() const noexcept override { return line_.to_scheduler.descriptor(); }
  void on_readable() noexcept override {
    if (line_.to_scheduler.await() >= the_end) return on_.stop();
    spawn_answer(on_, line_);
  }

 private:
  S& on_;
  line& line_;
};

template <class S>
void serve(line& of) {
  if constexpr (std::is_same_v<S, floor_loop>) {
    nothing_due none;
    floor_loop on(none);
    message_inbox<floor_loop> inbox(on, of);
    on.run(inbox);
  } else {
    S on(conditions(16));
    message_inbox<S> inbox(on, of);
    on.run(inbox);
  }
}

struct bare_thread {};

template <>
void serve<bare_thread>(line& of) {
  while (of.to_scheduler.await() < the_end) of.answer();
}

/// Runs serve<S> on a thread of its own, which ends with this object.
template <class S>
class server_thread {
 public:
  server_thread(line& of, std::size_t cpu) : line_(of), thread_([this, cpu] { run(cpu); }) {}
  server_thread(const server_thread&) = delete;
  server_thread& operator=(const server_thread&) = delete;
  ~server_thread() {
    line_.to_scheduler.send(the_end);
    thread_.join();
  }

  /// Throws the error that ended the server early, if there was one.
  void check() const {
    if (failed_.load(std::memory_order_acquire)) std::rethrow_exception(failure_);
  }

 private:
  void run(std::size_t cpu) noexcept {
    try {
      pin_thread_to(cpu);
      serve<S>(line_);
    } catch (...) {
      failure_ = std::current_exception();
      failed_.store(true, std::memory_order_release);  // after failure_, which it publishes
      line_.to_messenger.send(the_end);
    }
  }

  line& line_;
  std::exception_ptr failure_;
  std::atomic<bool> failed_{false};
  std::thread thread_;
};

void exchange(line& over, int times) noexcept {
  for (int i = 0; i < times; ++i) {
    over.to_scheduler.send(once);
    if (over.to_messenger.await() >= the_end) return;  // the server failed
  }
}

template <class S>
void wake_rounds(stopwatch& watch, std::size_t place) {
  constexpr int rounds = 500;
  line over;
  server_thread<S> server(over, cpu_at(place));
  exchange(over, 10);
  server.check();
  while (watch.next_batch(rounds)) {
    over.answered.store(0, std::memory_order_relaxed);
    watch.start();
    exchange(over, rounds);
    watch.stop();
    server.check();
    expect_count("answers", over.answered.load(std::memory_order_relaxed), rounds);
  }
}

template <class S>
void add_rows(const std::string& same_core, const std::string& other_core) {
  add(same_core, [](stopwatch& watch) { wake_rounds<S>(watch, 0); });
  add(other_core, [](stopwatch& watch) { wake_rounds<S>(watch, 1); });
}

}  // namespace

void add_wake() {
  add_rows<bare_thread>("control/wake_same_core", "control/wake_other_core");
  interface_runtimes::for_each([]<class S>() {
    const std::string id(S::info().id);
    add_rows<S>("wake_same_core/" + id, "wake_other_core/" + id);
  });
  add_rows<floor_loop>("wake_same_core/epoll_floor", "wake_other_core/epoll_floor");
}

}  // namespace skein::micro
