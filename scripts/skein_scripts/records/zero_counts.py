"""Counts that must be 0: timers that fired early, errors, requests that were never sent or never
answered, samples that no histogram has room for.

Noise makes timers late and never early, and no peer reads wrong or hangs up because of it: early
fires and errors count in all tries of a run, also in those that were repeated. Unsent requests,
timeouts and overflow are what a disturbed machine makes as well: of runs that count alone.

Leaves out how two arms are judged by them (gate/counts.py), and bytes that came back wrong: that is
a failed run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .metrics import Metric, metrics, named
from .shapes import Run


@dataclass(frozen=True)
class Total:
    """What a count came to over all runs of an arm that say it."""

    events: int
    runs: int
    most_ns: int = 0  # how early the earliest was, where that is what is counted

    @property
    def per_run(self) -> float:
        """On average."""
        return self.events / self.runs if self.runs else 0.0


@dataclass(frozen=True)
class Count:
    """The metric of one count."""

    metric: Metric

    def of(self, run: Run) -> int | None:
        """How many a run has; None where it does not say, or does not count."""
        is_disturbed = self.metric.in_every_try and run["status"] == "invalid"
        if run["status"] != "ok" and not is_disturbed:
            return None
        found = self.metric.read(run)
        return None if found is None else int(found)

    def total(self, runs: Iterable[Run]) -> Total | None:
        """Over runs; None where none says it."""
        said = [(run, value) for run in runs if (value := self.of(run)) is not None]
        furthest = named(self.metric.furthest).read if self.metric.furthest else lambda _: None
        most = max((furthest(run) or 0 for run, _ in said), default=0)
        return Total(sum(value for _, value in said), len(said), int(most)) if said else None


COUNTS = tuple(Count(metric) for metric in metrics().values() if metric.must_be_0)
NAMES = tuple(one.metric.name for one in COUNTS)


def nonzero(runs: Sequence[Run]) -> dict[str, Total]:
    """The counts that runs should not have and do."""
    totals = {one.metric.name: one.total(runs) for one in COUNTS}
    return {name: total for name, total in totals.items() if total and total.events}
