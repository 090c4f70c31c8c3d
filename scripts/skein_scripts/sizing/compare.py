"""Predictions beside what somebody measured: memory of a connection, and by which factor the two
differ. Leaves out the figures themselves (results/sizing.toml).
"""

from __future__ import annotations

from dataclasses import dataclass

from .figures import Check, Figures

_USUAL = "coroutine"


@dataclass(frozen=True)
class Compared:
    """One figure. `measured` is an upper bound where `is_bound`."""

    check: Check
    what: str
    measured: float
    predicted: float
    is_bound: bool = False

    @property
    def factor(self) -> float:
        """How many times the larger is the smaller."""
        return max(self.measured / self.predicted, self.predicted / self.measured)

    @property
    def holds(self) -> bool:
        """Whether the prediction is as near as it must be, or below the bound."""
        if self.is_bound:
            return self.predicted <= self.measured
        return self.factor <= self.check.within


def compared(figures: Figures) -> list[Compared]:
    """Every figure of every check. Where one names no runtime any will do, because the kernel's
    part hardly depends on it."""
    found = []
    for check in figures.checks:
        any_of_them = next(iter(figures.runtimes.values()))
        runtime = figures.runtimes.get(check.runtime or _USUAL, any_of_them)
        elsewhere = 0.0 if check.both_ends else figures.client_kernel_bytes
        kernel = runtime.kernel_bytes - elsewhere
        if check.user_bytes is not None:
            found.append(Compared(check, "user", check.user_bytes, runtime.user_bytes))
        if check.kernel_bytes is not None:
            found.append(Compared(check, "kernel", check.kernel_bytes, kernel))
        if check.kernel_bytes_most is not None:
            found.append(Compared(check, "kernel", check.kernel_bytes_most, kernel, is_bound=True))
    return found
