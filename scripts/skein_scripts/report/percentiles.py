"""The percentile of a series of runs: what tables and figures show of it, and from which samples.
Leaves out the histograms themselves (records/histogram.py)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from ..records.groups import Series
from ..records.histogram import TRUSTED_TAIL_SAMPLES, merged_histogram
from ..records.metrics import Metric


@dataclass(frozen=True)
class Percentile:
    """A percentile of all runs of a series."""

    value_ns: float
    is_merged: bool  # of the samples of all runs together, else the median of each run's own


def percentile_of(series: Series, metric: Metric) -> Percentile | None:
    """The median over the runs of each run's percentile; where a run has too few samples for it,
    that of the merged histogram, if all runs together have enough. None where neither is there."""
    share, (distribution, _) = metric.percentile, metric.paths[0]
    assert share is not None
    each = series.values(metric)
    if each and len(each) == len(series.ok):
        return Percentile(median(each), False)
    samples = merged_histogram(series.ok, distribution)
    if samples.total * (1 - share) < TRUSTED_TAIL_SAMPLES - 1e-6:
        return None
    value_ns = samples.percentile_ns(share)
    return None if value_ns is None else Percentile(value_ns, True)
