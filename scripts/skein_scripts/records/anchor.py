"""The anchor: one cell that never changes and runs first in every round of every matrix. Whatever
it shows is the machine's doing, so its drift says whether the rounds of a session can be compared.

Leaves out the cell itself (matrix/anchor_cell.py), running it (session/runner.py) and what follows
from its drift (session/session_end.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from .metrics import named
from .shapes import Probe, Run

PROBE: Probe = "anchor"  # `run.probe` of its runs
# Beyond this a session is inconclusive.
DRIFT_LIMIT = 0.10
_CPU = named("cpu_per_op")


def anchor_ns(record: Run) -> int | None:
    """CPU time of a request in an anchor's run; None where the run has no numbers to use."""
    value = _CPU.read(record) if record["status"] == "ok" else None
    return None if value is None else round(value)


def running_medians(values: Sequence[float]) -> list[float]:
    """Each value with its neighbours, as their median: of three, of two at either end."""
    return [median(values[max(0, index - 1) : index + 2]) for index in range(len(values))]


def drift_of(values: Sequence[float]) -> float | None:
    """How far the largest running median is above the smallest, as a fraction; None of fewer than
    two values. One round on its own that was disturbed is no drift and counts at most half, and so
    does a step in the first or last round; later steps, a slope and a hump of two rounds count
    whole."""
    if len(values) < 2:
        return None
    if len(values) == 2:
        return max(values) / min(values) - 1
    smoothed = running_medians(values)
    return max(smoothed) / min(smoothed) - 1
