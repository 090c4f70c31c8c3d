"""A conversation with a worker, in the part of a conductor that is not ours: which workers there
are, how one is started, what is said to it and by when it must answer.

Leaves out what a worker has to keep (worker_contract.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import skein_binary as skein

from skein_scripts.records.runtimes import Runtime, foreign
from skein_scripts.records.workloads import workloads
from skein_scripts.session import toolchains

Message = dict[str, Any]

BUFFERS = workloads()["c10k"].of_setting("buffer").words
PEERS = 120
TALKING_WORKER = Path(__file__).parent / "workers" / "talking_worker.py"
READY_S, END_S = 60.0, 10.0  # bounds: `ready` may take a minute, nothing else so long


class BrokenError(Exception):
    """A clause is broken; the text says how."""


class LackingError(Exception):
    """The worker says by a limit that it does not do this work."""


def require(holds: object, how: str) -> None:
    if not holds:
        raise BrokenError(how)


@dataclass(frozen=True)
class Subject:
    """A worker, and how it is started: by itself, and by `skein run`."""

    id: str
    command: tuple[str, ...]
    options: tuple[str, ...]
    row: Runtime | None = None

    def why_not(self) -> str | None:
        """Why it cannot be tried here, if it cannot."""
        lines = toolchains.why_not(self.row) if self.row else []
        return lines[0] if lines else None


def ours() -> list[Subject]:
    """The runtimes of the binary that have all that a worker is examined for."""
    return [
        Subject(each, (str(skein.SKEIN), "worker", "--runtime", each), ("--runtime", each))
        for each in skein.WITH_CONNECTIONS
    ]


def rows() -> list[Subject]:
    """Every manifest of a worker that is a program of its own."""
    return [
        Subject(name, tuple(row.command()), tuple(skein.foreign_worker(name, row.command())), row)
        for name, row in foreign().items()
    ]


def cold_rows() -> list[Subject]:
    """The same without those that warm up and have a twin that does not: in what is not measured
    the two are one program, and a warm-up takes as long as a busy machine makes it."""
    known = foreign()
    return [each for each in rows() if f"{each.id}_cold" not in known]


def liar(fault: str) -> Subject:
    """The plain worker with a fault."""
    options = skein.plain_worker(fault)
    return Subject("plain_python", tuple(skein.plain_command(fault)), tuple(options))


def talking_liar(fault: str) -> Subject:
    """The worker that does the work of tasks which wait for each other, with a fault."""
    command = [sys.executable, str(TALKING_WORKER), "--fault", fault]
    return Subject(
        "plain_talker", tuple(command), tuple(skein.foreign_worker("plain_talker", command))
    )


# --- a conversation ---


class Talk:
    """A worker and what it says, each line waited for with a bound."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._unread = b""

    def hear(self, bound_s: float = END_S) -> Message:
        """Its next message. BrokenError where none comes."""
        line = self.next_line(bound_s)
        if line is None:
            raise BrokenError(f"it ended ({self.ended(END_S)}) where an answer was due")
        try:
            message = json.loads(line)
        except ValueError:
            raise BrokenError(f"it said what is no message: {line[:80]!r}") from None
        require(isinstance(message, dict) and "type" in message, f"no message: {line[:80]!r}")
        return dict(message)

    def next_line(self, bound_s: float) -> bytes | None:
        """Without its newline; None at the end."""
        out = self.process.stdout
        assert out is not None
        end = time.monotonic() + bound_s
        while b"\n" not in self._unread:
            left = end - time.monotonic()
            ready, _, _ = select.select([out], [], [], max(left, 0))
            require(ready, "it is silent where an answer was due")
            chunk = os.read(out.fileno(), 65_536)
            if not chunk:
                return None
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def say(self, **message: Any) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it says or how it ends tells more
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def ask(self, answer: str, **message: Any) -> Message:
        """Says a message; the answer must be of this type."""
        self.say(**message)
        heard = self.hear(READY_S if answer == "ready" else END_S)
        require(heard["type"] == answer, f"asked for {answer} it said {json.dumps(heard)[:200]}")
        return heard

    def prepare(self, cell: Message, **more: Any) -> Message:
        """The answer to `prepare`. LackingError where that is a limit."""
        self.say(type="prepare", workload=cell["workload"], cell=cell, **more)
        heard = self.hear(READY_S)
        if heard["type"] == "limit":
            raise LackingError(f"{heard.get('limit')}: {heard.get('message')}")
        return heard

    def ended(self, bound_s: float) -> str:
        """How it ended by itself, in words; BrokenError where it did not."""
        try:
            status = self.process.wait(timeout=bound_s)
        except subprocess.TimeoutExpired:
            raise BrokenError("it does not end") from None
        return f"status {status}" if status >= 0 else f"by {signal.Signals(-status).name}"


@contextlib.contextmanager
def talk_with(of: Subject) -> Iterator[Talk]:
    """A worker that has just been started. Nothing of it is left afterwards."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        of.command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        yield Talk(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def cell_of(workload: str, hello: Message, **more: Any) -> Message:
    """A small cell of this workload, for the worker that said hello. What its shape does not have
    is null."""
    declared = workloads()[workload]
    small = {
        "c10k": {"connections": PEERS, "active": PEERS, "mode": "fixed", "payload_bytes": 64,
                 "buffer": "lent", "buffer_bytes": 1024},
        "timers": {"tasks": 64, "pattern": "spread", "window_ns": 60_000_000_000,
                   "grid_ns": 1_000_000},
        "relay": {"tasks": 64, "order": "far", "hops": 1000},
        "fanout": {"tasks": 64, "order": "wide"},
        "channel": {"receivers": 8, "topology": "shared", "senders": 8, "capacity": 8,
                    "messages": 1000},
        "contention": {"tasks": 64, "across": "yield", "locks": 10,
                       "lock_timeout_ns": 1_000_000_000},
        "cancel": {"tasks": 64, "wait": "sleep"},
        "hog": {"tasks": 64, "form": "offloaded", "window_ns": 200_000_000, "work": 20_000,
                "yield_every": 5_000},
    }  # fmt: skip
    has_stack = hello["style"] == "direct" and not hello.get("growing_stacks")
    fields = [each for each in declared.fields if not each.measuring]
    cell = dict.fromkeys(each.name for each in fields) | {
        "workload": workload, "runtime": hello["runtime"], "style": hello["style"],
        "workers": 1, "seed": 1, "stack_bytes": 65_536 if has_stack else None,
    } | small[workload] | more  # fmt: skip
    shape = cell[declared.shape]
    return cell | {each.name: None for each in fields if not each.applies_to(shape)}


@cache
def buffers_of(of: Subject) -> list[str]:
    """The buffers that a worker serves. LackingError where it serves none."""
    served, why = [], ""
    for word in BUFFERS:
        with talk_with(of) as talk:
            try:
                if talk.prepare(cell_of("c10k", talk.hear(), buffer=word))["type"] == "ready":
                    served.append(word)
            except LackingError as limit:
                why = str(limit)
    if not served:
        raise LackingError(why)
    return served


@contextlib.contextmanager
def serving(of: Subject, buffer: str) -> Iterator[tuple[Talk, int]]:
    """A worker that serves c10k, and its port."""
    with talk_with(of) as talk:
        ready = talk.prepare(cell_of("c10k", talk.hear(), buffer=buffer))
        require(isinstance(ready.get("port"), int), f"it is ready without a port: {ready}")
        talk.ask("started", type="start")
        yield talk, ready["port"]


@contextlib.contextmanager
def sleeping(of: Subject, workload: str = "timers", **more: Any) -> Iterator[Talk]:
    """A worker whose tasks all sleep for half a minute at least, or wait for those that do."""
    with talk_with(of) as talk:
        cell = cell_of(workload, talk.hear(), **more)
        heard = talk.prepare(cell)
        require(heard["type"] == "ready", f"it is not ready: {heard}")
        talk.ask("started", type="start")
        epoch_ns = (time.monotonic_ns() // 10**9 + 30) * 10**9
        tasks = cell[workloads()[workload].tasks]
        talk.ask("phase", type="phase", name="spawn", tasks=tasks, epoch_ns=epoch_ns)
        yield talk
