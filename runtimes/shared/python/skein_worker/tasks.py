"""A worker whose tasks keep their own state: it counts what they come to, and how late they were,
in one histogram. Leaves out how a task sleeps."""

from __future__ import annotations

import time

from . import schedule
from .conversation import Message, Worker
from .histogram import Histogram


class TaskWorker(Worker):
    """Derive from it: what Worker asks for but arm_at and disarm_all, and spawn."""

    def __init__(self, runtime: str) -> None:
        super().__init__(runtime)
        self.late = Histogram()
        self.over = 0  # tasks that have ended
        self.connections = 0
        self.errors = 0
        self.first_error = ""

    def live_tasks(self) -> int:
        return self.spawned - self.over + self.connections

    def live_connections(self) -> int:
        return self.connections

    def counts(self) -> Message:
        return super().counts() | {
            "lateness": None if self.fire_ns is None else self.late.message(),
            "errors": self.errors,
            "first_error": self.first_error,
        }

    def failed(self, words: str) -> None:
        """An error, which makes the run worthless but does not end it."""
        self.errors += 1
        self.first_error = self.first_error or words

    def seconds_until(self, offset_ns: int) -> float:
        """The time left to a deadline, counted from the epoch."""
        return (self.epoch_ns + offset_ns - time.monotonic_ns()) / 1e9

    def timeout_s(self, index: int, turn: int) -> float:
        """Pattern churn: how long a task waits, which is to fire or to be cancelled before."""
        if schedule.left_to_fire(self.cell, index, turn):
            return self.seconds_until(schedule.turn_offset_ns(self.cell, index, turn))
        wait_ns: int = self.cell["window_ns"] + schedule.TIMEOUT_NS
        return max(self.seconds_until(0), 0) + wait_ns / 1e9

    def woke(self, index: int, offset_ns: int) -> None:
        """A task's timer has fired, which was due so long after the epoch."""
        self.late.record(time.monotonic_ns() - self.epoch_ns - offset_ns)
        self.count(index, offset_ns)

    def timed_out(self, index: int, turn: int) -> None:
        """Pattern churn: nobody cancelled the wait. The unit counts even where somebody should
        have, or the run would never end."""
        if schedule.left_to_fire(self.cell, index, turn):
            self.woke(index, schedule.turn_offset_ns(self.cell, index, turn))
        else:
            self.failed("a timer fired that was to be cancelled")
            self.count(index, 0)

    def replied(self, index: int, turn: int) -> None:
        """Pattern churn: a wait was cancelled."""
        self.count(index, -1 - turn)

    def count(self, index: int, value: int) -> None:
        """A unit is done."""
        self.units += 1
        self.checksum = (self.checksum + schedule.fingerprint(index, value)) & schedule.MASK
        if self.units == self.units_wanted:
            now_ns = time.monotonic_ns()
            self.fire_ns = now_ns - self.epoch_ns - schedule.first_due_ns(self.cell)
            self.say(type="phase", name="finished", t_ns=now_ns)
