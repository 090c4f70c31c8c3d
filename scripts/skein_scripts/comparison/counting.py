"""Instructions of one request of a real worker, counted by callgrind: user mode, the same from run
to run, and so a change of half a percent is one. (Of 60 runs one was 7 % lower: what a turn of
the loop does depends on whether the next request is there already.)

A cell of this purpose is a closed loop on few connections that ends after a number of requests. It
is run twice, with that number and with a quarter of it, and the slope is what a request takes:
starting, connecting and ending are in neither. The worker alone runs under callgrind, in an
environment with nothing in it but what is named here.

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

_FEWER = 4
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
    return 2 * _OVERHEAD_S + requests * (1 + 1 / _FEWER) * _PER_REQUEST_S


class InstructionCounter:
    """Measures cells of purpose `instructions`."""

    def __init__(self, skein: Skein, folder: Path, make_runner: MakeRunner) -> None:
        self._skein = skein
        self._out = (folder / _OUT).absolute()
        self._make_runner = make_runner

    def measure(self, slot: Slot) -> Record:
        """The longer run's record with the slope in it and without times; or that of a run that
        was not ok."""
        runner = self._make_runner(["--worker-command", self._command(slot.cell.runtime)])
        many = int(slot.cell.settings["requests"])
        counts: list[tuple[int, int]] = []
        try:
            for requests in (many // _FEWER, many):
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


def _without_times(record: Record, counts: list[tuple[int, int]] | None) -> Record:
    """What ran under callgrind took times that mean nothing."""
    for name in ("latency", "service_time"):
        record[name] = None
    if record.get("load"):
        record["load"]["achieved_per_s"] = None
    cpu = dict.fromkeys(_TIMES)
    if counts:
        (few, instructions_of_few), (many, instructions_of_many) = counts
        instructions = instructions_of_many - instructions_of_few
        cpu |= {
            "instructions": instructions,
            "instructions_per_op": round(instructions / (many - few), 3),
        }
    record["cpu"] = {**(record.get("cpu") or {}), **cpu}
    return record
