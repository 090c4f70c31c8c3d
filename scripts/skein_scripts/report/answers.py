"""One plain sentence for each question of the report's first screen: who is best, who is not told
apart from it, who is behind it, how far the floor is, and who is not compared. Lists are by median,
and whole; their first and their last have figures, in the unit of the column.

Leaves out the figures (headline_columns.py) and how ties are found (ranking.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..base import units
from ..records.metrics import COLUMN_UNITS, Metric
from .headline_columns import Column, Entry
from .ranking import Placed

OTHER_WORK, SATURATED = "‡", "§"  # marks of figures that are not compared
_NAMES = 4  # of those that a sentence names beside its order
_REASONS = 3


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


def answer(columns: Sequence[Column]) -> Answer:
    """The sentence about the columns of one question."""
    first, *others = columns
    work = first.work
    question = ", ".join(filter(None, (first.headline.question, work.at, work.which)))
    if not first.entries:
        return Answer(question, work.title, "", "not measured in this run.")
    if not any(entry.figure for entry in first.entries.values()):
        return Answer(question, work.title, "", f"no run has a figure: {_reasons(first)}.")
    best = first.ranking.best
    parts = [_order(first), _floor(first), *map(_further, others), *_not_compared(columns)]
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
    worst = max(column.ranking.everyone, key=lambda one: column.metric.worse * one.value)
    return f" ({column.headline.last})" if worst is column.ranking.behind[-1] else ""


def _floor(column: Column) -> str:
    """What the floor has, and who is not told apart from it or better."""
    entry = column.floor
    if entry is None:
        return ""
    parts = [f"floor: {said(column.metric, entry.figure.value)}"] if entry.figure else []
    if at_floor := column.at_floor():
        parts.append(f"not told apart from the floor: {_few_names(at_floor)}")
    if below := column.below_floor():
        parts.append(f"better than the floor: {_few_names(below)}")
    return "; ".join(parts)


def _further(column: Column) -> str:
    """Of a further column: the best; of a count that must be 0, who has any."""
    metric, heading = column.metric, column.layout.heading(column.metric)
    if metric.must_be_0:
        some = [
            f"{_marked(runtime, entry)} {units.format_count(entry.figure.value)}"
            for runtime, entry in column.entries.items()
            if entry.figure and entry.figure.value
        ]
        return f"{heading}: {', '.join(some) or 'none'}"
    if not column.ranking.everyone:
        return ""
    if not column.ranking.best:
        first, *others = column.ranking.everyone
        return f"{heading}: {_figure(column, first)}{', not judged' if others else ''}"
    best, *tied = column.ranking.best
    if not tied:
        return f"{heading}: {_figure(column, best)}"
    return f"{heading}: {_figure(column, best)}, not told apart from {_few_names(tied)}"


def _not_compared(columns: Sequence[Column]) -> list[str]:
    """Those that did other work, and those that did not keep up; in any of the columns."""
    entries = [(name, entry) for column in columns for name, entry in column.entries.items()]
    shown = [(name, entry) for name, entry in entries if entry.figure]
    other = dict.fromkeys(name for name, entry in shown if entry.other_work is not None)
    slow = dict.fromkeys(name for name, entry in shown if entry.is_saturated)
    parts = []
    if other:
        parts.append(f"not compared, for other work ({OTHER_WORK}): {', '.join(other)}")
    if slow:
        parts.append(f"not compared, for it did not keep up ({SATURATED}): {', '.join(slow)}")
    return parts


def _by_median(column: Column, placed: Sequence[Placed]) -> str:
    """All of them; the first and the last with their figures."""
    ends = (placed[0], placed[-1]) if placed else ()
    return ", ".join(_figure(column, one) if one in ends else one.runtime for one in placed)


def _few_names(placed: Sequence[Placed]) -> str:
    """Their names; of many, how many they are."""
    if len(placed) > _NAMES:
        return f"{len(placed)} rows"
    return ", ".join(one.runtime for one in placed)


def _marked(runtime: str, entry: Entry) -> str:
    return runtime if entry.other_work is None else f"{runtime} {OTHER_WORK}"


def _figure(column: Column, placed: Placed) -> str:
    return f"{placed.runtime} {said(column.metric, placed.value)}"


def _reasons(column: Column) -> str:
    reasons = {entry.why_missing: None for entry in column.entries.values()}
    return "; ".join(list(reasons)[:_REASONS])
