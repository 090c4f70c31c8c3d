#include "runtimes/asio/loop.hpp"

#include <boost/system/system_error.hpp>
#include <cassert>
#include <fcntl.h>
#include <stdexcept>

#include "runtimes/errors.hpp"

namespace skein::asio {

loop::loop(const scheduler_options& options)
    : net::io_context(1),
      options_(options),
      scratch_(std::make_unique<std::byte[]>(options.buffer_bytes)),
      inline_left_(options.inline_budget) {}

void loop::release() noexcept {
  if (--shares_ == 0) delete this;
}

bool loop::is_scratch(bytes data) const noexcept {
  const std::byte* const begin = scratch_.get();
  return data.data() >= begin && data.data() < begin + options_.buffer_bytes;
}

// --- running --------------------------------------------------------------------------------

/// What may throw comes first: the destructor of an object that was not made does not run.
loop::run_scope::run_scope(loop& runs, inbox* messages) : on_(runs), outer_(current_) {
  if (messages != nullptr) {
    flags_ = checked(::fcntl(messages->descriptor(), F_GETFL), "fcntl(F_GETFL) of the inbox");
    on_.inbox_socket_.assign(messages->descriptor());
  }
  current_ = &on_;
  on_.inbox_ = messages;
  ++on_.runs_;
  if (messages != nullptr) on_.wait_for_inbox();
}

loop::run_scope::~run_scope() {
  current_ = outer_;
  if (on_.inbox_ == nullptr) return;
  [[maybe_unused]] const int restored = ::fcntl(on_.inbox_socket_.release(), F_SETFL, flags_);
  assert(restored == 0 && "the inbox has closed its descriptor during the run");
  on_.inbox_ = nullptr;
}

/// Asio's run() returns when leave_if_over or the inbox has stopped it, and when nothing is left to
/// wait for.
void loop::run_tasks(inbox* messages) {
  const run_scope running(*this, messages);
  while (!is_over()) {
    restart();
    if (run() == 0 && !is_over()) {
      throw std::logic_error("Boost.Asio: tasks are left that wait for nothing");
    }
  }
}

void loop::run_ends() {
  const run_scope running(*this, nullptr);
  for (restart(); ends_ > 0 && poll() > 0; restart()) continue;
}

bool loop::is_over() const noexcept {
  return tasks_ == 0 && ends_ == 0 && (inbox_ == nullptr || is_stopping());
}

void loop::leave_if_over() {
  if (is_over()) stop();
}

void loop::task_ended() {
  assert(tasks_ > 0 && "task_done is called once per task");
  --tasks_;
  leave_if_over();
}

void loop::end_came() {
  --ends_;
  leave_if_over();
}

void loop::stop_tasks() {
  if (is_stopping()) return;
  stopping_.store(true, std::memory_order_relaxed);
  due_at_once_.expires_at(clock::time_point::min());
  due_at_once_.async_wait([](const error_code&) {});
  leave_if_over();
}

/// A wait of an earlier run may still complete, because it was in Asio's queue when that run ended.
/// Asio is stopped after each call, since poll() goes on while one more handler is ready, and an
/// inbox may stay readable.
void loop::wait_for_inbox() {
  inbox_socket_.async_wait(
      net::posix::descriptor_base::wait_read, [this, of_run = runs_](const error_code& failed) {
        if (failed == net::error::operation_aborted || of_run != runs_ || inbox_ == nullptr) return;
        if (failed) throw boost::system::system_error(failed, "waiting for the inbox");
        refill_inline();
        inbox_->on_readable();
        wait_for_inbox();
        stop();
      });
}

}  // namespace skein::asio
