#include "runtimes/libuv/loop.hpp"

#include <cassert>
#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <system_error>

namespace skein::libuv {

namespace {

void ignore_sigpipe() noexcept {
  struct sigaction current{};
  ::sigaction(SIGPIPE, nullptr, &current);
  if (current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

void check_uv(int status, const char* call) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), call);
}

loop::loop(const scheduler_options& options)
    : options_(options),
      scratch_(std::make_unique<std::byte[]>(options.buffer_bytes)),
      inline_left_(options.inline_budget) {
  ignore_sigpipe();
  check_uv(::uv_loop_init(&uv_), "uv_loop_init");
  uv_.data = this;
  turns_.attach(uv_, turn_queue::step::to<&loop::leave_if_over>(this));
}

loop::~loop() {
  closing();
  turns_.close([](uv_handle_t* handle) noexcept { of(*handle).closed(); });
  turn_until_closed();
  [[maybe_unused]] const int busy = ::uv_loop_close(&uv_);
  assert(busy == 0 && "a handle outlived its loop");
}

void loop::run(inbox* messages) {
  if (messages != nullptr) watch(*messages);
  turn_until_over();
  if (messages != nullptr) unwatch();
}

void loop::turn_until_over() {
  while (!over()) {
    const bool alive = ::uv_run(&uv_, UV_RUN_DEFAULT) != 0;
    if (!alive && !over()) throw std::logic_error("libuv: tasks are left that wait for nothing");
  }
}

void loop::turn_until_closed() {
  while (closing_ > 0 || !turns_.empty()) ::uv_run(&uv_, UV_RUN_ONCE);
}

void loop::task_ended() noexcept {
  assert(tasks_ > 0 && "task_done is called once per task");
  --tasks_;
  leave_if_over();
}

void loop::closed() noexcept {
  --closing_;
  leave_if_over();
}

void loop::stop() noexcept {
  stopping_ = true;
  leave_if_over();
}

bool loop::over() const noexcept {
  return tasks_ == 0 && closing_ == 0 && turns_.empty() && (inbox_ == nullptr || stopping_);
}

void loop::leave_if_over() noexcept {
  if (over()) ::uv_stop(&uv_);
}

// --- the inbox ------------------------------------------------------------------------------

void loop::watch(inbox& messages) {
  inbox_flags_ = ::fcntl(messages.descriptor(), F_GETFL);
  check_uv(::uv_poll_init(&uv_, &inbox_poll_, messages.descriptor()), "uv_poll_init");
  inbox_ = &messages;
  inbox_poll_.data = this;
  const auto serve_inbox = [](uv_poll_t* poll, int, int) noexcept {
    loop& self = *static_cast<loop*>(poll->data);
    self.refill_inline();
    self.inbox_->on_readable();
  };
  check_uv(::uv_poll_start(&inbox_poll_, UV_READABLE, serve_inbox), "uv_poll_start");
}

void loop::unwatch() {
  const int descriptor = inbox_->descriptor();
  inbox_ = nullptr;
  closing();
  ::uv_close(reinterpret_cast<uv_handle_t*>(&inbox_poll_),
             [](uv_handle_t* handle) noexcept { static_cast<loop*>(handle->data)->closed(); });
  turn_until_over();
  ::fcntl(descriptor, F_SETFL, inbox_flags_);
}

}  // namespace skein::libuv
