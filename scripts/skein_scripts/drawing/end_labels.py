"""Labels at the ends of curves, in place of a legend: right of the panel, as near to the end of its
curve as the others allow, with a line from one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from . import style

GAP_IN = 0.15  # from the middle of a label to that of the next
_LEADER_IN = 0.16
_EDGE_IN = 0.1


@dataclass(frozen=True)
class End:
    """Where a curve ends, in data, and what stands there."""

    runtime: str
    text: str
    x: float
    y: float
    colour: str


def room_in(texts: Iterable[str]) -> float:
    """What the labels take right of their panel, in inches."""
    widest_in = max((style.width_in(text, style.LABEL_POINTS) for text in texts), default=0.0)
    return _LEADER_IN + widest_in + _EDGE_IN


def write(axes: Axes, ends: Sequence[End]) -> None:
    """Writes the labels. The scales and limits of the panel are to be final."""
    width_in, height_in = style.size_in(axes)
    points = [style.in_panel(axes, end.x, end.y) for end in ends]
    places = spread([y for _, y in points], GAP_IN / height_in)
    label_x = 1 + _LEADER_IN / width_in
    for end, (x, y), place in zip(ends, points, places, strict=True):
        leader = Line2D(
            [x, label_x],
            [y, place],
            transform=axes.transAxes,
            clip_on=False,
            color=end.colour,
            linewidth=0.7,
            zorder=2,
            gid=style.gid(end.runtime),
        )
        axes.add_line(leader)
        axes.annotate(
            end.text,
            (label_x, place),
            xycoords="axes fraction",
            xytext=(2, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.LABEL_POINTS,
            color=style.INK_COLOUR,
            gid=style.gid(end.runtime),
        )


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places from 0 to 1 at least `gap` apart, in the order of those that are wanted, and each as
    near to its own as that allows (least squares). Where 0 to 1 is too short, as far apart as
    goes."""
    count = len(wanted)
    if count < 2:
        return list(wanted)
    gap = min(gap, 1 / (count - 1))
    order = sorted(range(count), key=lambda index: (wanted[index], index))
    # With the gaps taken out, places may be equal but not out of order. Those that would be are
    # pooled, each pool at the mean of its places.
    pools: list[tuple[float, int]] = []  # the sum of a pool's places, and how many they are
    for rank, index in enumerate(order):
        total, size = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / size:
            below, more = pools.pop()
            total, size = total + below, size + more
        pools.append((total, size))
    levels = [total / size for total, size in pools for _ in range(size)]
    highest = 1 - (count - 1) * gap
    places = [0.0] * count
    for rank, index in enumerate(order):
        places[index] = min(max(levels[rank], 0.0), highest) + rank * gap
    return places
