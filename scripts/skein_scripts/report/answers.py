"""One plain sentence for each question of the report's first screen: who is best, by what figures,
which differences are not resolved, and who is at the other end.

Leaves out the figures (headline_columns.py) and how ties are found (ranking.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..base import units
from ..records.metrics import Metric
from ..records.runtimes import FLOOR
from .headline_columns import Column, Entry
from .ranking import Placed

_PLACES = 3  # of the order, that a sentence names
_NAMES = 4  # of those who share a place
_IN_ONE_ORDER = 6  # of those that nothing tells apart


@dataclass(frozen=True)
class Answer:
    """A question and its sentence."""

    question: str
    text: str


def answer(columns: Sequence[Column]) -> Answer:
    """The sentence about the columns of one question."""
    first, *others = columns
    question = first.headline.question
    if not first.entries:
        return Answer(question, "not measured in this run.")
    placed = _order(first)
    if not placed:
        return Answer(question, f"no run has a figure: {_reasons(first)}.")
    parts = [placed, *filter(None, map(_range, others))]
    return Answer(question, "; ".join([*parts, *_not_compared(first)]) + ".")


def said(metric: Metric, value: float) -> str:
    """A value in a sentence, with its unit."""
    if metric.against_floor == "difference":
        return f"{metric.in_column(value)} µs"
    if metric.format == "bytes":
        return f"{metric.in_column(value)} B"
    return metric.show(value)


def _order(column: Column) -> str:
    """Who is first, second and third, and who is last."""
    ranking = column.ranking
    parts = [_of_floor(column.floor, column.metric)] if column.floor else []
    if not ranking.groups:
        return _unresolved(column, parts)
    if len(ranking.in_order) == 1 and not ranking.unjudged:
        alone = ranking.in_order[0]
        parts.append(f"{_figure(column, alone)}, with no other to compare it with")
        return ", then ".join(parts)
    shown = (_group(column, group) for group in ranking.groups[:_PLACES])
    text = ", then ".join([*parts, *shown])
    last = max(ranking.in_order, key=lambda one: column.metric.worse * one.value)
    if len(ranking.groups) > _PLACES:
        text += f"; {column.headline.last}: {_figure(column, last)}"
    if ranking.unjudged:
        text += f"; too few rounds to place {_list(column, ranking.unjudged)}"
    return text


def _of_floor(floor: Entry, metric: Metric) -> str:
    assert floor.figure is not None
    return f"{FLOOR} {said(metric, floor.figure.value)} (the floor)"


def _unresolved(column: Column, parts: list[str]) -> str:
    """No two have rounds enough to be told apart: their order is all there is."""
    order = column.ranking.unjudged
    if not order:
        return "".join(parts)
    names = [_figure(column, one) for one in order[:_IN_ONE_ORDER]]
    text = ", ".join([*parts, *names])
    if len(order) > _IN_ONE_ORDER:
        text += f", ...; {column.headline.last}: {_figure(column, order[-1])}"
    return text if len(order) == 1 else f"{text}: not told apart, for there are too few rounds"


def _group(column: Column, group: Sequence[Placed]) -> str:
    if len(group) == 1:
        return _figure(column, group[0])
    rows = f"{len(group)} rows, " if len(group) > _NAMES else ""
    return f"{_list(column, group)} ({rows}not told apart)"


def _list(column: Column, placed: Sequence[Placed]) -> str:
    names = [_figure(column, one) for one in placed]
    if len(names) > _NAMES:
        return f"{', '.join(names[: _NAMES - 1])}, ... {names[-1]}"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _figure(column: Column, placed: Placed) -> str:
    return f"{placed.runtime} {said(column.metric, placed.value)}"


def _range(column: Column) -> str:
    """Of a further column: from whom to whom it goes; of a count that must be 0, who has any."""
    metric, heading = column.metric, column.layout.heading(column.metric)
    found = [
        (entry.figure.value, runtime)
        for runtime, entry in column.entries.items()
        if entry.figure and entry.other_work is None
    ]
    if not found:
        return ""
    if metric.must_be_0:
        some = [f"{runtime} {units.format_count(value)}" for value, runtime in found if value]
        return f"{heading}: {', '.join(some) or 'none'}"
    (low, least), (high, most) = min(found), max(found)
    if least == most:
        return f"{heading}: {said(metric, low)}"
    return f"{heading}: {said(metric, low)} ({least}) to {said(metric, high)} ({most})"


def _not_compared(column: Column) -> list[str]:
    """Those that did other work."""
    names = [
        runtime for runtime, entry in column.entries.items() if entry.figure and entry.other_work
    ]
    return [f"not compared, for other work (‡): {', '.join(names)}"] if names else []


def _reasons(column: Column) -> str:
    reasons = {entry.why_missing: None for entry in column.entries.values()}
    return "; ".join(list(reasons)[:_PLACES])
