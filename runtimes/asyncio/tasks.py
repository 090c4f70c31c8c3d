"""Workload timers as coroutines. A task has its index and deadline; all else is the worker's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from skein_worker import schedule
from skein_worker.tasks import TaskWorker


class Wait:
    """Pattern churn: what a canceller sees of a waiting task."""

    __slots__ = ("reply", "round")

    def __init__(self) -> None:
        self.round = 0
        self.reply: asyncio.Future[None] | None = None


class Tasks:
    """The bodies of all patterns."""

    def __init__(self, worker: TaskWorker) -> None:
        self.worker = worker
        self.waits: list[Wait] = []

    def task(self, index: int) -> Coroutine[Any, Any, None]:
        """The coroutine of the next task."""
        pattern = self.worker.cell["pattern"]
        if pattern == "periodic":
            return self.wake_again(index)
        if pattern != "churn":
            return self.sleep_once(index)
        self.waits.append(Wait())
        if schedule.is_canceller(self.worker.cell, index):
            return self.cancel_in_time(index)
        return self.wait_in_rounds(index)

    async def sleep_once(self, index: int) -> None:
        due_ns = schedule.turn_offset_ns(self.worker.cell, index, 0)
        await asyncio.sleep(self.worker.seconds_until(due_ns))
        self.worker.woke(time.monotonic_ns(), index, due_ns)
        self.worker.over += 1

    async def wake_again(self, index: int) -> None:
        for turn in range(schedule.turns_of(self.worker.cell, index)):
            due_ns = schedule.turn_offset_ns(self.worker.cell, index, turn)
            await asyncio.sleep(self.worker.seconds_until(due_ns))
            self.worker.woke(time.monotonic_ns(), index, due_ns)
        self.worker.over += 1

    async def wait_in_rounds(self, index: int) -> None:
        wait = self.waits[index]
        while wait.round < schedule.ROUNDS:
            wait.reply = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self.worker.timeout_s(index, wait.round)):
                    await wait.reply
                self.worker.replied(index, wait.round)
            except TimeoutError:
                self.worker.timed_out(time.monotonic_ns(), index, wait.round)
            wait.round += 1
        self.worker.over += 1

    async def cancel_in_time(self, index: int) -> None:
        for turn in range(schedule.ROUNDS):
            beat_ns = schedule.beat_ns(self.worker.cell, index, turn + 1)
            await asyncio.sleep(self.worker.seconds_until(beat_ns))
            while self.cancel_round(index, turn):
                await asyncio.sleep(0)
        self.worker.over += 1

    def cancel_round(self, canceller: int, turn: int) -> bool:
        """Whether a task is still in the round before this one, its timer due and about to fire."""
        is_one_behind = False
        for index in range(canceller - canceller % schedule.GROUP, canceller):
            wait = self.waits[index]
            if wait.round > turn or schedule.left_to_fire(self.worker.cell, index, turn):
                continue
            if wait.round < turn or wait.reply is None:
                is_one_behind = True
            elif not wait.reply.done():
                wait.reply.set_result(None)
        return is_one_behind
