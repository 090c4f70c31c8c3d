#include "runtimes/thread/connections.hpp"

#include <cassert>
#include <fcntl.h>
#include <new>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/errors.hpp"

namespace skein::thread {

namespace {

std::size_t round_up(std::size_t size_bytes, std::size_t unit_bytes) {
  return (size_bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
}

void make_blocking(int descriptor) {
  const int flags = checked(::fcntl(descriptor, F_GETFL), "fcntl");
  checked(::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK), "fcntl");
}

}  // namespace

connection_registry::connection_registry(const scheduler_options& options)
    : slot_bytes_(round_up(
          sizeof(connection) + (options.buffer == buffer_policy::own ? options.buffer_bytes : 0),
          alignof(connection))) {}

connection_registry::~connection_registry() {
  for (connection* left = open_; left != nullptr; left = left->next_) ::close(left->descriptor_);
  for (const listener& left : listeners_) ::close(left.descriptor_);
}

listener& connection_registry::listen(int descriptor) {
  make_blocking(descriptor);
  const std::scoped_lock lock(mutex_);
  listener& added = listeners_.emplace_back(descriptor);
  if (stopped_) cancel(added);
  return added;
}

connection* connection_registry::adopt(int descriptor) {
  const std::scoped_lock lock(mutex_);
  if (stopped_) {
    ::close(descriptor);
    return nullptr;
  }
  connection& added = take_slot();
  added.descriptor_ = descriptor;
  added.next_ = open_;
  added.link_ = &open_;
  if (open_ != nullptr) open_->link_ = &added.next_;
  open_ = &added;
  ++live_;
  return &added;
}

void connection_registry::close(connection& closed) noexcept {
  const std::scoped_lock lock(mutex_);
  *closed.link_ = closed.next_;
  if (closed.next_ != nullptr) closed.next_->link_ = closed.link_;
  ::close(closed.descriptor_);
  closed.next_ = free_;
  free_ = &closed;
  --live_;
}

void connection_registry::cancel(connection& target) noexcept {
  target.fail(ECANCELED);
  ::shutdown(target.descriptor_, SHUT_RDWR);
}

void connection_registry::cancel(listener& target) noexcept {
  target.error_.store(ECANCELED, std::memory_order_release);
  ::shutdown(target.descriptor_, SHUT_RDWR);
}

void connection_registry::stop() noexcept {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  for (listener& each : listeners_) cancel(each);
  for (connection* each = open_; each != nullptr; each = each->next_) cancel(*each);
}

std::size_t connection_registry::live() const {
  const std::scoped_lock lock(mutex_);
  return live_;
}

/// The mutex is held by the caller.
connection& connection_registry::take_slot() {
  if (free_ == nullptr) add_chunk();
  connection* taken = free_;
  free_ = taken->next_;
  return *::new (static_cast<void*>(taken)) connection;
}

void connection_registry::add_chunk() {
  std::byte* chunk =
      chunks_.emplace_back(new std::byte[chunk_slots * slot_bytes_]).get();  // left untouched
  for (std::size_t slot = 0; slot < chunk_slots; ++slot) {
    connection* added = ::new (static_cast<void*>(chunk + slot * slot_bytes_)) connection;
    added->next_ = free_;
    free_ = added;
  }
}

}  // namespace skein::thread
