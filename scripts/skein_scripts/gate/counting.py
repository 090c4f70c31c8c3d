"""Instructions of one request of a real worker, counted by callgrind: user mode, the same from run
to run, and so a change of half a percent is one.

A cell of this purpose is a closed loop on few connections that ends after a number of requests. It
is run with a quarter of that number, with half of it and with all, and the slope is what a request
takes: starting, connecting and ending are not in it. But the conductor asks a worker for its counts
until all connections are there, which on a busy machine takes more questions, and to answer one is
as much as 250 requests. So only runs with equally many messages are put on one line. One that is
off the line nevertheless was disturbed: all three are run again, and each counts with the fewest it
ever took. The worker alone runs under callgrind, in an environment with nothing in it but what is
named here.

Leaves out skein_micro's steps (scripts/instructions.py).
"""

from __future__ import annotations

import math
import shlex
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from ..matrix.matrix import Cell
from ..matrix.plan import Slot
from ..records.run_shapes import Cpu
from ..records.shapes import Run
from ..session.callgrind import TUNABLES, total_of
from ..session.runner import Runner
from ..session.skein_process import Skein

_DIVISORS = (4, 2, 1)  # of the number of requests, in turns
_TRIES = 8  # to have all three on a line
# Between the slopes of both halves. One run that is off moves the figure by two thirds of this at
# most, less than the half a percent that matters; undisturbed, halves differ by 0.0025 at most.
_OFF_THE_LINE = 0.005
_OVERHEAD_S = 0.4  # of a run: valgrind reads the program and translates it
_PER_REQUEST_S = 100e-6
_OUT = ".callgrind.out"
# A machine that disturbs a run changes its times and not its instructions.
_COUNTABLE = ("ok", "invalid")
_NO_TIMES: Cpu = {
    "user_ns": None,
    "system_ns": None,
    "per_op_ns": None,
    "user_per_op_ns": None,
    "ticks": None,
    "run_delay_ns": None,
}

Line = dict[int, int]  # instructions, by the number of requests
MakeRunner = Callable[[Sequence[str]], Runner]  # with more options of skein run


def is_available() -> bool:
    """Whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


def counted_s(cell: Cell) -> float:
    """Seconds that a cell takes, about."""
    requests = int(cell.settings.get("requests", 0))
    return sum(_OVERHEAD_S + requests / divisor * _PER_REQUEST_S for divisor in _DIVISORS)


class InstructionCounter:
    """Measures cells of purpose `instructions`."""

    def __init__(
        self, skein: Skein, folder: Path, make_runner: MakeRunner, worker: Sequence[str] = ()
    ) -> None:
        """`worker` is the command of one that is no part of the binary."""
        self._skein = skein
        self._worker = worker
        self._out = (folder / _OUT).absolute()
        self._make_runner = make_runner

    def measure(self, slot: Slot) -> Run:
        """The longest run's record with the slope in it and without times, invalid where there is
        no line through all; or that of a run without a result."""
        runner = self._make_runner(["--worker-command", self._command(slot.cell.runtime)])
        many = int(slot.cell.settings["requests"])
        lines: defaultdict[int, Line] = defaultdict(dict)  # by the number of messages
        for _ in range(_TRIES):
            for requests in (many // divisor for divisor in _DIVISORS):
                settings = slot.cell.settings | {"requests": requests}
                once = replace(slot, cell=replace(slot.cell, settings=settings))
                record, instructions = self._count(runner, once)
                if record["status"] not in _COUNTABLE:
                    return _without_times(record)
                line = lines[record.get("messages", 0)]
                line[requests] = min(instructions, line.get(requests, instructions))
            best = min(lines.values(), key=lambda line: (_bend(line), -len(line)))
            if _bend(best) <= _OFF_THE_LINE:
                break
        return _with_slope(_without_times(record), best)

    def _count(self, runner: Runner, slot: Slot) -> tuple[Run, int]:
        """One run's record and its instructions, which are 0 where it has no result."""
        try:
            record = runner.measure(slot)
            record["counted"] = True
            return record, total_of(self._out) if record["status"] in _COUNTABLE else 0
        finally:
            self._out.unlink(missing_ok=True)

    def _command(self, runtime: str) -> str:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "GLIBC_TUNABLES": TUNABLES}
        environment |= self._skein.environment
        words = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        if shutil.which("setarch"):
            words += ["setarch", "-R"]
        words += ["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={self._out}"]
        words += self._worker or [str(self._skein.path), "worker", "--runtime", runtime]
        return shlex.join(words)


def _slopes(line: Line) -> list[float]:
    points = sorted(line.items())
    return [(after[1] - at[1]) / (after[0] - at[0]) for at, after in pairwise(points)]


def _bend(line: Line) -> float:
    """By how much the steeper part is steeper; infinite while a run is missing."""
    slopes = _slopes(line)
    if len(slopes) < len(_DIVISORS) - 1 or min(slopes) <= 0:
        return math.inf
    return max(slopes) / min(slopes) - 1


def _with_slope(record: Run, line: Line) -> Run:
    cpu = record["cpu"]
    assert cpu is not None  # _without_times() has given it one
    record["status"], record["reasons"] = "ok", []
    if len(line) < len(_DIVISORS):
        record["status"] = "invalid"
        record["reasons"] = ["the worker was asked for its counts more or less often in every run"]
        return record
    (few, least), *_, (many, most) = sorted(line.items())
    cpu |= {
        "instructions": most - least,
        "instructions_per_op": round((most - least) / (many - few), 3),
    }
    if _bend(line) > _OFF_THE_LINE:
        slopes = " and ".join(f"{slope:.0f}" for slope in _slopes(line))
        record["status"] = "invalid"
        record["reasons"] = [f"instructions are not in proportion to requests: {slopes} each"]
    return record


def _without_times(record: Run) -> Run:
    """What ran under callgrind took times that mean nothing."""
    record["latency"] = record["service_time"] = None
    if load := record.get("load"):
        load["achieved_per_s"] = None
    record["cpu"] = (record.get("cpu") or _NO_TIMES) | _NO_TIMES
    return record
