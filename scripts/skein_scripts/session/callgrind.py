"""What callgrind is started with, and what it counted."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import MeasureError

# One arena and fixed thresholds, so that malloc takes the same paths whatever the machine has.
TUNABLES = "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=131072"


def total_of(out: Path) -> int:
    """Instructions, from a profile's `totals:` line."""
    try:
        text = out.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MeasureError(f"callgrind wrote no profile to {out}: {error.strerror}") from error
    for line in text.splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise MeasureError(f"callgrind wrote no totals to {out}")
