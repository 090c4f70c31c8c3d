"""A worker whose tasks keep their own state. Whoever wakes is noted down, and that is all: checksum
and histogram are made when somebody asks for them, so that a window shows how a loop waits and not
what this arithmetic takes. Leaves out how a task sleeps."""

from __future__ import annotations

import time
from array import array
from functools import cached_property

from . import schedule
from .conversation import Message, Worker
from .histogram import Histogram


class TaskWorker(Worker):
    """Derive from it: what Worker asks for but arm_at and disarm_all, and spawn."""

    def __init__(self, runtime: str) -> None:
        super().__init__(runtime)
        self.late = Histogram()
        self.summed_up = 0  # units that are in the checksum and the histogram
        self.over = 0  # tasks that have ended
        self.connections = 0
        self.errors = 0
        self.first_error = ""

    def make_room(self) -> None:
        """24 bytes for each unit, in the order of waking. Zeros are written into all of it, so
        that its pages are there when memory is first read."""
        super().make_room()
        zeros = bytes(8 * self.units_wanted)
        self.indices, self.values, self.late_ns = (array("q", zeros) for _ in range(3))

    def live_tasks(self) -> int:
        return self.spawned - self.over + self.connections

    def live_connections(self) -> int:
        return self.connections

    def counts(self) -> Message:
        if self.cell["workload"] == "timers":
            self.sum_up()
        return super().counts() | {"errors": self.errors, "first_error": self.first_error}

    @cached_property
    def lateness_message(self) -> Message:
        return self.late.message()

    def sum_up(self) -> None:
        """Takes in the units that were done since the last time."""
        for at in range(self.summed_up, self.units):
            mark = schedule.fingerprint(self.indices[at], self.values[at])
            self.checksum = (self.checksum + mark) & schedule.MASK
            if self.values[at] > 0:  # a timer that fired
                self.late.record(self.late_ns[at])
        self.summed_up = self.units

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

    def woke(self, woke_ns: int, index: int, offset_ns: int) -> None:
        """A task's timer has fired, which was due so long after the epoch. Tasks read the clock
        before they do anything else."""
        self.count(index, offset_ns, woke_ns - self.epoch_ns - offset_ns)

    def timed_out(self, woke_ns: int, index: int, turn: int) -> None:
        """Pattern churn: nobody cancelled the wait. The unit counts even where somebody should
        have, or the run would never end."""
        if schedule.left_to_fire(self.cell, index, turn):
            self.woke(woke_ns, index, schedule.turn_offset_ns(self.cell, index, turn))
        else:
            self.failed("a timer fired that was to be cancelled")
            self.count(index, 0)

    def replied(self, index: int, turn: int) -> None:
        """Pattern churn: a wait was cancelled."""
        self.count(index, -1 - turn)

    def count(self, index: int, value: int, late_ns: int = 0) -> None:
        """A unit is done."""
        at = self.units
        self.indices[at], self.values[at], self.late_ns[at] = index, value, late_ns
        self.units = at + 1
        if self.units == self.units_wanted:
            now_ns = time.monotonic_ns()
            self.fire_ns = now_ns - self.epoch_ns - schedule.first_due_ns(self.cell)
            self.say(type="phase", name="finished", t_ns=now_ns)
