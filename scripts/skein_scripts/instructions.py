"""The command line of scripts/instructions.py: instructions per step of each single-threaded
runtime, counted by callgrind in skein_micro.

Each row runs at two numbers of batches, in an environment with nothing in it but what is named
here; (I2 - I1) / (n2 - n1) leaves out whatever a process does once. Only what is on the row's watch
is counted (harness/micro/counted.hpp). The kernel's instructions are not. Rows are recorded as runs
of workload `micro`, without times.

Leaves out rows that need several threads or that are the kernel's work, those with a million
timers, and, unless asked for by name, those that depend on how fast time passes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import OK, MeasureError
from .inherited import recordable
from .names import check_name
from .outputs import require_writable
from .results import CURRENT_VERSION, Record, ResultWriter, validate
from .skein_process import Skein
from .terminal import Terminal, say

ROOT = Path(__file__).resolve().parents[2]
WORKLOAD = "micro"
# Few batches are enough: a batch is thousands of items, and the difference is exact.
BATCHES = (1, 3)
# One arena and fixed thresholds, so that malloc takes the same paths whatever the machine has.
TUNABLES = "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=131072"
_TIMEOUT_S = 300.0
_SESSION_TIMEOUT_S = 60.0

# Our own switch is written for one processor.
_FIBERS = ("fiber", "fiber_asm") if platform.machine() == "x86_64" else ("fiber",)

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


def total_of(out: Path) -> int:
    """Instructions, from a profile's `totals:` line."""
    try:
        text = out.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MeasureError(f"callgrind wrote no profile to {out}: {error.strerror}") from error
    for line in text.splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise MeasureError(f"callgrind wrote no totals to {out}")


def measure(micro: Path, row: str, counter: Callable[[Path, str, int], Count] = count) -> Row:
    """Instructions of a row's steps, without what a process does once."""
    few, many = (counter(micro, row, batches) for batches in BATCHES)
    if many.items <= few.items or many.instructions <= few.instructions:
        raise MeasureError(f"{row}: more batches gave no more work: {few}, {many}")
    return Row(row, many.items - few.items, many.instructions - few.instructions)


def run_record(row: Row, session_id: str) -> Record:
    """The run line of a row."""
    step, runtime, *size = row.name.split("/")
    place = "/".join([step, *size])
    cell = {"workload": WORKLOAD, "runtime": runtime, "row": place}
    return {
        "kind": "run",
        "schema": CURRENT_VERSION,
        "run_id": secrets.token_hex(8),
        "session_id": session_id,
        "arm": "single",
        "cell_id": f"{WORKLOAD}/{runtime}/{place}",
        "cell": cell,
        "echoed": cell,
        "started_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
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


def session_record(skein: Path, rows: list[str]) -> Record:
    """The session line. Raises MeasureError where the binary gives none."""
    argv = [recordable(word) for word in (Path(sys.argv[0]).name, *sys.argv[1:])]
    ending = Skein(skein).call(["session", "--argv", json.dumps(argv)], _SESSION_TIMEOUT_S)
    if ending.exit_status != 0:
        raise MeasureError(f"'{skein} session' {ending.describe()}")
    session: Record = json.loads(ending.stdout)
    session["plan"] = {"design": "single", "rounds": 1, "order": [rows]}
    validate(session)
    return session


def _parse(arguments: list[str]) -> argparse.Namespace:
    build = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release")
    parser = argparse.ArgumentParser(
        prog="scripts/instructions.py",
        description="Counts the instructions of single steps, with callgrind.",
        epilog="example: scripts/instructions.py --row yield/fiber/1 --output instructions.jsonl",
        allow_abbrev=False,
    )
    parser.add_argument("--row", action="append", default=[], help="only this row; repeatable")
    parser.add_argument("--output", type=Path, help="append session and runs to this file")
    parser.add_argument("--micro", type=Path, default=build / "skein_micro", help="the program")
    parser.add_argument("--skein", type=Path, default=build / "skein", help="for the session line")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    options = _parse(arguments)
    for name in options.row:
        check_name("row", name, (*ROWS, *TIMED_ROWS))
    rows = options.row or list(ROWS)
    require_writable(options.output)
    find_valgrind()
    micro = options.micro.absolute()
    if not micro.is_file():
        raise MeasureError(f"there is no {micro}: build it with scripts/bench, or name another")
    writer, session_id = None, ""
    if options.output:
        session = session_record(options.skein.absolute(), rows)
        session_id = session["session_id"]
        writer = ResultWriter(options.output)
        writer.append(session)
    for name in rows:
        row = measure(micro, name)
        say(Terminal(), f"{row.name:<32}{row.per_item:>12.2f} instructions")
        if writer:
            writer.append(run_record(row, session_id))
    return OK
