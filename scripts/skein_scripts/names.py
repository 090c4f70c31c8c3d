"""The names that are written down once: runtimes in the order of every table and plot, workloads
with their shapes, and what is nearest to a mistyped one. Colours are in plots/style.py."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import UsageError

FLOOR = "epoll_floor"
RUNTIME_ORDER = (
    "coroutine", "coroutine_uring", "fiber", "fiber_asm", "fiber_uring", "thread", "thread_default",
    "callback", "callback_uring", "libuv", FLOOR,
)  # fmt: skip

# The field that says what shape a workload has, and the shapes there are.
SHAPE_FIELD = {"c10k": "mode", "timers": "pattern"}
SHAPES = {
    "c10k": ("open", "idle_heavy", "fixed", "churn", "idle"),
    "timers": ("spread", "storm", "periodic", "churn"),
}


def in_order(runtimes: Iterable[str]) -> list[str]:
    """Known runtimes in their fixed order, then others by name."""
    known = {name: index for index, name in enumerate(RUNTIME_ORDER)}
    return sorted(set(runtimes), key=lambda name: (known.get(name, len(known)), name))


def check_name(what: str, name: str, valid: Iterable[str]) -> str:
    """`name` where it is one of `valid`; otherwise an error that names them and the nearest."""
    choices = list(valid)
    if name in choices:
        return name
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise UsageError(f"unknown {what} '{name}' (valid: {', '.join(choices)}){hint}")
