#include "tests/contract/check_signals.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <vector>

#include "tests/contract/stage.hpp"
#include "tests/loopback_client.hpp"
#include "tests/signals.hpp"

namespace skein::contract {

namespace {

constexpr std::size_t much_bytes = std::size_t{8} << 20U;
constexpr int waits = 5;

/// Tasks that wait, each in its own way, and a thread that interrupts theirs.
class interrupted_stage {
 public:
  explicit interrupted_stage(const subject& of) : of_(of), scene_(of) {}

  verdict play() {
    scene_.add([this](actor& self) { return sleep(self, nullptr); });
    scene_.add([this](actor& self) { return sleep(self, &timer_); });
    scene_.add([this](actor& self) { return accept(self); });
    std::thread interrupting([this] { interrupt(); });
    scene_.play();
    interrupting.join();
    return scene_.found("W1");
  }

 private:
  void about_to_wait() {
    const std::scoped_lock lock(mutex_);
    threads_.push_back(::pthread_self());
    ++ready_;
  }
  void went_on(bool undisturbed) {
    scene_.require(undisturbed || scene_.hung(), "W1", "a signal ended a wait");
  }
  bool interrupting() const { return !interrupted_ && !scene_.hung(); }

  act sleep(actor& self, sleep_timer* on) {
    about_to_wait();
    const time_ns deadline_ns = from_now(15 * ns_per_ms);
    wake how = wake::due;
    if (on != nullptr) {
      how = co_await self.sleep_until(*on, deadline_ns);
    } else {
      how = co_await self.sleep_until(deadline_ns);
    }
    const bool early = monotonic_clock::now_ns() < deadline_ns - of_.early_by_at_most_ns;
    went_on(how == wake::due && !early);
    while (interrupting()) co_await self.yield();  // a thread that is signalled must be there
  }

  act accept(actor& self) {
    auto* quiet = co_await self.accept(listening_.at);
    auto* slow = co_await self.accept(listening_.at);
    self.on().add([this, quiet](actor& reader) -> act {
      about_to_wait();
      const bytes chunk = co_await reader.read(*quiet);
      went_on(chunk.size() == 1);
      reader.close(*quiet);
      while (interrupting()) co_await reader.yield();
    });
    self.on().add([this, slow](actor& writer) -> act {
      about_to_wait();
      const bool written = co_await writer.write(*slow, much_);
      went_on(written);
      writer.close(*slow);
      while (interrupting()) co_await writer.yield();
    });
    about_to_wait();
    auto* late = co_await self.accept(listening_.at);
    went_on(late != nullptr);
    if (late != nullptr) self.close(*late);
    while (interrupting()) co_await self.yield();
  }

  void interrupt() {
    test::take_signals();
    while (ready_ < waits && !scene_.hung()) std::this_thread::yield();
    for (int round = 0; round < 3 && !scene_.hung(); ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const std::scoped_lock lock(mutex_);
      for (const pthread_t each : threads_) ::pthread_kill(each, SIGUSR1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    interrupted_ = true;
    quiet_.send_byte(std::byte{1});
    const test::loopback_client late(listening_.port);
    slow_.receive(much_bytes);
  }

  const subject& of_;
  stage scene_;
  stage::open_listener listening_ = scene_.listen();
  test::loopback_client quiet_{listening_.port};
  test::loopback_client slow_{listening_.port, 65'536};
  sleep_timer timer_ = scene_.timer();
  const std::vector<std::byte> much_ = std::vector<std::byte>(much_bytes);
  std::mutex mutex_;
  std::vector<pthread_t> threads_;  ///< those that wait
  std::atomic<int> ready_{0};
  std::atomic<bool> interrupted_{false};
};

}  // namespace

verdict w1_a_signal_ends_no_wait(const subject& of) {
  return interrupted_stage(of).play();
}

}  // namespace skein::contract
