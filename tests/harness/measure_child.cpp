// A process to be measured: does one thing for each line it reads, and answers "done".
//   touch BYTES    maps anonymous memory and writes to each of its pages
//   release        unmaps it
//   spin NS        uses that much CPU time
//   threads N      starts threads that sleep until the process ends
// Ends at the end of its input. Leaves out error handling beyond ending with status 1: the test
// sees the missing answer.
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace {

struct block {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

block touch(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::exit(1);
  auto* page = static_cast<volatile char*>(memory);
  for (std::size_t i = 0; i < bytes; i += 4096) page[i] = 1;
  return {memory, bytes};
}

std::int64_t own_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

void spin(std::int64_t ns) {
  const auto end = own_cpu_ns() + ns;
  while (own_cpu_ns() < end) {
  }
}

}  // namespace

int main() {
  block held;
  std::string command;
  while (std::cin >> command) {
    std::int64_t amount = 0;
    if (command != "release") std::cin >> amount;
    if (command == "touch") held = touch(static_cast<std::size_t>(amount));
    if (command == "release") ::munmap(held.memory, held.bytes);
    if (command == "spin") spin(amount);
    for (; command == "threads" && amount > 0; --amount) std::thread(::pause).detach();
    std::cout << "done" << std::endl;
  }
  std::cout.flush();
  ::_exit(0);  // sleeping threads are not waited for
}
