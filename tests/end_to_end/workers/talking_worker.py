#!/usr/bin/env python3
"""A worker in another language for the workloads whose tasks talk, written after their READMEs: it
does their arithmetic in a loop, without any task. With `--fault NAME` it breaks one promise."""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "runtimes" / "shared" / "python"))

from skein_worker.histogram import histogram  # noqa: E402
from skein_worker.schedule import scatter  # noqa: E402

# With these it only says that its tasks wait, and never begins.
IDLE_FAULTS = (
    "works_early",  # has done something before the epoch
    "works_at_stop",  # counts a task as done which a stop has ended
    "tasks_left",  # says that a task is alive after stop
    "hog_left",  # the same of a hog, and of no other task
    "no_task",  # says that no task is there when all of them wait
)
FAULTS = (
    "hop_too_few",  # says that it has finished one hop before the last
    "wrong_task",  # leaves a task out, and makes as many hops as it was asked for
    "lost_token",  # never says that it has finished
    "leaf_too_few",  # says that it has finished without the last leaf
    "wait_too_few",  # says that it has finished before the last wait has ended
    "wait_twice",  # ends one wait twice, and another not at all
    "message_too_few",  # says that it has finished before the last message was received
    "message_twice",  # receives one message twice, and another not at all
    "odd_shares",  # says how evenly it shared out, in words that nobody knows
    "turn_too_few",  # says that it has finished before the last turn
    "turn_of_another",  # gives one task's turn to another
    "fire_too_few",  # says that it has finished before the last timer has fired
    "hog_too_short",  # leaves the last step of a hog out
    "odd_hog",  # says what a hog did, in words that nobody knows
    "silent_hog",  # does not say what a hog did
    "timeless_hog",  # says that a hog took no time
    "busy_hog",  # says that a hog never yielded
    "takes_any_mutex",  # is ready for one that there is not
    "refuses_blocking",  # takes a mutex that it lacks for an error
    "other_limit",  # calls that limit by another name
    *IDLE_FAULTS,
)
MASK = 2**64 - 1
FACTOR = 6364136223846793005
MIX = 0x9E3779B97F4A7C15

Message = dict[str, Any]


def say(**message: Any) -> None:
    """One message to the conductor."""
    os.write(1, (json.dumps(message) + "\n").encode())


def stride_of(cell: Message) -> int:
    """How far the token goes at each hop."""
    tasks = cell["tasks"]
    stride = 1 if cell["order"] == "near" else max(tasks * 618 // 1000, 1)
    while math.gcd(stride, tasks) != 1:
        stride += 1
    return stride


class TalkingWorker:
    """Breaks the one promise that `fault` names; None: keeps all."""

    def __init__(self, runtime: str, fault: str | None) -> None:
        self.runtime = runtime
        self.fault = fault
        self.cell: Message = {}
        self.units = self.spawn_ns = self.live = 0
        self.checksum = 0
        self.fire_ns: int | None = None
        self.shares: Message | None = None
        self.lateness: Message | None = None
        self.hog: Message | None = None

    def run(self) -> int:
        """Answers until it is told to stop, or nobody is there."""
        say(type="hello", protocol=1, runtime=self.runtime, pid=os.getpid(), style="callback",
            loop="none", timer_source="sleep", library="none", library_version="none")  # fmt: skip
        for line in sys.stdin:
            message = json.loads(line)
            if message["type"] == "stop":
                self.live = self.left()
                self.units += self.fault == "works_at_stop"
                say(type="stopped", **self.counts())
                return 0
            getattr(self, f"on_{message['type']}")(message)
        return 1

    def left(self) -> int:
        """Tasks that it says a stop has left alive."""
        has_hog = self.cell.get("form", "none") != "none"
        return int(self.fault == "tasks_left" or (self.fault == "hog_left" and has_hog))

    def on_prepare(self, message: Message) -> None:
        """It takes every cell of them, but for a mutex that it does not know."""
        self.cell = message["cell"]
        across = self.cell.get("across")
        if self.fault == "refuses_blocking" and across == "blocking":
            say(type="error", message="no across blocking")
        elif self.fault == "other_limit" and across == "blocking":
            say(type="limit", limit="planted", value=None, needed=None, message="planted")
        elif across not in (None, "yield", "blocking") and self.fault != "takes_any_mutex":
            say(type="error", message=f"no across {across}")
        else:
            say(type="ready", echoed=self.cell)

    def on_start(self, _: Message) -> None:
        """There is nothing to start."""
        say(type="started")

    def on_stats(self, _: Message) -> None:
        """What was done so far."""
        say(type="stats", **self.counts())

    def on_phase(self, message: Message) -> None:
        """Once all tasks are there the work begins, at the epoch."""
        say(type="phase", name="spawn", tasks=message["tasks"], spawn_ns=0)
        if message["tasks"] < (self.cell.get("tasks") or self.cell["receivers"]):
            return
        if self.fault in IDLE_FAULTS:
            self.live = int(self.fault != "no_task")
            self.units += self.fault == "works_early"
            return
        time.sleep(max(message["epoch_ns"] - time.monotonic_ns(), 0) / 1e9)
        work = {
            "relay": self.pass_on, "fanout": self.add_up, "cancel": self.cancel_all,
            "channel": self.receive_all, "contention": self.take_turns,
            "hog": self.fire_all,
        }  # fmt: skip
        work[self.cell["workload"]]()
        now_ns = time.monotonic_ns()
        self.fire_ns = now_ns - message["epoch_ns"]
        if self.fault != "lost_token":
            say(type="phase", name="finished", t_ns=now_ns)

    def pass_on(self) -> None:
        """All hops, one after the other."""
        self.checksum = self.cell["seed"]
        index, stride = 0, stride_of(self.cell)
        left = 1 if self.fault in ("hop_too_few", "lost_token") else 0
        for _ in range(self.cell["hops"] - left):
            skipped = index + (self.fault == "wrong_task" and self.units == 10)
            self.checksum = (self.checksum * FACTOR + skipped + 1) & MASK
            index = (index + stride) % self.cell["tasks"]
            self.units += 1

    def add_up(self) -> None:
        """All leaves, one after the other: a sum does not know its tree."""
        self.units = self.cell["tasks"] - (self.fault == "leaf_too_few")
        for leaf in range(self.units):
            self.checksum = (self.checksum + self.value(leaf)) & MASK

    def cancel_all(self) -> None:
        """All waits, one after the other: each gives a value as a leaf does."""
        self.units = self.cell["tasks"] - (self.fault == "wait_too_few")
        for task in range(self.units):
            self.checksum += self.value(task - (self.fault == "wait_twice" and task == 1))
        self.checksum &= MASK

    def receive_all(self) -> None:
        """All messages, sender after sender, dealt out to the receivers in turn."""
        senders, receivers = self.cell["senders"], self.cell["receivers"]
        got = [0] * receivers
        for sender in range(senders):
            more = sender < self.cell["messages"] % senders
            for number in range(self.cell["messages"] // senders + more):
                index = sender + number * senders
                if self.fault == "message_too_few" and index == 0:
                    continue
                self.checksum += self.value(index + (self.fault == "message_twice" and index == 0))
                got[self.units % receivers] += 1
                self.units += 1
        self.checksum &= MASK
        self.shares = {"least": min(got), "most": max(got)}
        if self.fault == "odd_shares":
            self.shares = {"few": min(got), "many": max(got)}

    def take_turns(self) -> None:
        """All turns, one round after the other."""
        tasks = self.cell["tasks"]
        self.units = tasks * self.cell["locks"] - (self.fault == "turn_too_few")
        for turn in range(self.units):
            another = self.fault == "turn_of_another" and turn == 1
            self.checksum += self.value((turn - another) % tasks)
        self.checksum &= MASK

    def fire_all(self) -> None:
        """All timers, one after the other, each late by 1 ns, and then the hog's work."""
        period_ns, fires = 50_000_000, 0
        for timer in range(self.cell["tasks"]):
            phase_ns = (self.value(timer) % 50 + 1) * 1_000_000
            for due_ns in range(phase_ns, self.cell["window_ns"] + 1, period_ns):
                self.checksum += scatter(scatter(timer) ^ due_ns)
                fires += 1
        self.lateness = histogram([1] * fires)
        self.units = fires - (self.fault == "fire_too_few")
        if self.cell["form"] != "none":
            self.compute()
        self.checksum &= MASK

    def compute(self) -> None:
        """The work of a hog, whatever it does between two steps."""
        begun_ns = time.monotonic_ns()
        work, every = self.cell["work"], self.cell["yield_every"]
        word = self.value(0) & 0xFFFFFFFF | 1
        for _ in range(work - (self.fault == "hog_too_short")):
            word ^= word << 13 & 0xFFFFFFFF
            word ^= word >> 17
            word ^= word << 5 & 0xFFFFFFFF
        self.checksum += word
        self.units += 1
        took_ns = 0 if self.fault == "timeless_hog" else time.monotonic_ns() - begun_ns
        yields = (work - 1) // every if every and self.fault != "busy_hog" else 0
        self.hog = {"took_ns": took_ns, "yields": yields}
        if self.fault == "odd_hog":
            self.hog = {"took": 0, "yields": yields}
        if self.fault == "silent_hog":
            self.hog = None

    def value(self, index: int) -> int:
        """What unit number `index` gives to a sum."""
        mixed = (self.cell["seed"] + index + 1) * MIX & MASK
        return mixed ^ mixed >> 32

    def counts(self) -> Message:
        """As stats and stopped have them."""
        return {
            "units": self.units, "bytes": 0, "checksum": f"{self.checksum:016x}",
            "live_tasks": self.live, "live_connections": 0, "errors": 0, "lateness": self.lateness,
            "spawn_ns": self.spawn_ns, "fire_ns": self.fire_ns, "frame_bytes": None,
            "shares": self.shares, "hog": self.hog,
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", default="plain_talker")
    parser.add_argument("--fault", choices=FAULTS)
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(TalkingWorker(asked.runtime, asked.fault).run())
