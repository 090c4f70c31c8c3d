"""Calls the real binary, and what it leaves behind to look at. Shared by the end-to-end tests."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from skein_scripts.records.runtime_rules import OURS
from skein_scripts.records.runtimes import foreign

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SKEIN_BUILD_DIR", ROOT / "build" / "release"))
SKEIN = BUILD / "skein"
SCHEMA = ROOT / "results" / "schema" / "v1.json"
RECURSING_WORKER = BUILD / "tests" / "recursing_worker"
PLAIN_WORKER = Path(__file__).parent / "workers" / "plain_worker.py"

# Runtimes that are another one with a part exchanged: its loop, its switch, its stacks.
VARIANTS = (
    "asio_await_any", "callback", "callback_uring", "coroutine_uring", "fiber_asm", "fiber_uring",
    "thread_default",
)  # fmt: skip
MODES = ("fixed", "open", "idle_heavy", "churn", "idle")
PATTERNS = ("spread", "storm", "periodic", "churn")
# A run of a session whose line is elsewhere: it does not measure the machine's floor first, which
# takes a second.
IN_SESSION = ("--session", "tests")
# Sanitizers slow everything down and need room: what they cannot bear is asked for elsewhere.
CALL_TIMEOUT_S = 100.0

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """How one call ended."""

    status: int
    out: str
    err: str


def call(*words: str, pass_fds: tuple[int, ...] = ()) -> Call:
    """One call of the binary, to its end."""
    done = subprocess.run(
        [str(SKEIN), *words],
        capture_output=True,
        text=True,
        timeout=CALL_TIMEOUT_S,
        check=False,
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
    )
    return Call(done.returncode, done.stdout, done.stderr)


def listed_runtimes() -> list[Record]:
    """What `skein list` says there is; nothing where the binary is not built."""
    if not SKEIN.is_file():
        return []
    listed: list[Record] = json.loads(call("list", "--json").out)["runtimes"]
    return listed


_LISTED = listed_runtimes()
RUNTIMES = tuple(each["id"] for each in _LISTED)
# Have no connections; what they do otherwise is in test_workers.py.
TASKS_ONLY = ("coroutine_stealing", "future_stealing")
WITH_CONNECTIONS = tuple(each for each in RUNTIMES if each not in TASKS_ONLY)
# Never wait: what such a one does in a run depends on how long the run takes.
UNCOUNTABLE = tuple(each["id"] for each in _LISTED if each["polls_unasked"])
# Other people's runtimes behind our interface, with their workers, and those that are built here.
REFERENCE_ROWS = {
    name: BUILD / Path(row.run[0]).name for name, row in foreign().items() if row.language == OURS
}
REFERENCES = tuple(row for row, worker in REFERENCE_ROWS.items() if worker.is_file())
IN_CPP = (*WITH_CONNECTIONS, *REFERENCES)


def worker_of(runtime: str) -> list[str]:
    """The command of a worker in C++."""
    if runtime in REFERENCES:
        return [str(REFERENCE_ROWS[runtime]), "--runtime", runtime]
    return [str(SKEIN), "worker", "--runtime", runtime]


def with_runtime(runtime: str) -> list[str]:
    """Options that measure a worker in C++."""
    words = ["--runtime", runtime]
    if runtime in REFERENCES:
        words += ["--worker-command", " ".join(worker_of(runtime))]
    return words


def start(*words: str) -> subprocess.Popen[str]:
    """A call that is still running."""
    return subprocess.Popen(
        [str(SKEIN), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def plain_command(
    fault: str | None = None,
    runtime: str = "plain_python",
    buffer: str = "lent",
    hello: Record | None = None,
    notes: Path | None = None,
) -> list[str]:
    """The plain worker, with or without a fault; `hello` is what it declares of itself beside,
    `notes` where it writes a line whenever it settles."""
    words = [sys.executable, str(PLAIN_WORKER), "--runtime", runtime, "--buffer", buffer]
    if fault:
        words += ["--fault", fault]
    if hello:
        words += ["--hello", json.dumps(hello)]
    if notes:
        words += ["--notes", str(notes)]
    return words


def foreign_worker(runtime: str, command: list[str]) -> list[str]:
    """Options that measure a worker which is not ours."""
    return ["--runtime", runtime, "--worker-command", shlex.join(command)]


def plain_worker(fault: str | None = None, runtime: str = "plain_python", **more: Any) -> list[str]:
    """Options that measure the plain worker."""
    return foreign_worker(runtime, plain_command(fault, runtime, **more))


def records(path: Path) -> list[Record]:
    """Every line of a results file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run_of(path: Path) -> Record:
    """The one run of a results file."""
    runs = [record for record in records(path) if record["kind"] == "run"]
    assert len(runs) == 1
    return runs[0]


def children_of(pid: int) -> list[int]:
    """Live children of a process, by /proc."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def child_named(pid: int, role: str) -> int:
    """The pid of the child of a running `skein run` that is its `worker` or `generator`."""
    for child in children_of(pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if words[1:2] == [role.encode()]:
            return child
    raise AssertionError(f"{pid} has no child that is a {role}")


def exists(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def kept_ports() -> set[str]:
    """Connections in TIME_WAIT that the load generator made: one end of each keeps its port for a
    minute. Told by the client's address, 127.0.0.2 to 127.0.0.8, which nobody else uses."""
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ends = [(row.split()[1], row.split()[2]) for row in rows if row.split()[3] == "06"]
    generators = tuple(f"{last:02X}00007F:" for last in range(2, 9))
    return {f"{a}-{b}" for a, b in ends if a.startswith(generators) or b.startswith(generators)}


def wait_for(holds: Callable[[], bool], bound_s: float = 20.0) -> None:
    """Until it holds, for a bounded time."""
    end = time.monotonic() + bound_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def interrupt(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does."""
    process.send_signal(signal.SIGINT)
