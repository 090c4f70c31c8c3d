"""Who is not ranked in the sentence of a question, and why, in few words: other work, a rate that
was not kept up with, no result. Rows that share a reason stand together, so that a sentence names
every row of the run and stays short.

Leaves out the sentence itself (answers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..records.groups import describe_work
from ..records.runtimes import FLOOR
from .headline_columns import Column, Entry, Work
from .trust import disturbance

OTHER_WORK, SATURATED = "‡", "§"  # marks of figures that are not compared


def not_ranked(columns: Sequence[Column], rows: Iterable[str]) -> list[str]:
    """Of each kind that there is, who they are. `rows`: all that the run has."""
    entries = [(name, entry) for column in columns for name, entry in column.entries.items()]
    shown = [(name, entry) for name, entry in entries if entry.figure]
    work = columns[0].work
    other = {name: _apart(e, work) for name, e in shown if e.other_work is not None}
    slow = dict.fromkeys(name for name, entry in shown if entry.is_saturated)
    parts = []
    if other:
        parts.append(f"other work ({OTHER_WORK}): {_by_reason(other)}")
    if slow:
        parts.append(f"did not keep up ({SATURATED}): {', '.join(slow)}")
    missing = _missing(columns[0], rows)
    if without := {name: why for name, why in missing.items() if name not in {**other, **slow}}:
        parts.append(f"no result: {_by_reason(without)}")
    return parts


def no_result(column: Column, rows: Iterable[str]) -> str:
    """The same of a question to which no row has a result."""
    return f"no result: {_by_reason(_missing(column, rows))}"


def _missing(column: Column, rows: Iterable[str]) -> dict[str, str]:
    """Rows without a figure, each with its reason."""
    found = {
        name: _why_missing(column, entry)
        for name, entry in column.entries.items()
        if entry.figure is None and not (name == FLOOR and _is_measure(column, entry))
    }
    return found | {name: "not measured" for name in rows if name not in column.entries}


def _is_measure(column: Column, floor: Entry) -> bool:
    """Whether a column has figures against the floor: it has none of its own then."""
    return column.metric.against_floor is not None and bool(floor.series.ok)


def _why_missing(column: Column, entry: Entry) -> str:
    if entry.series.ok and column.metric.against_floor is not None:
        apart = _apart(entry, column.work) if entry.other_work is not None else ""
        return f"no floor with {apart}" if apart else "no floor run beside it"
    last = entry.series.runs[-1] if entry.series.runs else None
    if not entry.series.ok and last is not None and last["status"] == "invalid":
        return f"disturbed: {disturbance(last)}"
    return entry.why_missing


def _apart(entry: Entry, work: Work) -> str:
    """In what a row's work differs from that of its question."""
    cell = entry.series.cell
    mine = describe_work(cell) + entry.group.apart if cell else ""
    usual = _parts(work.title)
    return ", ".join(part for part in _parts(mine) if part not in usual) or str(entry.other_work)


def _parts(title: str) -> list[str]:
    return re.split(r"[,:] ", title)


def _by_reason(why: dict[str, str]) -> str:
    """Rows with their reasons, which stand once each: "go (not run), fiber, thread (disturbed)"."""
    names: dict[str, list[str]] = {}
    for name, reason in why.items():
        names.setdefault(reason, []).append(name)
    return ", ".join(f"{', '.join(of_one)} ({reason})" for reason, of_one in names.items())
