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

from .metrics import Metric
from .results import Record, number


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


Path = tuple[str, ...]


@dataclass(frozen=True)
class Count:
    """One count, in one or several places of a record."""

    metric: Metric
    paths: tuple[Path, ...]
    in_every_try: bool
    most: Path | None = None  # how far the furthest was

    def of(self, run: Record) -> int | None:
        """How many a run has; None where it does not say, or does not count."""
        if run["status"] != "ok" and not (self.in_every_try and run["status"] == "invalid"):
            return None
        found = [value for path in self.paths if (value := number(run, *path)) is not None]
        return int(sum(found)) if found else None

    def total(self, runs: Iterable[Record]) -> Total | None:
        """Over runs; None where none says it."""
        said = [(run, value) for run in runs if (value := self.of(run)) is not None]
        most = max((number(run, *self.most) or 0 for run, _ in said if self.most), default=0)
        return Total(sum(value for _, value in said), len(said), int(most)) if said else None


def _count(name: str, *paths: Path, in_every_try: bool = False, most: Path | None = None) -> Count:
    return Count(Metric(name, "1", (), 0.0, True, is_count=True), paths, in_every_try, most)


COUNTS: tuple[Count, ...] = (
    _count("early_fires", ("lateness", "early_count"), in_every_try=True,
           most=("lateness", "early_max_ns")),
    *(_count(f"{kind}_errors", ("load", "errors", kind), in_every_try=True)
      for kind in ("connect", "read", "write", "descriptors")),
    _count("timeouts", ("load", "errors", "timeout")),
    _count("unsent", ("load", "unsent")),
    _count("overflow", ("latency", "overflow"), ("service_time", "overflow"),
           ("lateness", "overflow"), ("exchange", "latency", "overflow")),
)  # fmt: skip
NAMES = tuple(one.metric.name for one in COUNTS)


def nonzero(runs: Sequence[Record]) -> dict[str, Total]:
    """The counts that runs should not have and do."""
    totals = {one.metric.name: one.total(runs) for one in COUNTS}
    return {name: total for name, total in totals.items() if total and total.events}
