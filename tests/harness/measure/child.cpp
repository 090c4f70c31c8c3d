// A process to be measured: does one thing for each line it reads, and answers "done", in one case
// with a number.
//   touch BYTES    maps anonymous memory and writes to each of its pages
//   release        unmaps it
//   spin NS        uses that much CPU time
//   threads N      starts threads that sleep until the process ends
//   blocks N       holds N more blocks of 1,000 bytes from malloc, written to
//   more_blocks N  the same and lies: they are 5 % larger
//   coroutines N   holds N more suspended coroutines; answers "done" and the bytes of a frame
//   allocate N     allocates and frees N times, half of it on a thread that is started for it
//   calls N        makes N system calls, half of them on a thread that is started for it
// Ends at the end of its input. Leaves out error handling beyond ending with status 1: the test
// sees the missing answer.
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

void* volatile last_block = nullptr;  // seen from outside, or the compiler would leave blocks out

/// Never freed: the memory is what is measured.
void hold_blocks(std::int64_t count, std::size_t bytes) {
  for (; count > 0; --count) {
    void* const memory = std::malloc(bytes);
    if (memory == nullptr) std::exit(1);
    std::memset(memory, 1, bytes);
    last_block = memory;
  }
}

std::size_t frame_bytes = 0;
void* volatile last_frame = nullptr;  // seen from outside, or the compiler would leave frames out

/// A coroutine that is made, and then waits for ever.
struct waiting {
  struct promise_type {
    static void* operator new(std::size_t bytes) {
      frame_bytes = bytes;
      last_frame = ::operator new(bytes);
      return last_frame;
    }
    static void operator delete(void* memory) { ::operator delete(memory); }
    waiting get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

[[gnu::noinline]] waiting wait_for_ever(std::int64_t number) {
  volatile std::int64_t kept = number;
  co_await std::suspend_always{};
  kept = kept + 1;
}

template <class Action>
void half_on_a_thread(std::int64_t count, Action action) {
  std::thread other([=] {
    for (std::int64_t i = 0; i < count / 2; ++i) action();
  });
  for (std::int64_t i = count / 2; i < count; ++i) action();
  other.join();
}

void allocate_and_free() {
  void* volatile memory = std::malloc(24);
  std::free(memory);
}

void call_kernel() {
  ::syscall(SYS_getppid);
}

}  // namespace

int main() {
  // Huge pages would make the memory of small things a multiple of 2 MiB.
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  block held;
  std::string command;
  while (std::cin >> command) {
    std::int64_t amount = 0;
    if (command != "release") std::cin >> amount;
    if (command == "touch") held = touch(static_cast<std::size_t>(amount));
    if (command == "release") ::munmap(held.memory, held.bytes);
    if (command == "spin") spin(amount);
    for (std::int64_t i = 0; command == "threads" && i < amount; ++i) {
      std::thread(::pause).detach();
    }
    if (command == "blocks") hold_blocks(amount, 1'000);
    if (command == "more_blocks") hold_blocks(amount, 1'050);
    for (std::int64_t i = 0; command == "coroutines" && i < amount; ++i) wait_for_ever(i);
    if (command == "allocate") half_on_a_thread(amount, allocate_and_free);
    if (command == "calls") half_on_a_thread(amount, call_kernel);
    std::cout << "done";
    if (command == "coroutines") std::cout << ' ' << frame_bytes;
    std::cout << std::endl;
  }
  std::cout.flush();
  ::_exit(0);  // sleeping threads are not waited for
}
