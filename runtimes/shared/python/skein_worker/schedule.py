"""When each task of the workload timers is due, as harness/PROTOCOL.md says: a function of the
seed, the task's index and its turn, the same in every language."""

from __future__ import annotations

from typing import Any

PATTERNS = ("spread", "storm", "periodic", "churn")
MASK = (1 << 64) - 1
GROUP, ROUNDS, FIRES_ONE_IN = 16, 8, 16  # of pattern churn
TIMEOUT_NS = 30_000_000_000


def scatter(value: int) -> int:
    """splitmix64's finaliser."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def offset_ns(cell: dict[str, Any], index: int) -> int:
    """When task `index` is due, counted from the epoch."""
    steps = cell["window_ns"] // cell["grid_ns"]
    if cell["pattern"] == "storm":
        return int(steps * cell["grid_ns"])
    return int((scatter(cell["seed"] ^ scatter(index)) % steps + 1) * cell["grid_ns"])


def first_due_ns(cell: dict[str, Any]) -> int:
    """From when the time of firing counts, from the epoch: a storm's only deadline; other patterns
    begin with the window."""
    return int(cell["window_ns"]) if cell["pattern"] == "storm" else 0


def draw(cell: dict[str, Any], index: int, which: int) -> int:
    """Random number `which` of task `index`."""
    return scatter((scatter(cell["seed"] ^ scatter(index)) + which) & MASK)


def rhythm(cell: dict[str, Any], index: int) -> tuple[int, int, int]:
    """Pattern periodic: phase, period and number of wakes, in steps of the grid."""
    steps = cell["window_ns"] // cell["grid_ns"]
    least = max(steps // 16, 1)
    period = least + draw(cell, index, 1) % (max(steps // 4, least) - least + 1)
    phase = 1 + draw(cell, index, 2) % period
    return phase, period, (steps - phase) // period + 1


def is_canceller(cell: dict[str, Any], index: int) -> bool:
    """Pattern churn: the last of each group of 16, and the last of all, cancel for the others."""
    return index % GROUP == GROUP - 1 or index + 1 == cell["tasks"]


def beat_ns(cell: dict[str, Any], index: int, turn: int) -> int:
    """Pattern churn: when a round of a task's group begins, counted from the epoch."""
    steps = cell["window_ns"] // cell["grid_ns"] // (ROUNDS + 1)
    phase = draw(cell, index - index % GROUP, ROUNDS) % steps
    return int((phase + turn * steps) * cell["grid_ns"])


def left_to_fire(cell: dict[str, Any], index: int, turn: int) -> bool:
    """Pattern churn: True for a round whose timer is not cancelled."""
    return draw(cell, index, turn) % FIRES_ONE_IN == 0


def turn_offset_ns(cell: dict[str, Any], index: int, turn: int) -> int:
    """When a task's timer number `turn` fires, counted from the epoch."""
    if cell["pattern"] == "periodic":
        phase, period, _ = rhythm(cell, index)
        return int((phase + turn * period) * cell["grid_ns"])
    if cell["pattern"] == "churn":
        steps = cell["window_ns"] // cell["grid_ns"] // (ROUNDS + 1)
        inside = 1 + draw(cell, index, turn) // FIRES_ONE_IN % (steps - 1)
        return beat_ns(cell, index, turn) + int(inside * cell["grid_ns"])
    return offset_ns(cell, index)


def turns_of(cell: dict[str, Any], index: int) -> int:
    """How many units a task comes to."""
    if cell["pattern"] == "periodic":
        return rhythm(cell, index)[2]
    if cell["pattern"] == "churn":
        return 0 if is_canceller(cell, index) else ROUNDS
    return 1


def fingerprint(index: int, value: int) -> int:
    """What a unit of work adds to the checksum."""
    return scatter(scatter(index) ^ (value & MASK))
