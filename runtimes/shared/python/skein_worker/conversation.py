"""The worker's side of harness/PROTOCOL.md: a command is a method, and the counters are kept here.

A worker derives from Worker and says how it listens, serves and sleeps. Everything happens on one
thread: whoever drives the loop calls read_commands() when standard input is readable.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import time
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from . import schedule
from .histogram import histogram

Message = dict[str, Any]

# By workload, the fields of a cell without which there is no work.
FIELDS = {
    "c10k": ("connections", "buffer", "buffer_bytes"),
    "timers": ("tasks", "pattern", "window_ns", "grid_ns", "seed"),
}


def allocator() -> str:
    """What objects are allocated with: Python's own pools, unless the environment says malloc."""
    if os.environ.get("PYTHONMALLOC", "").startswith("malloc"):
        return " malloc ".join(platform.libc_ver())
    return "pymalloc"


class Worker:
    """One run. Derive from it: listen, begin_serving, hang_up_all, arm_at, disarm_all,
    live_connections, live_tasks."""

    style = "callback"
    loop = ""
    timer_source = ""
    library = "python"
    buffers: tuple[str, ...] = ("lent",)  # which it serves; any other is a limit
    settles = True  # reference counts free most; cycles wait for a collection

    def __init__(self, runtime: str) -> None:
        self.runtime = runtime
        self.commands = b""
        self.cell: Message = {}
        self.units = self.bytes = self.checksum = 0
        self.units_wanted = 0
        self.ended: dict[int, int] = {}  # churn: by task, turns that are over
        self.spawned = self.epoch_ns = self.spawn_ns = 0
        self.lateness: list[int] = []
        self.fire_ns: int | None = None
        self.stopped = False

    # --- what a worker has to say -------------------------------------------------------------

    def listen(self) -> int:
        """Listens on a loopback port, and says which."""
        raise NotImplementedError

    def begin_serving(self) -> None:
        """Connections are accepted from now on."""
        raise NotImplementedError

    def hang_up_all(self) -> None:
        """Closes whatever is open."""
        raise NotImplementedError

    def arm_at(self, due_ns: int, index: int, turn: int) -> None:
        """Calls fired() once due_ns has come, by time.monotonic_ns()."""
        raise NotImplementedError

    def disarm_all(self) -> None:
        """Forgets all timers."""
        raise NotImplementedError

    def live_connections(self) -> int:
        """Connections that are open."""
        raise NotImplementedError

    def live_tasks(self) -> int:
        """Tasks that have not ended."""
        raise NotImplementedError

    # --- the conversation ---------------------------------------------------------------------

    def say(self, **message: Any) -> None:
        """One message, one line, at once."""
        os.write(1, json.dumps(message).encode() + b"\n")

    def hello(self) -> Message:
        """The first message."""
        return {
            "type": "hello", "protocol": 1, "runtime": self.runtime, "pid": os.getpid(),
            "style": self.style, "loop": self.loop, "timer_source": self.timer_source,
            "library": self.library, "settles": self.settles,
        }  # fmt: skip

    def read_commands(self) -> None:
        """Takes what there is on standard input, and does it."""
        chunk = os.read(0, 65536)
        if not chunk:
            self.stopped = True  # the conductor is gone
        self.commands += chunk
        *lines, self.commands = self.commands.split(b"\n")
        for line in lines:
            self.obey(json.loads(line))

    def obey(self, message: Message) -> None:
        """One command."""
        getattr(self, "on_" + message["type"])(message)

    def on_prepare(self, message: Message) -> None:
        """The cell is known: makes ready, and says what was understood."""
        self.cell = message["cell"]
        self.check_cell()
        if message["workload"] == "c10k" and not self.serves(self.cell["buffer"]):
            self.refuse_buffer(self.cell["buffer"])
            return
        reply: Message = {
            "type": "ready", "echoed": dict(self.cell), "conditions": self.conditions()
        }  # fmt: skip
        if message["workload"] == "timers":
            self.make_room()
        if message["workload"] == "c10k":
            reply["port"] = self.listen()
        self.say(**reply)

    def make_room(self) -> None:
        """What is counted of timers is to be there before memory is read."""
        tasks = range(self.cell["tasks"])
        self.units_wanted = sum(schedule.turns_of(self.cell, index) for index in tasks)

    def check_cell(self) -> None:
        """Ends with an error where the work is none that there is."""
        workload = self.cell.get("workload")
        if workload not in FIELDS:
            self.fail(f"there is no workload {workload!r}")
        if missing := [name for name in FIELDS[workload] if self.cell.get(name) is None]:
            self.fail(f"the cell has no {', '.join(missing)}")
        if workload == "timers" and self.cell["pattern"] not in schedule.PATTERNS:
            self.fail(f"there is no pattern {self.cell['pattern']!r}")

    def fail(self, words: str) -> NoReturn:
        """An error, and the end."""
        self.say(type="error", message=words)
        raise SystemExit(1)

    def serves(self, buffer: str) -> bool:
        """Whether it reads into such a buffer."""
        return buffer in self.buffers

    def conditions(self) -> Message:
        """What it runs under, as far as it is known."""
        return {
            "timer_slack_ns": int(Path("/proc/self/timerslack_ns").read_text(encoding="ascii")),
            "buffer": self.cell.get("buffer"),
            "buffer_bytes": self.cell.get("buffer_bytes"),
            "allocator": allocator(),
            "compiler": platform.python_compiler(),
        }

    def refuse_buffer(self, asked: str) -> None:
        """A buffer that it does not have is a limit, and no other may stand in for it."""
        served = " or ".join(self.buffers)
        words = f"{self.runtime} has no buffer {asked}: --buffer {served}"
        self.say(type="limit", limit="buffer", value=None, needed=None, message=words)
        self.stopped = True

    def on_start(self, message: Message) -> None:
        """Serves from now on."""
        if self.cell["workload"] == "c10k":
            self.begin_serving()
        self.say(type="started")

    def on_phase(self, message: Message) -> None:
        """Spawns tasks until there are so many."""
        begin_ns = time.monotonic_ns()
        self.epoch_ns = message["epoch_ns"]
        while self.spawned < message["tasks"]:
            self.spawn(self.spawned)
            self.spawned += 1
        self.spawn_ns += time.monotonic_ns() - begin_ns
        self.say(type="phase", name="spawn", tasks=self.spawned, spawn_ns=self.spawn_ns)

    def on_settle(self, message: Message) -> None:
        """Memory is about to be read: no garbage is to be counted."""
        gc.collect()
        self.say(type="settled")

    def on_stats(self, message: Message) -> None:
        """Says the counts."""
        self.say(type="stats", **self.counts())

    def on_stop(self, message: Message) -> None:
        """Ends, and says the last counts."""
        self.stopped = True
        self.disarm_all()
        self.hang_up_all()
        self.say(type="stopped", **self.counts())

    @cached_property
    def lateness_message(self) -> Message:
        """The histogram, once all have woken."""
        return histogram(self.lateness)

    def counts(self) -> Message:
        """The fields of `stats` and `stopped`."""
        return {
            "units": self.units,
            "bytes": self.bytes,
            "checksum": f"{self.checksum:016x}",
            "live_tasks": self.live_tasks(),
            "live_connections": self.live_connections(),
            "errors": 0,
            "first_error": "",
            "lateness": None if self.fire_ns is None else self.lateness_message,
            "spawn_ns": self.spawn_ns,
            "fire_ns": self.fire_ns,
            "frame_bytes": None,
        }

    # --- timers -------------------------------------------------------------------------------

    def spawn(self, index: int) -> None:
        """A task begins: it waits for its first turn."""
        self.arm(index, 0)

    def arm(self, index: int, turn: int) -> None:
        """The timer of a task's turn. A cancelled one is passed over when it fires."""
        offset_ns = schedule.turn_offset_ns(self.cell, index, turn)
        if self.cell["pattern"] == "churn":
            self.ended[index] = turn
            if schedule.is_canceller(self.cell, index):
                offset_ns = schedule.beat_ns(self.cell, index, turn + 1)
            elif not schedule.left_to_fire(self.cell, index, turn):
                late_ns = max(time.monotonic_ns() - self.epoch_ns, 0)
                offset_ns = late_ns + self.cell["window_ns"] + schedule.TIMEOUT_NS
        self.arm_at(self.epoch_ns + offset_ns, index, turn)

    def fired(self, now_ns: int, due_ns: int, index: int, turn: int) -> None:
        """A timer has fired."""
        if self.cell["pattern"] == "churn" and self.ended[index] != turn:
            return
        if self.cell["pattern"] == "churn" and schedule.is_canceller(self.cell, index):
            self.cancel_group(index, turn)
        else:
            self.lateness.append(now_ns - due_ns)
            self.done(index, turn, schedule.turn_offset_ns(self.cell, index, turn))

    def cancel_group(self, canceller: int, turn: int) -> None:
        """Pattern churn: ends the waits of a group's round."""
        for index in range(canceller - canceller % schedule.GROUP, canceller):
            if not schedule.left_to_fire(self.cell, index, turn):
                self.cancelled(index, turn)
        if turn + 1 < schedule.ROUNDS:
            self.arm(canceller, turn + 1)

    def cancelled(self, index: int, turn: int) -> None:
        """A wait was ended before its time."""
        self.done(index, turn, -1 - turn)

    def done(self, index: int, turn: int, value: int) -> None:
        """A task's turn is over: it goes on with its next."""
        self.units += 1
        self.checksum = (self.checksum + schedule.fingerprint(index, value)) & schedule.MASK
        if turn + 1 < schedule.turns_of(self.cell, index):
            self.arm(index, turn + 1)
        elif self.cell["pattern"] == "churn":
            self.ended[index] = turn + 1
        if self.units == self.units_wanted:
            now_ns = time.monotonic_ns()
            self.fire_ns = now_ns - self.epoch_ns - schedule.first_due_ns(self.cell)
            self.say(type="phase", name="finished", **self.finished(now_ns))

    def finished(self, now_ns: int) -> Message:
        """When the last timer fired."""
        return {"t_ns": now_ns}
