"""The cell of the anchor, which opens every round of every matrix (records/anchor.py)."""

from __future__ import annotations

from collections.abc import Sequence

from ..records.runtimes import FLOOR
from .matrix import Cell

ANCHOR = Cell(
    "anchor",
    "c10k",
    FLOOR,
    {
        "mode": "fixed",
        "connections": 1000,
        "active": 50,
        "payload_bytes": 64,
        "buffer": "lent",
        "duration": "1s",
        "warmup": "200ms",
    },
)


def cpu_options_of_anchor(given: Sequence[str]) -> list[str]:
    """A session's options on CPUs, as the anchor takes them: of several worker CPUs the first. It
    has one thread, and those of a matrix whose rows have more may leave the load generator none."""
    return [
        word.replace("-", ",").split(",")[0] if option == "--worker-cpus" else word
        for option, word in zip(["", *given], given, strict=False)
    ]
