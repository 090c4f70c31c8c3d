// Boost.Asio's rows as subjects.
#include "runtimes/asio/await_scheduler.hpp"
#include "runtimes/asio/callback_scheduler.hpp"
#include "tests/contract/subjects.hpp"

namespace skein::contract {

void add_asio(subjects& all) {
  add<asio::callback_scheduler>(all);
  add<asio::concrete_await>(all);
  add<asio::any_await>(all);
}

}  // namespace skein::contract
