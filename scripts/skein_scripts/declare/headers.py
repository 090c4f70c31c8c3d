"""Writes all headers that follow from declarations."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import OK, UsageError
from . import cells, runtimes, summary


def main(arguments: list[str]) -> int:
    """Writes them into the folder that the command line names."""
    if len(arguments) != 1:
        raise UsageError("name the folder to write headers to, and nothing else")
    folder = Path(arguments[0])
    cells.write(folder / "workloads")
    runtimes.write(folder / "runtimes.hpp")
    summary.write(folder / "results" / "metrics.hpp")
    return OK
