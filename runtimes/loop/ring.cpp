#include "runtimes/loop/ring.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace skein {

namespace {

constexpr unsigned setup_flags =
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_R_DISABLED |
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;

template <class Word>
Word load_acquire(Word* of) noexcept {
  return std::atomic_ref<Word>(*of).load(std::memory_order_acquire);
}

template <class Word>
void store_release(Word* to, Word value) noexcept {
  std::atomic_ref<Word>(*to).store(value, std::memory_order_release);
}

std::string error_text(int error_number) {
  const char* const name = ::strerrorname_np(error_number);
  return "errno " + std::to_string(error_number) + (name == nullptr ? "" : std::string(" ") + name);
}

std::string this_kernel() {
  utsname about{};
  ::uname(&about);
  return std::string("this is ") + about.sysname + " " + about.release;
}

/// Refused by a sysctl or a filter, and not for lack of a resource.
bool is_refusal(int error_number) noexcept {
  return error_number == EPERM || error_number == EACCES;
}

/// The errors of a kernel that has no io_uring, has an older one, or refuses it to us.
bool is_missing(int error_number) noexcept {
  return is_refusal(error_number) || error_number == ENOSYS || error_number == EINVAL;
}

/// The number at the beginning of a kernel file; empty where there is no such file, or the number
/// does not fit.
std::optional<std::int64_t> read_number(const char* path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::int64_t descriptor_limit() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<std::int64_t>(files.rlim_cur);
}

limit_error one_more_than(const char* name, std::optional<std::int64_t> value) {
  return {name, value, value.value_or(0) + 1};
}

/// The least memory that its queues and submissions take.
std::size_t ring_bytes(unsigned submissions, unsigned completions) noexcept {
  return submissions * (sizeof(io_uring_sqe) + sizeof(std::uint32_t)) +
         completions * sizeof(io_uring_cqe);
}

void* mapped(int descriptor, std::size_t size_bytes, std::uint64_t offset) {
  void* const at = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                          descriptor, static_cast<off_t>(offset));
  if (at == MAP_FAILED) throw_errno("mmap of an io_uring");
  return at;
}

}  // namespace

int kernel_ring_setup(unsigned entries, io_uring_params* asked) {
  return static_cast<int>(::syscall(SYS_io_uring_setup, entries, asked));
}

void throw_part_refused(const char* feature, const char* since, int error_number,
                        std::size_t needed_bytes) {
  if (error_number == ENOMEM) {
    throw limit_error("memory", std::nullopt, static_cast<std::int64_t>(needed_bytes));
  }
  const std::string named = std::string("io_uring: ") + feature;
  if (!is_missing(error_number)) {
    throw std::system_error(error_number, std::generic_category(), named);
  }
  throw limit_error::lacking(named, named + " is refused with " + error_text(error_number) +
                                        "; it needs Linux " + since + ", and " + this_kernel());
}

void throw_ring_refused(int error_number, std::size_t needed_bytes) {
  if (error_number == EMFILE) throw one_more_than("RLIMIT_NOFILE", descriptor_limit());
  if (error_number == ENFILE) {
    throw one_more_than("fs.file-max", read_number("/proc/sys/fs/file-max"));
  }
  // 0 allowed, 1 for the privileged, 2 for nobody. Since Linux 6.6.
  const std::int64_t disabled = read_number("/proc/sys/kernel/io_uring_disabled").value_or(0);
  if (is_refusal(error_number) && disabled != 0) {
    throw limit_error("kernel.io_uring_disabled (io_uring_setup: " + error_text(error_number) + ")",
                      disabled, 0);
  }
  const bool unknown_flag = error_number == EINVAL;
  throw_part_refused(unknown_flag ? "IORING_SETUP_DEFER_TASKRUN" : "io_uring_setup", "6.1",
                     error_number, needed_bytes);
}

ring::ring(unsigned submissions, unsigned completions, ring_setup setup) {
  io_uring_params asked{};
  asked.flags = setup_flags;
  asked.cq_entries = completions;
  descriptor_ = setup(submissions, &asked);
  if (descriptor_ < 0) throw_ring_refused(errno, ring_bytes(submissions, completions));
  try {
    map(asked);
  } catch (...) {
    unmap();
    throw;
  }
}

ring::~ring() {
  cancel_all();
  unregister_descriptor();
  unmap();
}

/// Both queues lie in one mapping since Linux 5.4, the submissions themselves in another.
void ring::map(const io_uring_params& given) {
  const std::size_t sq_bytes = given.sq_off.array + given.sq_entries * sizeof(std::uint32_t);
  const std::size_t cq_bytes = given.cq_off.cqes + given.cq_entries * sizeof(io_uring_cqe);
  rings_bytes_ = std::max(sq_bytes, cq_bytes);
  rings_ = mapped(descriptor_, rings_bytes_, IORING_OFF_SQ_RING);
  submissions_bytes_ = given.sq_entries * sizeof(io_uring_sqe);
  submissions_ =
      static_cast<io_uring_sqe*>(mapped(descriptor_, submissions_bytes_, IORING_OFF_SQES));

  auto* const base = static_cast<std::byte*>(rings_);
  const auto word = [base](std::uint32_t offset) {
    return reinterpret_cast<std::uint32_t*>(base + offset);
  };
  sq_head_ = word(given.sq_off.head);
  sq_tail_ = word(given.sq_off.tail);
  sq_flags_ = word(given.sq_off.flags);
  sq_mask_ = *word(given.sq_off.ring_mask);
  cq_head_ = word(given.cq_off.head);
  cq_tail_ = word(given.cq_off.tail);
  cq_mask_ = *word(given.cq_off.ring_mask);
  completions_ = reinterpret_cast<io_uring_cqe*>(base + given.cq_off.cqes);
  // Entries are used in order, so the queue of indices never changes.
  for (std::uint32_t i = 0; i < given.sq_entries; ++i) word(given.sq_off.array)[i] = i;
}

void ring::unmap() noexcept {
  if (submissions_ != nullptr) ::munmap(submissions_, submissions_bytes_);
  if (rings_ != nullptr) ::munmap(rings_, rings_bytes_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

int ring::register_with(unsigned operation, void* argument, unsigned count) noexcept {
  const long result = ::syscall(SYS_io_uring_register, descriptor_, operation, argument, count);
  return result < 0 ? -errno : static_cast<int>(result);
}

/// The calling thread is the issuer from here on.
void ring::enable() {
  if (enabled_) return;
  const int result = register_with(IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  if (result < 0) throw std::system_error(-result, std::generic_category(), "io_uring_register");
  enabled_ = true;
}

void ring::register_descriptor() noexcept {
  if (registered_ >= 0) return;  // left by a run that threw
  io_uring_rsrc_update asked{};
  asked.offset = ~0U;
  asked.data = static_cast<__u64>(descriptor_);
  // If it is refused (16 are registered already), the plain descriptor works as well.
  if (register_with(IORING_REGISTER_RING_FDS, &asked, 1) == 1) {
    registered_ = static_cast<int>(asked.offset);
  }
}

void ring::unregister_descriptor() noexcept {
  if (registered_ < 0) return;
  io_uring_rsrc_update asked{};
  asked.offset = static_cast<std::uint32_t>(registered_);
  register_with(IORING_UNREGISTER_RING_FDS, &asked, 1);
  registered_ = -1;
}

void ring::cancel_all() noexcept {
  if (!enabled_) return;
  io_uring_sync_cancel_reg asked{};
  asked.fd = -1;
  asked.flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
  asked.timeout.tv_sec = -1;  // no limit
  asked.timeout.tv_nsec = -1;
  register_with(IORING_REGISTER_SYNC_CANCEL, &asked, 1);
  // A cancelled request lets go of its socket only when its completion is processed, a few at a
  // time.
  long result = 0;
  do {
    result = ::syscall(SYS_io_uring_enter, descriptor_, 0, 0, IORING_ENTER_GETEVENTS, nullptr, 0);
  } while (result >= 0 && (load_acquire(sq_flags_) & IORING_SQ_TASKRUN) != 0);
}

// --- submissions ----------------------------------------------------------------------------

unsigned ring::unsubmitted() const noexcept {
  return tail_ - load_acquire(sq_head_);
}

io_uring_sqe& ring::next() {
  while (unsubmitted() > sq_mask_) hand_over(0, 0, nullptr, 0);
  io_uring_sqe& free = submissions_[tail_ & sq_mask_];
  std::memset(&free, 0, sizeof free);
  ++tail_;
  return free;
}

bool ring::wants_kernel() const noexcept {
  constexpr std::uint32_t work_left = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
  return unsubmitted() != 0 || (load_acquire(sq_flags_) & work_left) != 0;
}

void ring::enter(bool wait, std::optional<time_ns> deadline_ns) {
  const unsigned wanted = wait ? 1 : 0;
  if (!wait || !deadline_ns) return hand_over(IORING_ENTER_GETEVENTS, wanted, nullptr, 0);
  // A relative timeout, because an absolute one needs Linux 6.12. The kernel reads its clock after
  // we read ours, so the wait may end late but not early.
  const time_ns left_ns = std::max<time_ns>(*deadline_ns - monotonic_clock::now_ns(), 0);
  __kernel_timespec timeout{};
  timeout.tv_sec = left_ns / ns_per_s;
  timeout.tv_nsec = left_ns % ns_per_s;
  io_uring_getevents_arg argument{};
  argument.sigmask_sz = _NSIG / 8;
  argument.ts = reinterpret_cast<std::uint64_t>(&timeout);
  hand_over(IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, wanted, &argument, sizeof argument);
}

/// A time-out, an interruption, or a lack of room until completions are taken is no error: the
/// caller's loop calls again.
void ring::hand_over(unsigned flags, unsigned min_complete, void* argument,
                     std::size_t argument_bytes) {
  enable();
  store_release(sq_tail_, tail_);
  const bool by_index = registered_ >= 0;
  const long result = ::syscall(
      SYS_io_uring_enter, by_index ? registered_ : descriptor_, unsubmitted(), min_complete,
      flags | (by_index ? IORING_ENTER_REGISTERED_RING : 0U), argument, argument_bytes);
  if (result >= 0) return;
  if (errno != ETIME && errno != EINTR && errno != EAGAIN && errno != EBUSY) {
    throw_errno("io_uring_enter");
  }
}

// --- completions ----------------------------------------------------------------------------

bool ring::has_completions() const noexcept {
  return *cq_head_ != load_acquire(cq_tail_);
}

std::uint32_t ring::completions() const noexcept {
  return load_acquire(cq_tail_) - *cq_head_;
}

const io_uring_cqe& ring::completion(std::uint32_t after) const noexcept {
  return completions_[(*cq_head_ + after) & cq_mask_];
}

bool ring::take(io_uring_cqe& taken) noexcept {
  const std::uint32_t head = *cq_head_;  // written by us alone
  if (head == load_acquire(cq_tail_)) return false;
  taken = completions_[head & cq_mask_];
  store_release(cq_head_, head + 1);
  return true;
}

}  // namespace skein
