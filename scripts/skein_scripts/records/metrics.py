"""What a run is said to have measured: the metrics of results/metrics.toml, each with its place in
a record, its unit, how it is shown, which way is worse, and how large a change must be to matter.

Imports the standard library alone: the build reads the metrics before anything is installed. Leaves
out where they are shown (metric_tables.py) and the comparison itself (gate/judge.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from ..base import units
from ..base.jsonl import number
from ..base.statistics import median_absolute_deviation
from ..base.tree import ROOT
from . import metric_rows
from .purposes import LOAD
from .shapes import Run
from .workloads import shape_of

FILE = ROOT / "results" / "metrics.toml"
HIGHER_IS_WORSE, LOWER_IS_WORSE = 1, -1
_SPREADS = 2.0  # of an arm's readings, for a change to be more than they are
_SCALE = 1.4826  # of a median absolute deviation, to be a standard deviation of normal noise
_NOTHING = 1.0

Place = tuple[str, ...]
Show = Callable[[float | None], str]
_IN_COLUMNS: Mapping[str, Show] = {
    "time": units.format_us,
    "bytes": units.format_per_task_bytes,
    "size": units.format_bytes,
    "rate": units.format_rate,
    "count": units.format_count,
    "decimal": units.format_number,
    "share": units.format_share,
    "given_back": units.format_share,
}
COLUMN_UNITS = {"time": " µs"}  # behind a heading
_AGAINST_FLOOR: Mapping[str, Show] = {
    "difference": units.format_us_difference,
    "ratio": units.format_ratio,
}
_IN_ITS_UNIT: Mapping[str, Show] = {
    "ns": units.format_duration,
    "B": units.format_bytes,
    "1/s": units.format_rate,
}


@dataclass(frozen=True)
class Steps:
    """The least step that matters, in a metric's unit: `least` where readings repeat; where they
    spread as much as that, up to `most` or `share` of the smaller arm, whichever is more."""

    least: float
    most: float
    share: float


@dataclass(frozen=True)
class Metric:
    """One row. What its keys mean is said in the file."""

    name: str
    paths: tuple[Place, ...]
    unit: str
    format: str
    minus: Place | None = None
    heading: str | None = None
    better: str = "less"
    min_effect: float = 0.0  # relative
    is_compared: bool = False
    min_step: Steps | None = None
    gated: bool = False  # False: shown, never the reason of a failure
    shapes: tuple[str, ...] | None = None  # in which it is compared; None: all
    purpose: str = LOAD
    exact: bool = False
    optional: bool = False
    must_be_0: bool = False
    in_every_try: bool = False
    in_words: str | None = None
    furthest: str | None = None
    of_runs: str | None = None
    against_floor: str | None = None
    source: str | None = None
    exported_as: str | None = None

    @property
    def worse(self) -> int:
        """Which way is."""
        return LOWER_IS_WORSE if self.better == "more" else HIGHER_IS_WORSE

    @property
    def is_tested(self) -> bool:
        """Whether its verdict is one of the tests that are adjusted together."""
        return self.gated and not self.exact and not self.must_be_0

    @property
    def percentile(self) -> float | None:
        """The share of samples at or below it: 0.999 of `latency.p999`. None where it is none of a
        distribution whose samples a record keeps."""
        (path, *others) = self.paths
        digits = path[-1].removeprefix("p")
        if others or len(path) != 2 or digits == path[-1] or not digits.isdigit():
            return None
        return float(f"0.{digits}")

    def read(self, run: Run) -> float | None:
        """What a run says, whether it counts or not; None where it says nothing."""
        found = [value for path in self.paths if (value := number(run, *path)) is not None]
        off = 0.0 if self.minus is None else number(run, *self.minus)
        return None if not found or off is None else sum(found) - off

    def of(self, run: Run) -> float | None:
        """The figure of a run that counts; None where it has none, or where the ratio of two such
        would mean nothing."""
        if run["status"] != "ok" or not self._applies_to(run):
            return None
        value = self.read(run)
        if value is not None and self.min_step:
            # A slope of nothing comes out on either side of it, and is no figure that is missing.
            return max(value, _NOTHING)
        return value if value is not None and value > 0 else None

    def held(self, run: Run) -> float | None:
        """What the figure of a run that counts is, to be held against another by order; of a count
        that must be 0, nothing as well."""
        if self.must_be_0:
            return self.read(run) if run["status"] == "ok" else None
        return self.of(run)

    def _applies_to(self, run: Run) -> bool:
        return self.shapes is None or shape_of(run["cell"]) in self.shapes

    def effect_on(self, base: Sequence[float], candidate: Sequence[float]) -> float:
        """The least relative change that matters between these readings. The same with the arms
        swapped: a step is relative to the smaller arm, and twice the spread of the wilder one."""
        if self.min_step is None:
            return self.min_effect
        smaller = min(median(base), median(candidate))
        spread = _SCALE * max(median_absolute_deviation(arm) for arm in (base, candidate))
        most = max(self.min_step.most, self.min_step.share * smaller)
        step = min(max(self.min_step.least, _SPREADS * spread), most)
        return max(self.min_effect, step / smaller)

    def show(self, value: float) -> str:
        """A value with the unit that suits it."""
        in_its_unit = _IN_ITS_UNIT.get(self.unit)
        return in_its_unit(value) if in_its_unit else f"{value:,.4g}"

    def in_column(self, value: float | None) -> str:
        """A value as all of its column have it."""
        if self.against_floor:
            return _AGAINST_FLOOR[self.against_floor](value)
        return _IN_COLUMNS[self.format](value)


@cache
def metrics(path: Path = FILE) -> dict[str, Metric]:
    """All rows by name, in the order of the file. Raises UsageError where one cannot be."""
    return {name: _metric(name, row) for name, row in metric_rows.rows(path).items()}


def _metric(name: str, row: Mapping[str, Any]) -> Metric:
    """Of a row that was checked."""
    known = {key: row[key] for key in row if key in Metric.__dataclass_fields__}
    written = row["path"] if isinstance(row["path"], list) else [row["path"]]
    return Metric(
        **known
        | {
            "name": name,
            "paths": tuple(tuple(one.split(".")) for one in written),
            "format": row.get("format", metric_rows.USUAL_FORMATS[row["unit"]]),
            "minus": tuple(row["minus"].split(".")) if "minus" in row else None,
            "is_compared": "min_effect" in row,
            "min_step": Steps(**row["min_step"]) if "min_step" in row else None,
            "gated": row.get("gated", False) or row.get("must_be_0", False),
            "shapes": tuple(row["in"]) if "in" in row else None,
        }
    )


def named(name: str) -> Metric:
    """The metric of a name. Raises KeyError where there is none: whoever names one in the code
    means a row that is there."""
    return metrics()[name]


METRICS: tuple[Metric, ...] = tuple(one for one in metrics().values() if one.is_compared)
