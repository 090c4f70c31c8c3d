#!/usr/bin/env python3
"""The rows `asyncio` and `uvloop`: the same coroutines on Python's own event loop and on uvloop's.

Version: Python 3.11 or later, whatever `python3` is, and uvloop as requirements.txt pins it; tried
with 3.11.2 and 0.23.0. `hello` has the version of the row's loop.

Why this form:
- A sleep is `await asyncio.sleep(seconds)` in a task of its own, as everyone writes it (tasks.py).
  What lies below it, a future and loop.call_at, would save one coroutine for each sleep.
- A wait with a timeout is `async with asyncio.timeout(...)` around a future, as the documentation
  has it since 3.11. A reply sets the future's result.
- The time left is taken from CLOCK_MONOTONIC, and not from loop.time(): on uvloop that is the time
  at which the present turn began.
- The echo is a BufferedProtocol, asyncio's interface for a server's own read buffers (documentation
  of asyncio, "Transports and Protocols"): one for all (`lent`), or one for each (`own`). `runtime`
  is a Protocol with data_received, what a server is without such care. Streams put a buffer, a
  future and a task above each connection (echo.py).
- Connections inherit TCP_NODELAY from the listener (skein_worker/listener.py).

What it could do faster, and at what price:
- asyncio.eager_task_factory (3.12) runs a task at once up to its first wait. Then tasks run in
  another order, so it is for a program to choose.
- A write copies what was read, because both loops may keep what they are given until later. With a
  buffer for each connection, and no read until all is sent, the copy could go.

What is unequal:
- asyncio waits for whole milliseconds, rounded up, and looks at its clock before it fires: nothing
  is early. uvloop rounds the time left to the nearest millisecond and adds it to a time in whole
  ones, rounded down: up to 1.5 ms early, and 1 ms more where libuv reads a coarse clock. Early
  timers are counted; nothing is armed again.
- A task begins in the turn after its spawn, so `spawn_ns` has no part of its sleep.
- With `runtime` asyncio allocates 256 KiB for each read and shrinks the block to what came.
- The suite's own arithmetic is in Python as well. Whoever wakes only notes that down; checksum and
  histogram are made when the counts are asked for (skein_worker/tasks.py). What is left is the
  next deadline of a task that sleeps again (periodic, churn): some microseconds.
- Where more tasks are due than Python can wake, lateness shows a queue and no timer. So it does in
  storm. The preset `references` gives these rows fewer tasks than others in churn and in the cell
  of a million, and as many as others in spread and storm.
- Memory is read after gc.collect(). At all other times Python collects when it likes.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shared" / "python"))

from echo import PEERS, Echo
from skein_worker.conversation import Message
from skein_worker.listener import in_force, require_descriptors
from skein_worker.tasks import TaskWorker
from tasks import Tasks

UVLOOP_EARLY_NS = 2_500_000


class AsyncioWorker(TaskWorker):
    """The conversation, on the event loop that tasks and connections have, too."""

    style = "coroutine"
    buffers = tuple(PEERS)

    def __init__(self, runtime: str, event_loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(runtime)
        self.event_loop = event_loop
        self.tasks = Tasks(self)
        self.echo = Echo(self)
        self.status = 0

    def run(self) -> int:
        """The whole conversation; the exit status."""
        self.event_loop.set_exception_handler(self.give_up)
        self.event_loop.add_reader(0, self.read_commands)
        self.say(**self.hello())
        self.event_loop.run_forever()
        return self.status

    def hello(self) -> Message:
        return super().hello() | about(self.runtime)

    def read_commands(self) -> None:
        super().read_commands()
        if self.stopped:
            self.event_loop.stop()

    def give_up(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What was thrown in a task or a handler ends the run."""
        error = context.get("exception")
        if error:
            traceback.print_exception(error)
        self.say(type="error", message=f"{context['message']}: {error!r}")
        self.status = 1
        self.event_loop.stop()

    def conditions(self) -> Message:
        said: Message = super().conditions()
        if self.cell["workload"] == "c10k":
            said["listener"] = in_force(self.echo.socket)
        return said

    def listen(self) -> int:
        require_descriptors(self, self.cell["connections"])
        return int(self.echo.socket.getsockname()[1])

    def begin_serving(self) -> None:
        self.serving = self.event_loop.create_task(self.echo.serve())
        self.serving.add_done_callback(lambda task: task.result())  # what it threw, if it did

    def spawn(self, index: int) -> None:
        self.event_loop.create_task(self.tasks.task(index))  # the loop keeps it while it waits

    def on_stop(self, message: Message) -> None:
        self.ending = self.event_loop.create_task(self.wind_down())

    async def wind_down(self) -> None:
        """Ends what is alive, and says the last counts."""
        await self.echo.hang_up()
        sleeping = asyncio.all_tasks() - {self.ending}
        for task in sleeping:
            task.cancel()
        await asyncio.gather(*sleeping, return_exceptions=True)
        self.over = self.spawned
        self.say(type="stopped", **self.counts())
        self.event_loop.stop()

    def counts(self) -> Message:
        return super().counts() | {"bytes": self.bytes - self.echo.unsent_bytes()}


def about(runtime: str) -> Message:
    """The fields of `hello` that are the row's own."""
    if runtime == "asyncio":
        return {
            "loop": "asyncio, epoll", "timer_source": "heapq, epoll timeout in whole ms",
            "library": "asyncio", "library_version": platform.python_version(),
        }  # fmt: skip
    import uvloop

    return {
        "loop": f"uvloop, libuv {libuv_version(uvloop)}", "timer_source": "libuv, whole ms",
        "library": "uvloop", "library_version": uvloop.__version__,
        "early_by_at_most_ns": UVLOOP_EARLY_NS,
    }  # fmt: skip


def libuv_version(uvloop: Any) -> str:
    """uvloop has it as one number, a byte for each part."""
    number = uvloop.loop.libuv_get_version()
    return ".".join(str(number >> shift & 0xFF) for shift in (16, 8, 0))


def event_loop_of(runtime: str) -> asyncio.AbstractEventLoop:
    if runtime == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def main(runtime: str) -> int:
    """One run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor says when it is over
    return AsyncioWorker(runtime, event_loop_of(runtime)).run()


if __name__ == "__main__":
    # At once: Python would go through a million tasks and say of each that it was still pending.
    os._exit(main(sys.argv[1]))
