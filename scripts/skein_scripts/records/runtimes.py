"""The runtimes in the order of every table and plot. Colours are in drawing/style.py."""

from __future__ import annotations

from collections.abc import Iterable

FLOOR = "epoll_floor"
RUNTIME_ORDER = (
    "coroutine", "coroutine_uring", "fiber", "fiber_asm", "fiber_uring", "thread", "thread_default",
    "callback", "callback_uring", "libuv", FLOOR,
)  # fmt: skip


def in_order(runtimes: Iterable[str]) -> list[str]:
    """Known runtimes in their fixed order, then others by name."""
    known = {name: index for index, name in enumerate(RUNTIME_ORDER)}
    return sorted(set(runtimes), key=lambda name: (known.get(name, len(known)), name))
