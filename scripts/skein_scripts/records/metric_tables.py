"""Where the metrics stand, as results/metrics.toml says: the columns of the report's tables, and
the lines of the summary that skein run prints.

Imports the standard library alone, as metrics.py does. Leaves out what a cell shows of the runs
(report/table_cells.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from . import metric_rows
from .metrics import COLUMN_UNITS, FILE, Metric, metrics

RESULTS, SPREAD, STYLE_BY_LOOP = KINDS = ("results", "spread", "style_by_loop")
TASK = "{task}"  # in a label: what the workload calls one of its tasks
_ANY = "any"
_SECTION = re.compile(r"\[(\w+)\?([^\[\]]*)\]")
_FIGURE = re.compile(r"\{(\w+)\}")

Column = tuple[Metric, ...]  # of several, the first that any run has


@dataclass(frozen=True)
class TableLayout:
    """A table's columns in order, those of them that stand with their interval, and the words of
    the headings."""

    columns: tuple[Column, ...]
    intervals: frozenset[Metric]
    words: Mapping[str, str]

    def heading(self, metric: Metric) -> str:
        """Of a column, without a unit."""
        return (metric.heading or metric.name).format(**self.words)

    def title(self, metric: Metric) -> str:
        """Of a column."""
        return self.heading(metric) + COLUMN_UNITS.get(metric.format, "")


@dataclass(frozen=True)
class Piece:
    """Part of a summary's line: a text, and the figure behind it, if there is one. It is there only
    where a record has the metric `where`."""

    text: str
    metric: Metric | None
    where: Metric | None


@dataclass(frozen=True)
class SummaryLine:
    """A line of a run's summary. `where`: as in a piece; None: any figure outside brackets."""

    label: str
    pieces: tuple[Piece, ...]
    where: Metric | None


@cache
def layout_of(kind: str, workload: str, shape: str, path: Path = FILE) -> TableLayout:
    """The layout of a kind of table for work. Raises UsageError where none can be made."""
    found, of = _tables(path)[kind], metrics(path)
    said = {**found[_ANY], **found.get(workload, {}), **found.get(f"{workload}/{shape}", {})}
    return TableLayout(
        tuple(tuple(of[name] for name in _alternatives(one)) for one in said["columns"]),
        frozenset(of[name] for name in said.get("intervals", ())),
        said["words"],
    )


def _alternatives(column: str | list[str]) -> list[str]:
    return column if isinstance(column, list) else [column]


@cache
def _tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """By kind, then by work."""
    found: Mapping[str, Mapping[str, Any]] = metric_rows.table(path).get("table", {})
    if found.keys() != set(KINDS) or not all(_ANY in of_kind for of_kind in found.values()):
        raise UsageError(f"{path}: there is a [table.KIND.any] for each of {', '.join(KINDS)}")
    for kind, of_kind in found.items():
        for work, table in of_kind.items():
            try:
                _check_table(table, metrics(path), whole=work == _ANY)
            except UsageError as error:
                raise UsageError(f"{path}: table {kind}.{work}: {error}") from None
    return found


def _check_table(table: Mapping[str, Any], known: Mapping[str, Metric], whole: bool) -> None:
    for key in table:
        check_name("key", key, ("columns", "intervals", "words"))
    for key in ("columns", "words"):
        if whole and key not in table:
            raise UsageError(f"it has no {key}, which the others may leave out")
    for name in [name for one in table.get("columns", ()) for name in _alternatives(one)]:
        check_name("metric", str(name), known)
        if known[name].heading is None:
            raise UsageError(f"metric {name} is a column and has no heading")
    for name in table.get("intervals", ()):
        check_name("metric", str(name), known)
    if "words" in table and table["words"].keys() != set(metric_rows.WORDS):
        raise UsageError(f"words has {', '.join(metric_rows.WORDS)}, not {table['words']!r}")


def summary_lines(path: Path = FILE) -> Sequence[SummaryLine]:
    """The lines of a run's summary, in order. Raises UsageError for one that cannot be."""
    lines = []
    for entry in metric_rows.table(path).get("summary", []):
        try:
            lines.append(_line(entry, metrics(path)))
        except UsageError as error:
            raise UsageError(f"{path}: summary {entry.get('label')!r}: {error}") from None
    return lines


def _line(entry: Mapping[str, Any], known: Mapping[str, Metric]) -> SummaryLine:
    for key in entry:
        check_name("key", key, ("label", "text", "where"))
    for key in ("label", "text"):
        if not isinstance(entry.get(key), str):
            raise UsageError(f"it has no {key}")
    if re.search(r"[{}]", entry["label"].replace(TASK, "")):
        raise UsageError(f"a label has no figure: only {TASK}, for what the workload's task is")
    where = _figure(entry["where"], known) if "where" in entry else None
    return SummaryLine(entry["label"], tuple(_pieces(entry["text"], known)), where)


def _pieces(text: str, known: Mapping[str, Metric]) -> Iterator[Piece]:
    """The text of a line, with its sections in brackets, in parts."""
    done = 0
    for section in _SECTION.finditer(text):
        yield from _plain(text[done : section.start()], None, known)
        yield from _plain(section[2], _figure(section[1], known), known)
        done = section.end()
    yield from _plain(text[done:], None, known)


def _plain(text: str, where: Metric | None, known: Mapping[str, Metric]) -> Iterator[Piece]:
    done = 0
    for figure in _FIGURE.finditer(text):
        before = _without_marks(text[done : figure.start()])
        yield Piece(before, _figure(figure[1], known), where)
        done = figure.end()
    if rest := _without_marks(text[done:]):
        yield Piece(rest, None, where)


def _figure(name: str, known: Mapping[str, Metric]) -> Metric:
    check_name("metric", name, known)
    metric = known[name]
    if len(metric.paths) > 1 or metric.against_floor:
        raise UsageError(f"metric {name} is no figure that a record has in one place")
    return metric


def _without_marks(text: str) -> str:
    if mark := re.search(r"[][{}]", text):
        raise UsageError(
            f"'{mark[0]}' in '{text}': a figure is {{metric}}, and a part that is not always there"
            " [metric?...]"
        )
    return text
