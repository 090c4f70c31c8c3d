// The generator where the machine has no port left for a connection: a network of the test's own,
// in which there are two, and one is somebody else's.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "tests/catch.hpp"
#include "tests/harness/generator/fixture.hpp"

namespace {

using namespace skein;
using namespace skein::test;

enum outcome : int { as_it_should, no_network, no_limit, another_limit, wrong_count, threw };

bool enter_own_network() {
  // Whoever is not root may be in a user namespace of its own.
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  const bool up = ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
  ::close(any);
  return up;
}

/// Of the network this process is in.
bool leave_two_ports() {
  std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
  range << "61001 61002" << std::flush;
  return range.good();
}

void take_port(std::uint16_t port) {
  const int taken = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(taken, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
}

/// In a child, which the network goes with.
outcome connect_out_of_ports() {
  if (!enter_own_network()) return no_network;
  echo_server server;  // on a port of the usual range
  if (!leave_two_ports()) return no_network;
  take_port(61002);
  generator_under_test generator;
  json prepare = generator_under_test::prepare_message(server.port(), 2, 1, 64);
  prepare["addresses"] = 1;
  generator_under_test::expect("ready", generator.ask(prepare));
  generator_under_test::expect("connected",
                               generator.ask({{"type", "connect"}, {"connections", 1}}));
  const json refused = generator.ask({{"type", "connect"}, {"connections", 2}});
  if (refused["type"] != "limit" || refused["connected"] != 1) return no_limit;
  if (refused["limit"] != "net.ipv4.ip_local_port_range") return another_limit;
  const json errors = generator.run(fixed_load(10))["load"]["errors"];
  return errors["connect"] == 1 && errors["descriptors"] == 0 ? as_it_should : wrong_count;
}

}  // namespace

TEST_CASE("want of ports is a limit by its name, and no want of descriptors", "[generator]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      std::_Exit(connect_out_of_ports());
    } catch (const std::exception&) {
      std::_Exit(threw);
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_network) {
    WARN("no network of its own for this test: passed over");
    return;
  }
  CHECK(WEXITSTATUS(status) == as_it_should);
}
