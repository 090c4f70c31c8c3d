"""Writes the lines of the summary that skein run prints, from results/metrics.toml, as
harness/conductor/record/summary_line.hpp describes them."""

from __future__ import annotations

import json
from pathlib import Path

from ..records.metric_tables import Piece, SummaryLine, summary_lines
from ..records.metrics import Metric
from .header import write_header

_SOURCE = "results/metrics.toml"
# How the terminal shows what a column shows in another way.
_FORMATS = {"size": "bytes"}


def write(path: Path) -> None:
    """Writes the header."""
    write_header(path, _SOURCE, header(list(summary_lines())))


def header(lines: list[SummaryLine]) -> str:
    """The text of the header, for a summary of these lines."""
    return "\n".join(
        [
            '#include "harness/conductor/record/summary_line.hpp"\n',
            "namespace skein::conductor::declared {\n",
            *(_pieces(number, line) for number, line in enumerate(lines)),
            "inline constexpr summary_line summary[] = {",
            *(f"    {_line(number, line)}," for number, line in enumerate(lines)),
            "};\n",
            "}  // namespace skein::conductor::declared\n",
        ]
    )


def _pieces(number: int, line: SummaryLine) -> str:
    pieces = "".join(f"    {_piece(piece)},\n" for piece in line.pieces)
    return f"inline constexpr summary_piece line_{number}[] = {{\n{pieces}}};\n"


def _piece(piece: Piece) -> str:
    parts = [_text(piece.text), _figure(piece.metric), _text(_place(piece.where))]
    return f"{{{', '.join(parts)}}}"


def _line(number: int, line: SummaryLine) -> str:
    return f"{{{_text(line.label)}, line_{number}, {_text(_place(line.where))}}}"


def _figure(metric: Metric | None) -> str:
    if metric is None:
        return "{}"
    shown = "none_or_count" if metric.must_be_0 else _FORMATS.get(metric.format, metric.format)
    minus = _pointer(metric.minus)
    return f"{{{_text(_place(metric))}, {_text(minus)}, figure_format::{shown}}}"


def _place(metric: Metric | None) -> str:
    return _pointer(metric.paths[0] if metric else None)


def _pointer(path: tuple[str, ...] | None) -> str:
    """A place in a record, as a JSON pointer."""
    return "/" + "/".join(path) if path else ""


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
