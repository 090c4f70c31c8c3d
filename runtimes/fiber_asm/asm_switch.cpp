// The first frame of a fiber of fiber_asm. It is entered by a jump, with Enter in rbp and the
// suspended place in rdi, which is Enter's argument. An undefined rip tells unwinders that there is
// no caller, so backtraces end here; a zero rbp tells the same to tools that follow frame pointers.
#include "runtimes/fiber_asm/asm_switch.hpp"

#if defined(__x86_64__)

asm(".text\n"
    ".p2align 4\n"
    ".globl skein_fiber_asm_begin\n"
    ".hidden skein_fiber_asm_begin\n"
    ".type skein_fiber_asm_begin, @function\n"
    "skein_fiber_asm_begin:\n"
    ".cfi_startproc\n"
    ".cfi_undefined %rip\n"
    "endbr64\n"
    "movq %rbp, %rax\n"
    "xorl %ebp, %ebp\n"
    "callq *%rax\n"
    "ud2\n"
    ".cfi_endproc\n"
    ".size skein_fiber_asm_begin, . - skein_fiber_asm_begin\n");

#endif
