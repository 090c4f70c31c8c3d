"""The table of runtimes/REFERENCES.md: a line on each row that is other people's runtime, from its
manifest. Leaves out the prose around it, which is the page's own."""

from __future__ import annotations

from collections.abc import Sequence

from ..base.tree import ROOT
from .runtimes import FOLDER, Runtime
from .workloads import workloads

PAGE = ROOT / "runtimes/REFERENCES.md"
_HEAD = ("id", "what it is", "buffers", "most unequal", "head")


def with_table(page: str, rows: Sequence[Runtime]) -> str:
    """The text of the page with its table, which it must have, written anew."""
    lines = page.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith("|")]
    table = [_line(_HEAD), "|" + "---|" * len(_HEAD), *(_line(_cells(row)) for row in rows)]
    lines[places[0] : places[-1] + 1] = table
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Runtime) -> tuple[str, ...]:
    head = row.head.relative_to(FOLDER).as_posix()
    return f"`{row.id}`", row.about, _buffers(row), row.unfair, f"`{head}/`"


def _buffers(row: Runtime) -> str:
    """Those that it serves; of one that has no use for them, what it does do."""
    if row.buffers:
        return ", ".join(row.buffers)
    done = [name for name in workloads() if name not in dict(row.cannot)]
    return f"{', '.join(done)} only" if done else "no workload"
