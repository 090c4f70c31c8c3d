// A known allocation must be read back, from outside; and what cannot be read must say so.
#include <algorithm>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "harness/measure/process_memory.hpp"
#include "tests/catch.hpp"
#include "tests/harness/measure/process.hpp"

using namespace skein::measure;
using skein::test::fixture_tree;
using skein::test::measured_child;

namespace {

constexpr std::int64_t mebibyte = 1 << 20;
constexpr std::int64_t touched_bytes = 64 * mebibyte;
/// The kernel's peak counter may lag behind by some pages for each CPU.
constexpr std::int64_t counted_bytes = 62 * mebibyte;

/// A process whose status file is complete and nothing else of which can be read.
constexpr auto status_text =
    "Name:\tx\nVmSize:\t 900 kB\nVmHWM:\t 500 kB\nVmRSS:\t 400 kB\nRssAnon:\t 300 kB\n"
    "VmPTE:\t 20 kB\nThreads:\t3\n";

}  // namespace

TEST_CASE("64 MiB touched by another process are read back as its memory") {
  measured_child child;
  REQUIRE(child.command("spin 0"));
  const auto before = read_memory_point(child.pid(), 0);
  REQUIRE(child.command("touch " + std::to_string(touched_bytes)));
  const auto after = read_memory_point(child.pid(), 1);
  REQUIRE(before.rss_anon_bytes);
  REQUIRE(after.rss_anon_bytes);
  const auto grown = *after.rss_anon_bytes - *before.rss_anon_bytes;
  CHECK(grown >= touched_bytes);
  CHECK(grown <= touched_bytes + mebibyte);
  const auto dirty = after.private_dirty_bytes.value() - before.private_dirty_bytes.value();
  CHECK(dirty >= touched_bytes);
  const auto tables = after.page_table_bytes.value() - before.page_table_bytes.value();
  CHECK(tables >= touched_bytes / 512 / 2);  // 8 bytes a page; less if pages were joined
}

TEST_CASE("the peak is kept after memory has gone back, until it is reset") {
  measured_child child;
  REQUIRE(child.command("touch " + std::to_string(touched_bytes)));
  REQUIRE(child.command("release"));
  CHECK(read_peak_rss_bytes(child.pid()).value() >= counted_bytes);
  CHECK(read_memory_point(child.pid(), 0).rss_anon_bytes.value() < touched_bytes / 2);
  REQUIRE(reset_peak_rss(child.pid()));
  CHECK(read_peak_rss_bytes(child.pid()).value() < touched_bytes / 2);
}

TEST_CASE("threads of another process are counted, with a kernel stack each") {
  measured_child child;
  REQUIRE(child.command("threads 20"));
  const auto point = read_memory_point(child.pid(), 20);
  CHECK(point.threads == 21);
  CHECK(point.kernel_stack_bytes == 21 * 16 * 1024);
  CHECK(point.mappings.value() >= 20);
}

TEST_CASE("a process that does not exist has no memory, with reasons") {
  const auto point = read_memory_point(-1, 5);
  CHECK(point.tasks == 5);
  CHECK(!point.rss_anon_bytes);
  CHECK(!point.mappings);
  CHECK(!point.kernel_bytes());
  CHECK(point.unreadable.size() >= 3);
  CHECK(to_json(point)["rss_anon_bytes"].is_null());
  CHECK(!reset_peak_rss(-1));
  CHECK(!read_peak_rss_bytes(-1));
}

TEST_CASE("anonymous memory is the exact figure of the page tables where that can be read") {
  fixture_tree tree;
  tree.write("proc/7/status", status_text);
  tree.write("proc/7/smaps_rollup", "Pss:  9 kB\nPrivate_Dirty:  8 kB\nAnonymous:  304 kB\n");
  const auto point = read_memory_point(7, 0, tree.paths());
  CHECK(point.rss_anon_bytes == 304 * 1024);
  CHECK(point.rss_anon_counter_bytes == 300 * 1024);
}

TEST_CASE("slab caches are active objects times their size, and only those that grow with tasks") {
  fixture_tree tree;
  tree.write("proc/7/status", status_text);
  tree.write("proc/slabinfo",
             "slabinfo - version: 2.1\n"
             "# name            <active_objs> <num_objs> <objsize> ...\n"
             "TCP                   10     12   2000   13    8 : tunables 0 0 0\n"
             "ext4_inode_cache     100    100   1000   13    8 : tunables 0 0 0\n"
             "kmalloc-64             5      8     64   64    1 : tunables 0 0 0\n"
             "kmalloc-rcl-64         5      8     64   64    1 : tunables 0 0 0\n");
  const auto point = read_memory_point(7, 0, tree.paths());
  REQUIRE(point.slab);
  CHECK(*point.slab == std::map<std::string, std::int64_t>{{"TCP", 20'000}, {"kmalloc-64", 320}});
  CHECK(point.kernel_bytes() == 20'000 + 320 + 20 * 1024 + 3 * 16 * 1024);
}

TEST_CASE("the caches that grow with tasks are counted, each by its name, and no others") {
  // Those that harness/MEMORY.md names, and what 4,000 threads and 4,000 polled connections were
  // seen to grow.
  const std::vector<std::string_view> named_by_method{"task_struct", "pid",    "vm_area_struct",
                                                      "anon_vma",    "TCP",    "sock_inode_cache",
                                                      "filp",        "dentry", "eventpoll_epi"};
  const std::vector<std::string_view> of_threads{"cred",           "cred_jar",      "files_cache",
                                                 "fs_cache",       "sighand_cache", "signal_cache",
                                                 "task_delay_info"};
  const std::vector<std::string_view> of_mappings{"anon_vma_chain", "maple_node", "vma_lock",
                                                  "vmap_area"};
  const std::vector<std::string_view> of_sockets{"TCPv6", "lsm_file_cache", "lsm_inode_cache",
                                                 "tcp_bind_bucket", "tcp_bind2_bucket"};
  const std::vector<std::string_view> of_polling{"ep_head", "eventpoll_pwq", "timerfd_ctx"};
  const std::vector<std::string_view> attachments{"kmalloc-8", "kmalloc-64", "kmalloc-1k",
                                                  "kmalloc-8k"};
  for (const auto& group :
       {named_by_method, of_threads, of_mappings, of_sockets, of_polling, attachments}) {
    for (const auto name : group) {
      INFO(name);
      CHECK(is_counted_slab(name));
    }
  }
  // What grows with files that are read, with disks, or with other protocols.
  for (const char* name :
       {"ext4_inode_cache", "inode_cache", "proc_inode_cache", "buffer_head", "radix_tree_node",
        "xfs_inode", "kmalloc-rcl-64", "kmalloc-rcl-1k", "UDP", "UNIX", "bio-264", "kmem_cache",
        "names_cache", "TC", "TCPx", "pidx"}) {
    INFO(name);
    CHECK_FALSE(is_counted_slab(name));
  }
}

TEST_CASE("without slabinfo the kernel's part is unknown, not small") {
  fixture_tree tree;
  tree.write("proc/7/status", status_text);
  const auto point = read_memory_point(7, 0, tree.paths());
  CHECK(point.rss_anon_bytes == 300 * 1024);
  CHECK(point.virtual_bytes == 900 * 1024);
  CHECK(!point.slab);
  CHECK(!point.kernel_bytes());
  const auto& reasons = point.unreadable;
  CHECK(std::any_of(reasons.begin(), reasons.end(), [](const auto& reason) {
    return reason.find("slabinfo") != std::string::npos;
  }));
}

TEST_CASE("a memory cgroup of version 1 is found through its own hierarchy") {
  fixture_tree tree;
  tree.write("proc/7/cgroup", "5:cpu:/\n4:memory:/group\n0::/\n");
  tree.write("sys/fs/cgroup/memory/group/memory.usage_in_bytes", "4096\n");
  tree.write("sys/fs/cgroup/memory/group/memory.kmem.usage_in_bytes", "1024\n");
  const auto point = read_memory_point(7, 0, tree.paths());
  CHECK(point.cgroup_bytes == 4096);
  CHECK(point.cgroup_kernel_bytes == 1024);
}

TEST_CASE("a memory cgroup of version 2 tells its kernel part in memory.stat") {
  fixture_tree tree;
  tree.write("proc/7/cgroup", "0::/group\n");
  tree.write("sys/fs/cgroup/group/memory.current", "8192\n");
  tree.write("sys/fs/cgroup/group/memory.stat", "anon 1\nkernel_stack 5\nkernel 2048\n");
  const auto point = read_memory_point(7, 0, tree.paths());
  CHECK(point.cgroup_bytes == 8192);
  CHECK(point.cgroup_kernel_bytes == 2048);
}

TEST_CASE("before Linux 5.18 memory.stat has the kernel part in pieces") {
  fixture_tree tree;
  tree.write("proc/7/cgroup", "0::/group\n");
  tree.write("sys/fs/cgroup/group/memory.current", "8192\n");
  tree.write("sys/fs/cgroup/group/memory.stat",
             "anon 1\nkernel_stack 16\npagetables 8\npercpu 4\nsock 2\nslab 1000\n");
  CHECK(read_memory_point(7, 0, tree.paths()).cgroup_kernel_bytes == 1'030);
}

TEST_CASE("a memory cgroup that cannot be read is unknown, with a reason") {
  fixture_tree tree;
  tree.write("proc/7/cgroup", "0::/group\n");
  const auto point = read_memory_point(7, 0, tree.paths());
  CHECK(!point.cgroup_bytes);
  CHECK(!point.cgroup_kernel_bytes);
  const auto& reasons = point.unreadable;
  CHECK(std::count_if(reasons.begin(), reasons.end(), [](const auto& reason) {
          return reason.find("memory cgroup") != std::string::npos;
        }) == 2);
}

TEST_CASE("a container that sees its group as the root is read there") {
  fixture_tree tree;
  tree.write("proc/7/cgroup", "0::/../outside\n");
  tree.write("sys/fs/cgroup/memory.current", "16\n");
  CHECK(read_memory_point(7, 0, tree.paths()).cgroup_bytes == 16);
}

TEST_CASE("a memory point's record has every field of the format") {
  const auto object = to_json(read_memory_point(::getpid(), 3));
  for (const auto* key :
       {"tasks", "rss_bytes", "rss_anon_bytes", "pss_bytes", "private_dirty_bytes", "virtual_bytes",
        "page_table_bytes", "mappings", "threads", "kernel_stack_bytes", "slab", "cgroup_bytes",
        "cgroup_kernel_bytes"}) {
    INFO(key);
    CHECK(object.contains(key));
  }
}
