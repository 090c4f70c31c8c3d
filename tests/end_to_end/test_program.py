"""What the measured program makes every runtime pay, whichever is used: thread-local data, which is
on each thread's stack, code that runs before main, and libraries. A runtime's costs are its own."""

from __future__ import annotations

import re
import subprocess

import skein_binary as skein

_MOST_THREAD_LOCAL_BYTES = 128
# What each is for: fmt formats messages, Boost.Context switches fibers, uv is libuv, z packs
# histograms; the rest is C++ itself.
_LIBRARIES = {
    "libfmt", "libboost_context", "libuv", "libz", "libstdc++", "libm", "libgcc_s", "libc",
}  # fmt: skip


def output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_thread_local_data_is_at_most_two_cache_lines() -> None:
    headers = output_of("readelf", "--program-headers", "--wide", str(skein.SKEIN))
    (segment,) = re.findall(r"^\s*TLS\s+(?:0x\w+\s+){4}0x(\w+)", headers, re.MULTILINE)
    assert int(segment, 16) <= _MOST_THREAD_LOCAL_BYTES


def test_no_runtime_and_no_workload_runs_code_before_main() -> None:
    for archive in ("runtimes/libskein_runtimes.a", "workloads/libskein_workloads.a"):
        names = output_of("nm", "--demangle", str(skein.BUILD / archive)).splitlines()
        assert len(names) > 100
        assert not [name for name in names if "_GLOBAL__sub_I_" in name], archive


def test_the_program_is_linked_with_what_is_listed_and_nothing_else() -> None:
    dynamic = output_of("readelf", "--dynamic", "--wide", str(skein.SKEIN))
    needed = re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+?)\.so", dynamic)
    assert set(needed) == _LIBRARIES
