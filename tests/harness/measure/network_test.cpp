// One host's end of a network, from files of a test's own and from loopback, which every host has.
#include "harness/measure/network.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein;
using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

constexpr const char* snmp =
    "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
    "Tcp: RtoAlgorithm RtoMin RetransSegs InErrs\nTcp: 1 200 42 7\n"
    "Udp: InDatagrams\nUdp: 5\n";
constexpr const char* dev =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n"
    "    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
    "  eth0: 1 2 3 30 5 6 7 8 9 10 11 500 13 14 15 16\n";

}  // namespace

TEST_CASE("segments that were sent again and packets that were dropped are read by their names") {
  const fixture_tree tree;
  tree.write("proc/net/snmp", snmp);
  tree.write("proc/net/dev", dev);
  tree.write("sys/class/net/eth0/carrier_changes", "2\n");
  const network_counts counts = read_network_counts("eth0", tree.paths());
  CHECK(counts.retransmitted == 42);
  CHECK(counts.dropped == 530);
  CHECK(counts.link_changes == 2);
  CHECK(read_network_counts("lo", tree.paths()).dropped == 16);
  CHECK_FALSE(read_network_counts("eth1", tree.paths()).dropped);
  CHECK_FALSE(read_network_counts({}, tree.paths()).dropped);
}

TEST_CASE("what cannot be read of a network is not known") {
  const fixture_tree tree;
  tree.write("proc/net/snmp", "Tcp: RtoAlgorithm\nTcp: 1\n");
  const network_counts counts = read_network_counts("eth0", tree.paths());
  CHECK_FALSE(counts.retransmitted);
  CHECK_FALSE(counts.dropped);
  CHECK_FALSE(counts.link_changes);
}

TEST_CASE("counters of a network rise, or are not known") {
  network_counts begin;
  network_counts end;
  begin.retransmitted = 5;
  end.retransmitted = 9;
  end.dropped = 3;
  begin.link_changes = 2;
  end.link_changes = 2;
  CHECK(network_between(begin, end).retransmitted == 4);
  CHECK_FALSE(network_between(begin, end).dropped);
  CHECK(network_between(begin, end).link_changes == 0);
  CHECK(network_between(end, begin).retransmitted == 0);
}

TEST_CASE("an interface is found by its address, with how it is set up") {
  const auto own = own_addresses();
  REQUIRE(std::find(own.begin(), own.end(), "127.0.0.1") != own.end());
  const network_end loopback = read_network_end("127.0.0.1");
  CHECK(loopback.interface == "lo");
  CHECK(loopback.mtu.value_or(0) > 1'000);
  CHECK_FALSE(loopback.congestion_control.value_or("").empty());
  const network_end nobodys = read_network_end("192.0.2.1");
  CHECK_FALSE(nobodys.interface);
  CHECK_FALSE(nobodys.mtu);
  CHECK(nobodys.offloads.empty());
  CHECK(nobodys.congestion_control == loopback.congestion_control);
}

TEST_CASE("sockets without a connection have no round trip") {
  CHECK(read_round_trips({}).count == 0);
  CHECK_FALSE(read_round_trips({-1}).p50);
}
