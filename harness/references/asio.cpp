// skein_asio: the rows of Boost.Asio.
#include "harness/references/reference_worker.hpp"
#include "runtimes/asio/await_scheduler.hpp"
#include "runtimes/asio/callback_scheduler.hpp"
#include "runtimes/list.hpp"

int main(int argument_count, char** arguments) {
  using namespace skein;
  using rows = runtime_list<asio::callback_scheduler, asio::concrete_await, asio::any_await>;
  return references::reference_worker<rows>(argument_count, arguments);
}
