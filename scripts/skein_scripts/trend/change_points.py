"""Change points of a history, found by Apache Otava where it is installed: E-divisive means with a
t-test (Fleming et al., Hunter, ICPE 2023). Without it a history is drawn, and nothing is marked.

Leaves out the history itself (history.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import MeasureError
from ..base.jsonl import Json
from ..exports import otava_csv
from .history import Line

_TIMEOUT_S = 300
HOW_TO_INSTALL = "otava is not installed: no change points (pipx install apache-otava)"


@dataclass(frozen=True)
class Change:
    """A metric of a cell went from one level to another, with this commit first."""

    cell: str
    metric: str
    commit: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """After / before."""
        return self.after / self.before


def is_available() -> bool:
    """Whether otava can be called."""
    return shutil.which("otava") is not None


def find(lines: Sequence[Line]) -> list[Change]:
    """All changes, in the order of the lines. Raises MeasureError where otava fails."""
    # Otava wants rows without gaps: a table per line, named by its place.
    long_enough = {f"line{n}": line for n, line in enumerate(lines) if len(line.points) > 1}
    if not long_enough:
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for test, line in long_enough.items():
            (folder / f"{test}.csv").write_text(_table(line))
        entries = (otava_csv.test(test, [line.metric]) for test, line in long_enough.items())
        (folder / otava_csv.CONFIG_NAME).write_text("tests:\n" + "".join(entries))
        since = min(line.points[0].created_utc for line in long_enough.values())[:10]
        answers = _analyze(folder, list(long_enough), since)
    return [
        Change(
            line.cell,
            line.metric.name,
            group["attributes"]["commit"],
            float(change["mean_before"]),
            float(change["mean_after"]),
        )
        for test, line in long_enough.items()
        for group in answers.get(test, [])
        for change in group["changes"]
    ]


def _table(line: Line) -> str:
    rows = [
        (point.created_utc.replace("Z", "+00:00"), point.commit, {line.metric: value})
        for point, value in zip(line.points, line.relative, strict=True)
    ]
    return otava_csv.table(rows, [line.metric])


def _analyze(folder: Path, tests: Sequence[str], since: str) -> dict[str, list[Json]]:
    """Otava's answers by test: one call, as starting it takes a second."""
    command = [
        "otava",
        "analyze",
        *tests,
        "--since",
        since,
        "--output",
        "json",
        "--config-file",
        otava_csv.CONFIG_NAME,
    ]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise MeasureError(f"otava failed: {done.stderr.strip()[-300:]}")
        return _documents(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise MeasureError(f"otava gave no answer: {error}") from error


def _documents(text: str) -> dict[str, list[Json]]:
    """It prints a document of JSON for each test, one after the other."""
    decoder = json.JSONDecoder()
    found: dict[str, list[Json]] = {}
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        found |= document
        text = text[end:].lstrip()
    return found
