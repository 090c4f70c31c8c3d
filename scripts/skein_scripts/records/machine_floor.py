"""What a session says of its machine without any runtime, in words, and what it may be for its
figures to be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.units import format_duration

# The stall p99 beyond which a session is doubtful. It is what a run's load generator may be late
# (`late_p99_ns`): a thread that never gives up its CPU and is held up for longer in more than one
# of 100 ms puts the machine's own stalls into every p99. A single second is probed at either end of
# a session and each run has its own evidence, so that it is a doubt and makes nothing invalid.
STALL_LIMIT_NS = 100_000


def timer_floor_text(floor: Mapping[str, Any]) -> str:
    """How late one sleeper is without a runtime, from a session's machine_floor."""
    p50, p99 = (format_duration(floor.get(f"timer_{name}_ns")) for name in ("p50", "p99"))
    return f"p50 {p50}, p99 {p99} late"
