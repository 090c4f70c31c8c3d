"""The curve of a distribution, from histograms merged over the runs: each value at the share of
events that came before it. Events that are in no histogram because they came too early are the
first of all. Leaves out the axes (latency_spectrum.py, lateness.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ...drawing.curve_panels import Curve, Floats
from ...records.groups import Series
from ...records.histogram import TRUSTED_TAIL_SAMPLES, Recorded, merged_histogram
from ...records.shapes import Run

_MOST_POINTS = 80  # of a curve: more cannot be told apart, and make a figure large

Early = Callable[[Sequence[Run]], int]
Place = Callable[[Floats], Floats]


def none_early(_: Sequence[Run]) -> int:
    """For a distribution with all events in it."""
    return 0


def curve_of(
    series: Series,
    label: str,
    distribution: str,
    place: Place,
    early_of: Early = none_early,
    from_share: float = 0.0,
) -> Curve | None:
    """The shares are its x, from `from_share` on; `place` says where on the axis one stands, for
    points to be thinned evenly. None where the runs have no samples. The band is the range of
    single runs."""
    recorded = merged_histogram(series.ok, distribution)
    if recorded.total == 0:
        return None
    early = early_of(series.ok)
    shares = shares_before(recorded, early)
    first = max(0, int(np.searchsorted(shares, from_share, side="right")) - 1)
    kept = first + _spread_out(place(np.maximum(shares[first:], from_share)))
    beyond = (1 - shares[kept]) * (recorded.total + early)
    return Curve(
        runtime=series.runtime,
        label=label,
        x=np.maximum(shares[kept], from_share),
        y=recorded.values_ns[kept].astype(np.float64),
        trusted=int((beyond >= TRUSTED_TAIL_SAMPLES - 1e-6).sum()),
        band=_band(series.ok, distribution, shares[kept], early_of),
    )


def shares_before(recorded: Recorded, early: int) -> Floats:
    """For each bucket, the share of events that came before it."""
    before = np.cumsum(recorded.counts) - recorded.counts + early
    return np.asarray(before / (recorded.total + early), dtype=np.float64)


def _spread_out(places: Floats) -> npt.NDArray[np.intp]:
    """Which points to draw, of those at these places."""
    if len(places) <= _MOST_POINTS:
        return np.arange(len(places))
    wanted = np.linspace(places[0], places[-1], _MOST_POINTS)
    return np.unique(np.searchsorted(places, wanted).clip(0, len(places) - 1))


def _band(
    runs: Sequence[Run], distribution: str, shares: Floats, early_of: Early
) -> tuple[Floats, Floats] | None:
    """The lowest and highest value of any run at each share; None where there is one run alone."""
    each = []
    for run in runs:
        recorded = merged_histogram([run], distribution)
        if recorded.total:
            each.append(_values_at(recorded, early_of([run]), shares))
    if len(each) < 2:
        return None
    return np.fmin.reduce(each), np.fmax.reduce(each)


def _values_at(recorded: Recorded, early: int, shares: Floats) -> Floats:
    """The values that a run has at these shares; nan where its events are early."""
    before = shares_before(recorded, early)
    index = np.searchsorted(before, shares, side="right") - 1
    values: Floats = recorded.values_ns[index.clip(0)].astype(np.float64)
    values[index < 0] = np.nan
    return values
