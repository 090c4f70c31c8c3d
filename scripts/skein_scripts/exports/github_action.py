"""What benchmark-action/github-action-benchmark reads: a list of entries with name, unit, value,
range and extra. A file is of one direction, `customSmallerIsBetter` or `customBiggerIsBetter`, and
names are unique in it, so there are two files.

Source: the README of github.com/benchmark-action/github-action-benchmark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..base.statistics import Summary, spread_meaning
from ..records.figures import CellFigures
from ..records.metrics import HIGHER_IS_WORSE, Metric

SMALLER, BIGGER = "smaller-is-better", "bigger-is-better"


def write(cells: Sequence[CellFigures]) -> dict[str, str]:
    """Both documents, by direction."""
    lists: dict[str, list[dict[str, Any]]] = {SMALLER: [], BIGGER: []}
    for cell in cells:
        for metric, summary in cell.summaries().items():
            direction = SMALLER if metric.worse == HIGHER_IS_WORSE else BIGGER
            lists[direction].append(_entry(cell, metric, summary))
    return {
        direction: json.dumps(entries, indent=1, allow_nan=False) + "\n"
        for direction, entries in lists.items()
    }


def _entry(cell: CellFigures, metric: Metric, summary: Summary) -> dict[str, Any]:
    return {
        "name": f"{cell.name} {metric.name}",
        "unit": metric.unit,
        "value": summary.median,
        "range": f"{summary.low:.6g} .. {summary.high:.6g}",
        "extra": f"{summary.n} runs; {spread_meaning(summary.n)}",
    }
