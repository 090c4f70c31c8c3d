"""What a session says of its machine without any runtime, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.units import format_duration


def timer_floor_text(floor: Mapping[str, Any]) -> str:
    """How late one sleeper is without a runtime, from a session's machine_floor."""
    p50, p99 = (format_duration(floor.get(f"timer_{name}_ns")) for name in ("p50", "p99"))
    return f"p50 {p50}, p99 {p99} late"
