// The environment is complete on this machine and on one that tells nothing.
#include "harness/measure/environment.hpp"

#include "harness/measure/file_hash.hpp"
#include "harness/measure/sources.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;

namespace {

constexpr auto keys = {"cpu_model",
                       "cpus_online",
                       "smt",
                       "governor",
                       "turbo",
                       "kernel",
                       "cmdline",
                       "preempt",
                       "hz",
                       "mitigations",
                       "virtualization",
                       "clocksource",
                       "thp",
                       "aslr",
                       "numa",
                       "mem_total_bytes",
                       "swap_bytes",
                       "cgroup",
                       "rlimits",
                       "sysctl",
                       "load",
                       "libc",
                       "boost",
                       "compiler",
                       "libuv"};

void check_complete(const json& environment) {
  for (const auto* key : keys) {
    INFO(key);
    REQUIRE(environment.contains(key));
    CHECK(!environment[key].is_null());
  }
  CHECK(environment.size() == keys.size());
  for (const auto* key : {"version", "cpu_max", "memory_max"}) {
    CHECK(environment["cgroup"].contains(key));
  }
  for (const auto* key : {"nofile", "nproc", "stack"}) CHECK(environment["rlimits"].contains(key));
  for (const auto* key : {"somaxconn", "ip_local_port_range", "max_map_count", "threads_max",
                          "pid_max", "perf_event_paranoid"}) {
    CHECK(environment["sysctl"].contains(key));
  }
}

}  // namespace

TEST_CASE("a source that cannot be read is named with what is null for it") {
  skein::test::fixture_tree tree;
  tree.write("proc/stat", "cpu0 1 2 3\n");
  tree.write("proc/slabinfo", "slabinfo - version: 2.1\n");
  const auto said = skein::measure::unreadable_sources(tree.paths());
  REQUIRE(said.size() == 5);
  CHECK_THAT(said.front(), skein::test::contains("is not that of this PID namespace"));
  CHECK_THAT(said[1], skein::test::contains("/pressure/cpu: pressure is null in every run"));
  CHECK_THAT(said.back(), skein::test::contains("a memory cgroup"));
}

TEST_CASE("every part of the environment is there on this machine") {
  const auto environment = capture_environment();
  check_complete(environment);
  CHECK(environment["cpus_online"].get<int>() >= 1);
  CHECK(environment["mem_total_bytes"].get<std::int64_t>() > 0);
}

TEST_CASE("what a machine does not tell is absent, not false and not zero") {
  fixture_tree nothing;
  const auto environment = capture_environment(nothing.paths());
  check_complete(environment);
  for (const auto* key : {"cpu_model", "smt", "governor", "turbo", "thp", "aslr", "load"}) {
    INFO(key);
    CHECK(environment[key] == "absent");
  }
}

TEST_CASE("a processor is named by its model, or by the numbers that stand for one") {
  const auto model_of = [](const std::string& cpuinfo) {
    fixture_tree tree;
    tree.write("proc/cpuinfo", cpuinfo);
    return capture_environment(tree.paths())["cpu_model"].get<std::string>();
  };
  const auto arm = [](const char* part, const char* revision) {
    return std::string("processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n") +
           "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: " + part +
           "\nCPU revision\t: " + revision + "\n\n";
  };
  const std::string x86 = "vendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\n";
  CHECK(model_of(x86 + x86) == "AMD EPYC");
  CHECK(model_of(arm("0xd0c", "1")) == "CPU implementer 0x41, part 0xd0c, variant 0x3, revision 1");
  CHECK(model_of(arm("0xd08", "1")) != model_of(arm("0xd0c", "1")));
  CHECK(model_of(arm("0xd0c", "2")) != model_of(arm("0xd0c", "1")));
  // Cores of two kinds in one machine, and a 32-bit kernel's name that says too little.
  CHECK(model_of(arm("0xd03", "4") + arm("0xd08", "1") + arm("0xd03", "4")) ==
        "CPU implementer 0x41, part 0xd03, variant 0x3, revision 4 + "
        "CPU implementer 0x41, part 0xd08, variant 0x3, revision 1");
  CHECK(model_of("model name\t: ARMv7 Processor rev 4 (v7l)\n" + arm("0xd03", "4")) ==
        "ARMv7 Processor rev 4 (v7l), CPU implementer 0x41, part 0xd03, variant 0x3, revision 4");
  CHECK(model_of("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n") ==
        "POWER9, altivec supported");
  CHECK(model_of("processor\t: 0\nhart\t: 1\nuarch\t: sifive,u74-mc\n") == "sifive,u74-mc");
  CHECK(model_of("nothing that is known\n") == "absent");
}

TEST_CASE("two processors that differ only in their numbers are two machines") {
  fixture_tree one;
  fixture_tree other;
  one.write("proc/cpuinfo", "CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
  other.write("proc/cpuinfo", "CPU implementer\t: 0x41\nCPU part\t: 0xd08\n");
  CHECK(environment_hash(capture_environment(one.paths())) !=
        environment_hash(capture_environment(other.paths())));
}

TEST_CASE("the kernel's command line is kept as far as it tunes the kernel") {
  fixture_tree tree;
  tree.write("proc/cmdline", "BOOT_IMAGE=/v root=UUID=1 mitigations=off quiet -- --secret 5\n");
  tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  const auto environment = capture_environment(tree.paths());
  CHECK(environment["cmdline"] == "mitigations=off quiet");
  CHECK(environment["thp"] == "madvise");
}

TEST_CASE("the hash ignores the load and notices another governor") {
  auto environment = capture_environment();
  const auto hash = environment_hash(environment);
  CHECK(hash.size() == 16);
  environment["load"] = "absent";
  CHECK(environment_hash(environment) == hash);
  environment["governor"] = "another";
  CHECK(environment_hash(environment) != hash);
}

TEST_CASE(
    "the hash is of what makes a machine another one for these measurements, and of nothing else") {
  const json environment = capture_environment();
  const auto hash = environment_hash(environment);
  for (const auto* key : keys) {
    INFO(key);
    const std::string name(key);
    // How much of a machine is in use or was granted makes it no other machine.
    const bool passing =
        name == "load" || name == "mem_total_bytes" || name == "swap_bytes" || name == "rlimits";
    json other = environment;
    other[key] = "planted";
    CHECK((environment_hash(other) == hash) == passing);
  }
}

TEST_CASE("what names disks, files and consoles is left out of the kernel's command line") {
  fixture_tree tree;
  tree.write(
      "proc/cmdline",
      "root=/dev/x init=/i rdinit=/r initrd=/d BOOT_IMAGE=/b resume=/s console=c rootflags=f "
      "rootfstype=t ip=1 isolcpus=1 nohz_full=1 mitigations=off\n");
  CHECK(capture_environment(tree.paths())["cmdline"] == "isolcpus=1 nohz_full=1 mitigations=off");
}

TEST_CASE("every source is named that cannot be read") {
  fixture_tree nothing;
  std::string all;
  for (const std::string& sentence : unreadable_sources(nothing.paths())) all += sentence + "\n";
  for (const char* part :
       {"/stat: steal and the CPU time of other programs", "/pressure/cpu: pressure",
        "/slabinfo: the kernel's memory in slabs",
        "/self/smaps_rollup: the exact count of user memory", "/self/schedstat: run delay",
        "a memory cgroup: the cross-check of memory"}) {
    INFO(part);
    CHECK_THAT(all, skein::test::contains(part));
  }
}

TEST_CASE("the hash of a text is the published one of FNV-1a") {
  CHECK(text_hash("") == "cbf29ce484222325");
  CHECK(text_hash("foobar") == "85944171f73967e8");
}

TEST_CASE("a build names its compiler, its type and its binary") {
  const auto build = capture_build();
  CHECK(!build["compiler"].get<std::string>().empty());
  CHECK(!build["type"].get<std::string>().empty());
  CHECK(build["binary_sha256"].get<std::string>().size() == 64);
}

TEST_CASE("a file's SHA-256 is the published one, and a missing file has none") {
  fixture_tree tree;
  tree.write("proc/abc", "abc");
  CHECK(file_sha256(tree.paths().proc + "/abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(!file_sha256(tree.paths().proc + "/missing"));
}
