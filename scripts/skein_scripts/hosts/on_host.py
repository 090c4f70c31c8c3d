"""What runs in a Dask worker on a host: facts about it, and a session of whole rounds. It is sent
there as it stands (by value), so it imports the standard library alone, and Dask where it runs.

A session is a process of its own, and nothing of ours wakes while a cell is measured:

1. The task's thread waits for lines of the session's output, which come as runs end, and hands each
   to the scheduler as an event.
2. The session gets a clean environment (a nanny exports settings of malloc and of threads), and all
   CPUs (affinity is inherited by thread).
3. A session ends with its worker: the kernel interrupts it when the thread that started it is gone
   (--stream asks for that).
4. interrupt() ends a session from outside; it finds it by its tag, among those of this worker.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id"
# What a nanny and its like set for Python programs, and a measured program is not to get.
_OF_DASK = re.compile(r"_*DASK_.*|MALLOC_.*|[A-Z]+_NUM_THREADS|PYTHONPATH|PYTHONHOME")
_MOST_CPUS = 1024
_LAST_WORDS_BYTES = 4096
_PATIENCE_S = 15.0
_BUSY = "another session is measuring"  # session/lock.py


def facts(skein: str) -> dict[str, Any]:
    """What decides whether a worker can be used. For client.run: it takes no time."""
    import dask.config
    import distributed

    boot_file = os.environ.get("SKEIN_BOOT_ID_FILE") or _BOOT_ID_FILE
    return {
        "boot": Path(boot_file).read_text(encoding="ascii").strip(),
        "node": os.uname().nodename,
        "python": list(sys.version_info[:2]),
        "distributed": distributed.__version__,
        "is_profiled": bool(dask.config.get("distributed.worker.profile.enabled")),
        "has_skein": os.access(skein, os.X_OK),
        "has_scripts": _root_of(skein) is not None,
    }


def describe(command: list[str]) -> str:
    """The session line that a binary prints: which machine, and which build."""
    try:
        done = subprocess.run(
            command,
            env=clean_environment(os.environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"!{error}"
    return done.stdout if done.returncode == 0 else f"!{done.stderr[-_LAST_WORDS_BYTES:]}"


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """Runs a session, whose records leave as events of the order's topic. Each start is another:
    Dask may run a task again by itself. Where a worker has just been killed, its session may still
    be taking its processes down."""
    from distributed import get_worker

    worker = get_worker()
    until = time.monotonic() + _PATIENCE_S
    while True:
        ended = _run_session(worker, order)
        if ended["records"] or _BUSY not in ended["words"] or time.monotonic() > until:
            return ended
        time.sleep(1.0)


def _run_session(worker: Any, order: dict[str, Any]) -> dict[str, Any]:
    start, sent = uuid.uuid4().hex, 0

    def publish(**message: object) -> None:
        worker.log_event(order["topic"], {"host": order["host"], "start": start, **message})

    with tempfile.TemporaryDirectory(prefix="skein-", dir=worker.local_directory) as place:
        folder = Path(place)
        if order["matrix"]:
            (folder / order["matrix"]["name"]).write_text(order["matrix"]["text"], "utf-8")
        with (folder / "words").open("w+b") as words:
            process = _start(order, folder, words)
            running = _sessions_of(worker)
            running[start] = (order["tag"], process)
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    if not sent:
                        publish(begins=order["task"])
                    publish(number=sent, line=line.decode("utf-8", "replace"))
                    sent += 1
                status = process.wait()
            finally:
                del running[start]
            words.seek(0)
            said = words.read()[-_LAST_WORDS_BYTES:].decode("utf-8", "replace")
    return {"status": status, "records": sent, "words": said}


def interrupt(tag: str, dask_worker: Any) -> int:
    """Interrupts the sessions of this worker that have the tag. Returns how many."""
    chosen = [process for of, process in _sessions_of(dask_worker).values() if of == tag]
    for process in chosen:
        process.send_signal(signal.SIGINT)
    return len(chosen)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what is meant for the worker."""
    return {name: value for name, value in environment.items() if not _OF_DASK.fullmatch(name)}


def _sessions_of(worker: Any) -> dict[str, tuple[str, subprocess.Popen[bytes]]]:
    """Of the worker itself: what is sent by value has globals of its own each time."""
    if not hasattr(worker, "skein_sessions"):
        worker.skein_sessions = {}
    found: dict[str, tuple[str, subprocess.Popen[bytes]]] = worker.skein_sessions
    return found


def _root_of(skein: str) -> Path | None:
    """The checkout that a binary was built in."""
    folders = Path(skein).parents
    return next((one for one in folders if (one / "scripts" / "run_matrix.py").is_file()), None)


def _start(order: dict[str, Any], folder: Path, words: Any) -> subprocess.Popen[bytes]:
    root = _root_of(order["skein"])
    assert root is not None  # facts() said so
    own_python = root / ".venv" / "bin" / "python"
    command = [
        str(own_python) if own_python.exists() else sys.executable,
        str(root / "scripts" / order["script"]),
        *order["words"],
        *("--output", "out", "--stream"),
    ]
    own_cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(_MOST_CPUS))  # of this thread; the kernel leaves out what is not
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            env=clean_environment(os.environ),
            start_new_session=True,
        )
    finally:
        os.sched_setaffinity(0, own_cpus)
