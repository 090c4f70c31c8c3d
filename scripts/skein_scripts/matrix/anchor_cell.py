"""The cell of the anchor, which opens every round of every matrix (records/anchor.py)."""

from __future__ import annotations

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
