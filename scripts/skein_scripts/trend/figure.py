"""Figure: a trend. One metric over the commits, a line per cell, relative to its first commit, with
the changes that were found marked."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..drawing import style
from ..records.metrics import HIGHER_IS_WORSE, Metric
from .change_points import Change
from .history import Line, Point

_SHOWN_COMMITS = 12
_DASHES = ("-", "--", ":", "-.")  # by workload: colours are the runtimes'


def draw(
    metric: Metric,
    lines: Sequence[Line],
    points: Sequence[Point],
    changes: Sequence[Change],
    note: str,
) -> Figure:
    """One figure, the points in their order. `note` stands in the foot: what the order is, how
    changes were found, or why they were not."""
    figure = Figure(figsize=(9.5, 5.2), layout="constrained")
    axes = figure.subplots()
    having = {point.commit for line in lines for point in line.points}
    order = {commit: place for place, commit in enumerate(_commits(points, having))}
    workloads = list(dict.fromkeys(line.cell.partition("/")[0] for line in lines))
    for line in lines:
        workload, _, rest = line.cell.partition("/")
        runtime = rest.partition("/")[0]
        dashes = _DASHES[workloads.index(workload) % len(_DASHES)]
        places = [order[point.commit] for point in line.points]
        axes.plot(
            places,
            line.relative,
            label=line.cell,
            color=style.colour_of(runtime),
            marker=style.marker_of(runtime),
            markersize=4,
            linewidth=1.2,
            linestyle=dashes,
        )
        for change in changes:
            if (change.cell, change.metric) == (line.cell, metric.name):
                place = places.index(order[change.commit])
                worse = (change.ratio > 1) == (metric.worse == HIGHER_IS_WORSE)
                axes.plot(
                    places[place],
                    line.relative[place],
                    marker="o",
                    markersize=13,
                    markerfacecolor="none",
                    markeredgewidth=1.8,
                    markeredgecolor="#D55E00" if worse else "#009E73",
                )
                axes.annotate(
                    f"{100 * (change.ratio - 1):+.1f} %",
                    (places[place], line.relative[place]),
                    xytext=(8, 8),
                    textcoords="offset points",
                    fontsize=8,
                )
    step = -(-len(order) // _SHOWN_COMMITS)
    shown = list(order)[::step]
    axes.set_xticks(
        [order[commit] for commit in shown],
        [commit[:8] for commit in shown],
        rotation=45,
        ha="right",
    )
    axes.set_title(f"{metric.name}, relative to the first commit")
    axes.set_ylabel("ratio" if metric.worse == HIGHER_IS_WORSE else "ratio (higher is better)")
    axes.grid(color=style.GRID_COLOUR)
    figure.legend(
        loc="outside lower left",
        ncols=2,
        fontsize=8,
        title=note,
        title_fontsize=8,
        alignment="left",
    )
    return figure


def _commits(points: Sequence[Point], having: set[str]) -> list[str]:
    return list(dict.fromkeys(point.commit for point in points if point.commit in having))
