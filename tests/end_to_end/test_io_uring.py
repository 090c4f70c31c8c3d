"""io_uring where it is refused: a limit with its name, in a record; nothing else breaks."""

from __future__ import annotations

import ctypes
import platform
import struct
import subprocess
from pathlib import Path

import pytest
import skein_binary as skein
import worker_talk
from worker_talk import Subject

_SETUP = 425  # io_uring_setup, the same number on every architecture that has it
_EPERM = 1
_ON_IO_URING = ("coroutine_uring", "fiber_uring", "callback_uring", "glommio", "monoio")


def forbid_io_uring() -> None:
    """Makes io_uring_setup fail with EPERM in this process and its children, as the seccomp filters
    of containers do."""
    load_number, jump_if_equal, return_value = 0x20, 0x15, 0x06
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (load_number, 0, 0, 0),
            (jump_if_equal, 0, 1, _SETUP),
            (return_value, 0, 0, 0x0005_0000 | _EPERM),
            (return_value, 0, 0, 0x7FFF_0000),
        )
    )
    filters = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(filters)))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, filter_mode, header):
        raise OSError(ctypes.get_errno(), "prctl")


def on_io_uring() -> list[Subject]:
    return [each for each in (*worker_talk.ours(), *worker_talk.rows()) if each.id in _ON_IO_URING]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter does not look at the ABI")
@pytest.mark.parametrize("of", on_io_uring(), ids=lambda each: each.id)
def test_a_machine_that_forbids_io_uring_is_a_limit_that_says_so(
    of: Subject, results: Path
) -> None:
    if why := of.why_not():
        pytest.skip(why)
    words = ["run", "timers", *of.options, "--size", "test", "-o", str(results)]
    done = subprocess.run(
        [str(skein.SKEIN), *words],
        preexec_fn=forbid_io_uring,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = skein.run_of(results)
    assert run["status"] == "limit"
    assert run["cpu"] is None
    limit = run["limit"]
    assert "io_uring" in limit["name"]
    assert "errno 1 EPERM" in limit["message"]


def test_runtimes_on_io_uring_are_listed_wherever_it_is_forbidden() -> None:
    done = subprocess.run(
        [str(skein.SKEIN), "list"],
        preexec_fn=forbid_io_uring,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "coroutine_uring" in done.stdout
