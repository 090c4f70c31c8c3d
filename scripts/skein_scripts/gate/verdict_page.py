"""Verdicts as a page of HTML: the rows of the printed tables, each with its forest plot beside it,
what was compared, and the conditions that changed. Leaves out what the rows say (show.py) and where
the marks of a plot stand (forest.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base.html_page import html_page
from ..base.jsonl import Json
from ..base.table import Table
from . import forest, show
from .compared import IMPROVED, INCONCLUSIVE, INVALID, MISSING, REGRESSED, Comparison
from .record import Side

_TEMPLATE = Path(__file__).resolve().parent / "templates" / "comparison.html.j2"
# How the columns of the table look: only figures and words stand on one line. Plots stand before
# the change.
_LOOKS = dict(
    zip(
        show.COLUMNS,
        ("long", "word", *["number figure"] * 3, "number ends", "number", "verdict"),
        strict=True,
    )
)
_PLOTTED_BEFORE = "change"
# The verdict that a page's first line has the colour of: that which matters most.
_LEADS = {
    REGRESSED: "worse",
    INVALID: "worse",
    MISSING: "worse",
    INCONCLUSIVE: "",
    IMPROVED: "better",
}


@dataclass(frozen=True)
class Part:
    """A table, and the comparisons that its rows are of."""

    made: Table
    comparisons: list[Comparison]

    def rows(self, axis: forest.Axis) -> list[Row]:
        """Its rows with their figures."""
        return [
            Row(texts, one.verdict, one.metric.gated, forest.marks_of(one, axis))
            for texts, one in zip(self.made.rows, self.comparisons, strict=True)
        ]


@dataclass(frozen=True)
class Row:
    """A row of a table with what is drawn beside it; None: it has no ratio."""

    texts: list[str]
    verdict: str
    is_gated: bool
    marks: forest.Marks | None


def part(comparisons: Sequence[Comparison], title: str, notes: Sequence[str]) -> Part:
    """The table that the terminal shows of comparisons."""
    return Part(show.table_of(comparisons, title, notes), show.in_order(comparisons))


def page(
    heading: str,
    summary: Sequence[str],
    sides: tuple[Side, Side],
    changed: Sequence[str] | None,
    parts: Sequence[Part],
    *,
    has_failed: bool,
) -> str:
    """The page of one part or more. `summary`: what came of it; `changed`: conditions of the
    workers that are others in the candidate, None where they are not known; `has_failed`: whether
    anything went wrong, whatever the verdicts: the candidate failed, or it ended early."""
    every = [one for each in parts for one in each.comparisons]
    axis = forest.Axis.of(every)
    # The first part decides: what a gate confirmed, where it confirmed anything.
    verdicts = {one.verdict for one in parts[0].comparisons if one.metric.gated}
    values = {
        "heading": heading,
        "summary": summary,
        "lead": "worse" if has_failed else _look_of(verdicts),
        "sides": [
            (name, _facts_of(side)) for name, side in zip(("base", "candidate"), sides, strict=True)
        ],
        "changed": changed,
        "parts": [(each.made, each.rows(axis)) for each in parts],
        "axis": axis,
        "looks": _LOOKS,
        "plotted_before": _PLOTTED_BEFORE,
        "width": forest.WIDTH,
        "height": forest.HEIGHT,
    }
    return html_page(_TEMPLATE, values)


def _look_of(verdicts: Collection[str]) -> str:
    return next((look for name, look in _LEADS.items() if name in verdicts), "")


def _facts_of(side: Side) -> Json:
    """As the comparison's file has it, without commits that nobody recorded."""
    facts = side.as_record()
    return facts | {"commits": [name for name in facts["commits"] if name != str(None)]}
