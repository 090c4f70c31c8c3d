"""A logarithmic axis of bytes, as all figures of memory have it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ...base import units

_OF_PROCESSES = [base * factor for base in (1, 2**10, 2**20, 2**30) for factor in (1, 10, 100)]
_OF_TASKS = [4**power for power in range(16)]


def dress(axes: Axes, of_tasks: bool = False) -> None:
    """Makes y such an axis; `of_tasks`: of bytes that lie closer together."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(_OF_TASKS if of_tasks else _OF_PROCESSES))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: units.format_bytes(value, 1)))
    axes.yaxis.set_minor_locator(NullLocator())
