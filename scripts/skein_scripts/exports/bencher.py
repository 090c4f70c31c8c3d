"""Bencher Metric Format: `{cell: {measure: {value, lower_value, upper_value}}}`; the bounds are the
interval of the median over the repeats, and left out where there are too few for one.

Source: bencher.dev/docs/reference/bencher-metric-format, and its schema bencher.dev/bmf.json.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..base.names import distinct
from ..base.statistics import Summary
from ..records.figures import CellFigures

_NAME_LIMIT = 1024


def write(cells: Sequence[CellFigures]) -> str:
    """The document. Cells without a figure are left out: the format has no place for them."""
    measured = [cell for cell in cells if cell.summaries()]
    names = distinct([cell.name for cell in measured], _NAME_LIMIT)
    document = {
        name: {
            # A measure is named by its slug, which has dashes.
            metric.name.replace("_", "-"): _value(summary)
            for metric, summary in cell.summaries().items()
        }
        for name, cell in zip(names, measured, strict=True)
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _value(summary: Summary) -> dict[str, float]:
    if not summary.is_interval:
        return {"value": summary.median}
    return {"value": summary.median, "lower_value": summary.low, "upper_value": summary.high}
