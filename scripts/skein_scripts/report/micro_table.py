"""The table of single steps: a row for each step on each runtime, controls included. Leaves out
drawing them (plots/micro_costs.py)."""

from __future__ import annotations

from collections.abc import Sequence

from ..base.table import Table
from ..records.shapes import Record
from .plots import micro_costs
from .plots.micro_costs import Row

_COLUMNS = ["runtime", "step", "wall time of one item", "n"]


def make_tables(records: Sequence[Record]) -> list[Table]:
    """One table; none where the records have no single steps."""
    rows = micro_costs.in_reading_order(micro_costs.rows_of(records))
    if not rows:
        return []
    counts, meaning = micro_costs.counts_of(rows)
    return [
        Table(
            title="Single steps · wall time of one item, each repetition a process",
            columns=_COLUMNS,
            rows=[_texts(row) for row in rows],
            notes=[
                f"median of {counts}; [low, high]: {meaning}",
                "a number after the step: how many tasks or timers there are at a time",
            ],
        )
    ]


def _texts(row: Row) -> list[str]:
    if not row.values_ns:
        return [row.runtime, row.label, row.reason or "not run"]
    median, reach, _ = micro_costs.cells_of(row)
    return [row.runtime, row.label, f"{median} {reach}".strip(), str(len(row.values_ns))]
