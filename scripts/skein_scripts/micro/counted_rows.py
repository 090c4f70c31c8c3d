"""Rows of skein_micro whose instructions callgrind counts.

Each row runs at two numbers of batches, in an environment with nothing in it but what is named
here; (I2 - I1) / (n2 - n1) leaves out whatever a process does once. Only what is on the row's watch
is counted (harness/micro/counted.hpp). The kernel's instructions are not. Rows are recorded as runs
of workload `micro`, without times.

Leaves out rows that need several threads or that are the kernel's work, those with a million
timers, and, unless asked for by name, those that depend on how fast time passes.
"""

from __future__ import annotations

import json
import platform
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import MeasureError
from ..base.utc import utc_now
from ..records.results import CURRENT_VERSION
from ..records.run_shapes import CellFields
from ..records.shapes import Run
from ..session.callgrind import TUNABLES, total_of
from .micro_session import WORKLOAD

# Few batches are enough: a batch is thousands of items, and the difference is exact.
BATCHES = (1, 3)
_TIMEOUT_S = 300.0

# Our own switch is written for one processor.
_FIBERS = ("fiber", "fiber_asm") if platform.machine() == "x86_64" else ("fiber",)
# Whose tasks wait at a place in their code, and those that wait for other tasks.
_WAITING = ("coroutine", "future", *_FIBERS)
_TALKING = (*_WAITING, "callback")

ROWS = (
    *(f"switch/{kind}" for kind in ("coroutine", "fcontext", *_FIBERS)),
    *(f"spawn_finish/{runtime}" for runtime in ("coroutine", *_FIBERS, "libuv")),
    *(f"yield/{runtime}/{n}" for runtime in ("coroutine", *_FIBERS, "libuv") for n in (1, 1000)),
    *(
        f"timer_{step}/{runtime}/10000"
        for step in ("insert", "cancel")
        for runtime in ("coroutine", "fiber", "libuv", "timer_wheel", "libuv_heap")
    ),
    *(f"timer_expire/{structure}/10000" for structure in ("timer_wheel", "libuv_heap")),
    *("poll_ready/future", "waker_clone_drop/future"),
    *(f"depth/{runtime}/{levels}" for runtime in _WAITING for levels in (1, 4, 16, 64)),
    *(f"join/{runtime}/{children}" for runtime in _WAITING for children in (10, 1000)),
    *(f"first_of/{runtime}" for runtime in _WAITING),
    *(f"mutex/{runtime}/{tasks}" for runtime in _TALKING for tasks in (1, 2)),
    *(f"channel/{runtime}/{room}" for runtime in _TALKING for room in (0, 1, 64)),
    *(f"join_finished/{runtime}" for runtime in _TALKING),
)
# A scheduler's timers come due in real time, and where its wheel files them depends on how long
# arming took: equal counts on a quiet machine, up to 1 % apart on a busy one. Only when asked for.
TIMED_ROWS = tuple(f"timer_expire/{runtime}/10000" for runtime in ("coroutine", "fiber", "libuv"))


@dataclass(frozen=True)
class Count:
    """What one run under callgrind gave."""

    items: int
    instructions: int


@dataclass(frozen=True)
class Row:
    """The difference of two runs of a row."""

    name: str
    items: int
    instructions: int

    @property
    def per_item(self) -> float:
        """Instructions of one step."""
        return self.instructions / self.items


def find_valgrind() -> str:
    """Its path. Raises MeasureError where it is not installed."""
    path = shutil.which("valgrind")
    if path is None:
        raise MeasureError("valgrind is not installed: scripts/setup --dev installs it")
    return path


def count(micro: Path, row: str, batches: int) -> Count:
    """One run of a row under callgrind. Raises MeasureError where it gives no count."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        command = [
            *(["setarch", "-R"] if shutil.which("setarch") else []),
            find_valgrind(),
            "--tool=callgrind",
            "--collect-atstart=no",
            "--quiet",
            f"--callgrind-out-file={out}",
            str(micro),
            *("--counted", row, "--iterations", str(batches)),
        ]
        done = _run_clean(command, folder)
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise MeasureError(f"{row}: callgrind ended with {done.returncode}: {last[0]}")
        said = json.loads(done.stdout)
        if not said["counting"]:
            raise MeasureError(
                f"{micro} was built without valgrind's headers: scripts/setup --dev installs them;"
                " then build it again"
            )
        return Count(items=said["items"], instructions=total_of(out))


def _run_clean(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    """With nothing in the environment but what is the same everywhere, as `env -i` would."""
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "GLIBC_TUNABLES": TUNABLES},
        )
    except subprocess.TimeoutExpired as error:
        raise MeasureError(f"{command[-3]}: still running after {_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise MeasureError(f"cannot start {command[0]}: {error.strerror}") from error


def measure(micro: Path, row: str, counter: Callable[[Path, str, int], Count] = count) -> Row:
    """Instructions of a row's steps, without what a process does once."""
    few, many = (counter(micro, row, batches) for batches in BATCHES)
    if many.items <= few.items or many.instructions <= few.instructions:
        raise MeasureError(f"{row}: more batches gave no more work: {few}, {many}")
    return Row(row, many.items - few.items, many.instructions - few.instructions)


def run_record(row: Row, session_id: str) -> Run:
    """The run line of a row."""
    step, runtime, *size = row.name.split("/")
    place = "/".join([step, *size])
    cell: CellFields = {"workload": WORKLOAD, "runtime": runtime, "row": place}
    return {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": secrets.token_hex(8),
        "session_id": session_id,
        "arm": "single",
        "cell_id": f"{WORKLOAD}/{runtime}/{place}",
        "cell": cell,
        "echoed": {**cell},
        "started_utc": utc_now(),
        "counted": True,
        "status": "ok",
        "reasons": [],
        "work": {"units": row.items, "checksum": None, "expected_checksum": None},
        "cpu": {
            "user_ns": None,
            "system_ns": None,
            "per_op_ns": None,
            "user_per_op_ns": None,
            "instructions": row.instructions,
            "instructions_per_op": round(row.per_item, 3),
        },
        "memory": None,
    }
