// Switching stacks by a few instructions of our own, x86-64: the switch of the runtime `fiber_asm`.
//
// A jump stores four values (stack pointer, resume address, rbp, rbx) and loads the same four of
// its target. It ends in a jmp through the saved address, which an indirect-branch predictor
// foresees; a ret would miss the return-stack predictor every time. All other registers are
// declared clobbered, so the compiler saves exactly those that hold something here. rbp and rbx are
// saved by hand, because compilers that use them for frames do not accept them as clobbered.
//
// Its users must know:
//
// There is no AArch64 version, so there the runtime does not exist.
#pragma once

#if defined(__x86_64__)

#include <cstddef>

#include "runtimes/fiber/switch.hpp"

extern "C" void skein_fiber_asm_begin() noexcept;

namespace skein::fiber_asm {

/// The place where a suspended stack continues.
class asm_switch {
 public:
  static fiber::switch_facts facts() noexcept { return {"fiber_asm", "none", "none"}; }

  /// Makes the first jump here call Enter with the place that was jumped from, on the stack below
  /// `top`, which is aligned to 16. Enter must not return. Unwinding ends there (asm_switch.cpp).
  template <void (*Enter)(asm_switch&) noexcept>
  void prepare(void* top, std::size_t /*size_bytes*/) noexcept {
    stack_pointer_ = top;
    resume_at_ = &skein_fiber_asm_begin;
    rbp_ = reinterpret_cast<void*>(Enter);
  }

  /// Nothing to do: a calculation leaves nothing behind here.
  static void tidy() noexcept {}

  /// Suspends the running stack at `from` and continues at `to`.
  [[gnu::always_inline]] static void jump(asm_switch& from, asm_switch& to) noexcept {
    asm_switch* leaving = &from;
    asm_switch* going = &to;
    // The offsets are checked below. endbr64 does nothing except where indirect jumps are tracked.
    asm volatile(
        "leaq 1f(%%rip), %%rax\n\t"
        "movq %%rsp, 0(%%rdi)\n\t"
        "movq %%rax, 8(%%rdi)\n\t"
        "movq %%rbp, 16(%%rdi)\n\t"
        "movq %%rbx, 24(%%rdi)\n\t"
        "movq 0(%%rsi), %%rsp\n\t"
        "movq 16(%%rsi), %%rbp\n\t"
        "movq 24(%%rsi), %%rbx\n\t"
        "jmpq *8(%%rsi)\n"
        "1:\n\t"
        "endbr64"
        : "+D"(leaving), "+S"(going)
        :
        : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",  //
          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
          "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
#if defined(__AVX512F__)
          "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",
          "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6",
          "k7",
#endif
          "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory");
  }

 private:
  void* stack_pointer_ = nullptr;
  void (*resume_at_)() noexcept = nullptr;
  void* rbp_ = nullptr;
  [[maybe_unused]] void* rbx_ = nullptr;  // only the instructions above use it
};

static_assert(sizeof(asm_switch) == 4 * sizeof(void*), "jump() knows where the members lie");
static_assert(fiber::stack_switch<asm_switch>);

}  // namespace skein::fiber_asm

#endif
