"""One plain sentence for each question of the report's first screen: who is best, who is not told
apart from it, who is behind it, how far the floor is, and who is not compared. Lists are by median,
and whole; their first and their last have figures, in the unit of the column.

Leaves out the figures (headline_columns.py), how ties are found (ranking.py) and who is not ranked
(left_out.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..base import units
from ..records.metrics import COLUMN_UNITS, Metric
from ..records.runtimes import in_order
from .headline_columns import Column, Entry
from .left_out import OTHER_WORK, no_result, not_ranked
from .ranking import Placed

_NAMES = 4  # of those that a sentence names beside its order


@dataclass(frozen=True)
class Answer:
    """A question, the work that it is about, and its sentence: who is best, where rounds enough say
    so, and the rest."""

    question: str
    work: str
    best: str
    rest: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return "; ".join(filter(None, (self.best, self.rest)))


def answers(asked: Sequence[Sequence[Column]]) -> list[Answer]:
    """Of all questions, each by its columns: a row that is in any is placed in every sentence."""
    every = (column for columns in asked for column in columns)
    rows = in_order(name for column in every for name in column.entries)
    return [answer(columns, rows) for columns in asked]


def answer(columns: Sequence[Column], rows: Iterable[str] = ()) -> Answer:
    """The sentence about the columns of one question. `rows`: all that the run has."""
    first, *others = columns
    work = first.work
    asked = " ".join(filter(None, (first.headline.question, work.at)))
    question = ", ".join(filter(None, (asked, work.which)))
    if not first.entries:
        return Answer(question, work.title, "", "not measured in this run.")
    if not any(entry.figure for entry in first.entries.values()):
        return Answer(question, work.title, "", f"{no_result(first, rows)}.")
    best = first.ranking.best
    parts = [_order(first), _floor(first), *map(_further, others), *not_ranked(columns, rows)]
    rest = "; ".join(filter(None, parts)) + "."
    return Answer(question, work.title, _figure(first, best[0]) if best else "", rest)


def said(metric: Metric, value: float) -> str:
    """A value in a sentence, as its column has it, with its unit."""
    unit = " B" if metric.format == "bytes" else COLUMN_UNITS.get(metric.format, "")
    return metric.in_column(value) + unit


def _order(column: Column) -> str:
    """Who is not told apart from the best, who is behind it, who is not judged."""
    ranking = column.ranking
    everyone = ranking.everyone
    if len(everyone) == 1:
        alone = "" if ranking.best else f"{_figure(column, everyone[0])}, "
        return f"{alone}with no other to compare it with"
    if not ranking.best:
        unjudged = _by_median(column, everyone)
        return f"by median {unjudged}: not judged, for too few common rounds" if unjudged else ""
    _, *tied = ranking.best
    parts = []
    if tied:
        parts.append(f"not told apart from it: {_by_median(column, tied)}")
    if ranking.behind:
        parts.append(f"behind it, by median: {_by_median(column, ranking.behind)}{_last(column)}")
    if ranking.unjudged:
        few = _by_median(column, ranking.unjudged)
        parts.append(f"too few common rounds to judge {few}")
    return "; ".join(parts)


def _last(column: Column) -> str:
    """What the last of those behind is, where nobody has a worse median."""
    return f" ({column.headline.last})" if _worst(column) is column.ranking.behind[-1] else ""


def _worst(column: Column) -> Placed:
    return max(column.ranking.everyone, key=lambda one: column.metric.worse * one.value)


def _floor(column: Column) -> str:
    """What the floor has, and who is not told apart from it or better."""
    entry, metric = column.floor, column.metric
    if entry is None:
        return ""
    parts = []
    if entry.figure:
        parts.append(f"floor: {said(metric, entry.figure.value)}")
    elif metric.against_floor == "difference":
        itself = replace(metric, against_floor=None)
        parts.append(f"the floor itself takes {said(itself, entry.series.median(itself) or 0.0)}")
    it = "it" if parts else "the floor"
    if at_floor := column.at_floor():
        parts.append(f"not told apart from {it}: {_few_names(at_floor)}")
    if below := column.below_floor():
        parts.append(f"better than {it}: {_few_names(below)}")
    return ", ".join(parts)


def _further(column: Column) -> str:
    """Of a further column: the best and the last; of a count that must be 0, who has any."""
    metric, heading = column.metric, column.layout.heading(column.metric)
    if metric.must_be_0:
        some = [
            f"{_marked(runtime, entry)} {_times(entry, entry.figure.value)}"
            for runtime, entry in column.entries.items()
            if entry.figure and entry.figure.value
        ]
        return f"{metric.in_words or heading}: {', '.join(some) or 'none'}"
    if not column.ranking.everyone:
        return ""
    if not column.ranking.best:
        first, *others = column.ranking.everyone
        return f"{heading}: {_under_heading(column, first)}{', not judged' if others else ''}"
    best, *tied = column.ranking.best
    beside = f", not told apart from {_few_names(tied)}" if tied else ""
    worst = _worst(column)
    is_last = any(worst is one for one in column.ranking.behind)
    last = f"; {column.headline.last}: {_under_heading(column, worst)}" if is_last else ""
    return f"{heading}: {_under_heading(column, best)}{beside}{last}"


def _by_median(column: Column, placed: Sequence[Placed]) -> str:
    """All of them; the first and the last with their figures."""
    ends = (placed[0], placed[-1]) if placed else ()
    return ", ".join(_figure(column, one) if one in ends else one.runtime for one in placed)


def _few_names(placed: Sequence[Placed]) -> str:
    """Their names; of many, how many they are."""
    if len(placed) > _NAMES:
        return f"{len(placed)} rows"
    return ", ".join(one.runtime for one in placed)


def _under_heading(column: Column, placed: Placed) -> str:
    """A figure behind its column's heading, which has the unit of bytes in it."""
    metric = column.metric
    unit = COLUMN_UNITS.get(metric.format, "")
    return f"{placed.runtime} {metric.in_column(placed.value)}{unit}"


def _times(entry: Entry, count: float) -> str:
    """A count that is the sum of all runs, so it may be more than a run has tasks."""
    runs = len(entry.series.ok)
    many = f"{units.format_count(count)} {'time' if count == 1 else 'times'}"
    return f"{many} in {runs} {'run' if runs == 1 else 'runs'}"


def _marked(runtime: str, entry: Entry) -> str:
    return runtime if entry.other_work is None else f"{runtime} {OTHER_WORK}"


def _figure(column: Column, placed: Placed) -> str:
    return f"{placed.runtime} {said(column.metric, placed.value)}"
