"""The history: a file of JSON Lines per commit (results/schema/history-v1.json), with a ratio for
each cell and metric instead of the raw figure. Times and rates are divided by the session's anchor,
which takes out how fast the machine was that day; memory and instructions need no such reference.
What is left is comparable only on one kind of machine, which is why its hash is in the file.

Leaves out change points (change_points.py) and drawing (figure.py).
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema

from .. import closing, jsonl
from ..anchor import PROBE, anchor_ns
from ..comparison.metrics import METRICS, Metric
from ..errors import MeasureError, UsageError
from ..exports.figures import cells_of
from ..outputs import write_text
from ..results import SCHEMA_FOLDER, Record, find_results, load, probes, sessions
from ..statistics import median

VERSION = 1
# How a figure is related to the anchor's CPU time of a request: as a multiple, or times it.
_BY_ANCHOR = {"ns": -1, "1/s": 1}


@dataclass(frozen=True)
class Point:
    """One commit: what each cell's metrics came to."""

    commit: str
    created_utc: str
    machine: str
    values: dict[tuple[str, str], float]  # by cell and metric


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = (SCHEMA_FOLDER / f"history-v{VERSION}.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def point_of(path: Path) -> Point:
    """A results file as a point of the history. Raises UsageError for a file that cannot be one:
    without a commit, with uncommitted changes, without anchors; MeasureError where its session says
    that it is inconclusive."""
    records = load(find_results(path))
    opened = sessions(records)
    if not opened:
        raise UsageError(f"{path} has no session, so no commit and no machine")
    session = opened[-1]
    tool = session["tool"]
    if not tool.get("commit") or tool.get("dirty"):
        raise UsageError(f"{path} was measured with changes that no commit has: commit, measure")
    if reasons := closing.inconclusive(records):
        raise MeasureError(f"{path} is inconclusive ({reasons[0]}): measure again")
    anchors = [value for run in probes(records, PROBE) if (value := anchor_ns(run)) is not None]
    if not anchors:
        raise UsageError(f"{path} has no anchors: measure with scripts/run_matrix.py")
    speed_ns = median(anchors)
    values = {
        (cell.name, metric.name): _ratio(metric, summary.median, speed_ns)
        for cell in cells_of(records)
        for metric, summary in cell.summaries().items()
    }
    if not values:
        raise MeasureError(f"{path} has no run that counts")
    return Point(tool["commit"], session["created_utc"], session["environment_hash"], values)


def _ratio(metric: Metric, value: float, speed_ns: float) -> float:
    return float(value * speed_ns ** _BY_ANCHOR.get(metric.unit, 0))


def save(point: Point, folder: Path) -> Path:
    """Writes the file of a commit, or replaces it; returns its path. The old file is there until
    the new one is. Raises UsageError where the history is of another kind of machine."""
    others = [one for one in _points_in(folder) if one.commit != point.commit]
    _check_one_machine([*others, point], folder)
    earlier = list(folder.glob(f"*-{point.commit[:12]}.jsonl"))
    day = re.sub(r"[^0-9T]", "", point.created_utc)[:15]
    path = folder / f"{day}-{point.commit[:12]}.jsonl"
    lines = [
        {
            "kind": "history", "schema": VERSION, "commit": point.commit,
            "created_utc": point.created_utc, "environment_hash": point.machine, "cell": cell,
            "metric": metric, "value": value,
        }
        for (cell, metric), value in point.values.items()
    ]  # fmt: skip
    for line in lines:
        _validator().validate(line)
    unfinished = path.with_suffix(".unfinished")
    try:
        write_text(unfinished, "".join(jsonl.dump(line) for line in lines))
        unfinished.replace(path)
        for old in earlier:
            if old != path:
                old.unlink()
    except OSError as error:
        raise MeasureError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):  # it has its new name, or was never made
            unfinished.unlink()
    return path


def read(folder: Path) -> list[Point]:
    """The history, oldest first. Raises UsageError where there is none, where a file is no history,
    or where two kinds of machine are mixed."""
    points = _points_in(folder)
    if not points:
        raise UsageError(
            f"{folder} has no history: add the results of a commit with 'scripts/trend.py add"
            " RESULTS', or name another folder with --history"
        )
    _check_one_machine(points, folder)
    return sorted(points, key=lambda point: point.created_utc)


def _points_in(folder: Path) -> list[Point]:
    return [_read_one(path) for path in sorted(folder.glob("*.jsonl"))]


def _check_one_machine(points: Sequence[Point], folder: Path) -> None:
    machines = {point.machine for point in points}
    if len(machines) > 1:
        raise UsageError(
            f"{folder}: points of {len(machines)} kinds of machine do not compare: keep a folder"
            " for each (--history)"
        )


def _read_one(path: Path) -> Point:
    try:
        text = path.read_bytes().decode("utf-8")
        lines: list[Record] = [jsonl.parse(line) for _, line in jsonl.lines_of(text)]
        for line in lines:
            _validator().validate(line)
    except (OSError, ValueError, jsonschema.ValidationError) as error:
        raise UsageError(f"{path} is no history: {jsonl.reason_of(error)}") from error
    if not lines:
        raise UsageError(f"{path} is empty")
    first = lines[0]
    values = {(line["cell"], line["metric"]): float(line["value"]) for line in lines}
    return Point(first["commit"], first["created_utc"], first["environment_hash"], values)


@dataclass(frozen=True)
class Line:
    """One metric of one cell over the commits that have it, relative to the first of them."""

    cell: str
    metric: Metric
    points: list[Point]
    relative: list[float]


def lines_of(points: Sequence[Point]) -> list[Line]:
    """All lines, by metric in the order of their list, then by cell in the order of their age."""
    keys = dict.fromkeys(key for point in points for key in point.values)
    lines = []
    for metric in METRICS:
        for cell, name in keys:
            if name == metric.name:
                having = [point for point in points if (cell, name) in point.values]
                first = having[0].values[cell, name]
                relative = [point.values[cell, name] / first for point in having]
                lines.append(Line(cell, metric, having, relative))
    return lines
