"""Instructions of a request as a gate counts them, for the end-to-end tests."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import skein_binary as skein

sys.path.insert(0, str(skein.ROOT / "scripts"))

from skein_scripts.gate.counting import InstructionCounter, is_available
from skein_scripts.matrix.matrix import Cell
from skein_scripts.matrix.plan import Slot
from skein_scripts.records.purposes import INSTRUCTIONS
from skein_scripts.session.skein_process import Skein

needs_valgrind = pytest.mark.skipif(not is_available(), reason="valgrind is not installed")

# All counts have four digits: the messages with 500 and 1,000 differ by what a digit takes.
_SETTINGS = {"mode": "fixed", "connections": 1, "active": 1, "requests": 8000, "warmup": "0ms",
             "warmup_requests": 0, "memory": "off"}  # fmt: skip
_TRIES = 4


@dataclass(frozen=True)
class _Caller:
    """Makes the runs that the counter asks for, without a matrix."""

    results: Path
    extra: Sequence[str]

    def measure(self, slot: Slot) -> skein.Record:
        self.results.unlink(missing_ok=True)
        words = slot.cell.arguments()
        if "--worker-command" in words:  # the counter has its own
            at = words.index("--worker-command")
            del words[at : at + 2]
        skein.call("run", *words, *self.extra, "-o", str(self.results))
        return skein.run_of(self.results)


def instructions_per_request(
    runtime: str, folder: Path, environment: Mapping[str, str] | None = None
) -> float:
    """Of one connection in strict turn. Skips where the runtime cannot run here."""
    slot = Slot(Cell("counted", "c10k", runtime, _SETTINGS, purpose=INSTRUCTIONS), 0, 0)
    counter = InstructionCounter(
        Skein(skein.SKEIN, environment),
        folder,
        lambda extra: _Caller(folder / "counted.jsonl", (*extra, *skein.IN_SESSION)),
        skein.worker_of(runtime),
    )
    for _ in range(_TRIES):
        run = counter.measure(slot)
        if run["status"] != "invalid":
            break
    if run["status"] == "limit":
        pytest.skip(run["limit"]["message"])
    assert run["status"] == "ok", run["reasons"]
    each: float = run["cpu"]["instructions_per_op"]
    return each
