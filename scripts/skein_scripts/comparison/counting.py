"""Instructions of one request of a real worker, counted by callgrind: user mode, the same from run
to run, and so a change of half a percent is one.

A cell of this purpose is a closed loop on few connections that ends after a number of requests. It
is run with a quarter of that number, with half of it and with all, and the slope is what a request
takes: starting, connecting and ending are not in it. But they do differ now and then: the conductor
asks a worker for its counts until all connections are there, and each time costs as much as 250
requests. Such a run is off the line through the other two, and does not count. The worker alone
runs under callgrind, in an environment with nothing in it but what is named here.

Leaves out skein_micro's steps (scripts/instructions.py).
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..instructions import TUNABLES, total_of
from ..matrix import Cell
from ..plan import Slot
from ..results import Record
from ..runner import Runner
from ..skein_process import Skein

_DIVISORS = (4, 2, 1)  # of the number of requests, in turns
_OFF_THE_LINE = 0.03  # between the slopes of both halves; a thread's differ by up to 0.01
_OVERHEAD_S = 0.4  # of a run: valgrind reads the program and translates it
_PER_REQUEST_S = 100e-6
_OUT = ".callgrind.out"
_TIMES = ("user_ns", "system_ns", "per_op_ns", "user_per_op_ns", "ticks", "run_delay_ns")

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

    def __init__(self, skein: Skein, folder: Path, make_runner: MakeRunner) -> None:
        self._skein = skein
        self._out = (folder / _OUT).absolute()
        self._make_runner = make_runner

    def measure(self, slot: Slot) -> Record:
        """The longest run's record with the slope in it and without times, invalid where there is
        no line through all; or that of a run that was not ok."""
        runner = self._make_runner(["--worker-command", self._command(slot.cell.runtime)])
        many = int(slot.cell.settings["requests"])
        counts: list[tuple[int, int]] = []
        try:
            for requests in (many // divisor for divisor in _DIVISORS):
                self._out.unlink(missing_ok=True)  # never read twice
                settings = slot.cell.settings | {"requests": requests}
                record = runner.measure(replace(slot, cell=replace(slot.cell, settings=settings)))
                record["counted"] = True
                if record["status"] != "ok":
                    return _without_times(record, None)
                counts.append((record["work"]["units"], total_of(self._out)))
        finally:
            self._out.unlink(missing_ok=True)
        return _without_times(record, counts)

    def _command(self, runtime: str) -> str:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "GLIBC_TUNABLES": TUNABLES}
        environment |= self._skein.environment
        words = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        if shutil.which("setarch"):
            words += ["setarch", "-R"]
        words += [
            "valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={self._out}",
            str(self._skein.path), "worker", "--runtime", runtime,
        ]  # fmt: skip
        return shlex.join(words)


def _slope(few: tuple[int, int], many: tuple[int, int]) -> float:
    return (many[1] - few[1]) / (many[0] - few[0])


def _without_times(record: Record, counts: list[tuple[int, int]] | None) -> Record:
    """What ran under callgrind took times that mean nothing."""
    for name in ("latency", "service_time"):
        record[name] = None
    if record.get("load"):
        record["load"]["achieved_per_s"] = None
    cpu = dict.fromkeys(_TIMES)
    if counts:
        first, middle, last = counts
        slopes = _slope(first, middle), _slope(middle, last)
        cpu |= {
            "instructions": last[1] - first[1],
            "instructions_per_op": round(_slope(first, last), 3),
        }
        if max(slopes) > (1 + _OFF_THE_LINE) * min(slopes):
            record["status"] = "invalid"
            record["reasons"] = [
                "instructions are not in proportion to requests:"
                f" {slopes[0]:.0f} each at first and {slopes[1]:.0f} then"
            ]
    record["cpu"] = {**(record.get("cpu") or {}), **cpu}
    return record
