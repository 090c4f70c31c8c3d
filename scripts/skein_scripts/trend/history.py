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
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import median

import jsonschema

from ..base import jsonl
from ..base.commit_order import in_order
from ..base.errors import MeasureError, UsageError
from ..base.jsonl import Json
from ..base.outputs import write_text
from ..records import session_verdict
from ..records.anchor import PROBE, anchor_ns
from ..records.cells import GENERATOR_HOSTS, NETWORK, Facts, differences_by, id_of, suffix_of
from ..records.figures import cells_of, names_in
from ..records.metrics import METRICS, Metric
from ..records.results import find_results, load, probes, sessions
from ..records.schema import SCHEMA_FOLDER
from ..records.shapes import Record, Session
from ..records.workloads import measuring_settings

VERSION = 1
# How a figure is related to the anchor's CPU time of a request: as a multiple, or times it.
_BY_ANCHOR = {"ns": -1, "1/s": 1}


@dataclass(frozen=True)
class Point:
    """One commit: what each cell's metrics came to."""

    commit: str
    created_utc: str
    machine: str
    values: dict[tuple[str, str], float]  # by name of the cell, and metric
    cells: dict[str, tuple[str, Facts]] = field(default_factory=dict)  # by name: id, what was asked


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = (SCHEMA_FOLDER / f"history-v{VERSION}.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def point_of(path: Path) -> Point:
    """A results file as a point of the history. Raises UsageError for a file that cannot be one:
    without a commit or of several, with uncommitted changes, without anchors; MeasureError where
    its session says that it is inconclusive."""
    records = load(find_results(path))
    session = _the_session(records, path)
    if reasons := session_verdict.inconclusive(records):
        raise MeasureError(f"{path} is inconclusive ({reasons[0]}): measure again")
    anchors = [value for run in probes(records, PROBE) if (value := anchor_ns(run)) is not None]
    if not anchors:
        raise UsageError(f"{path} has no anchors: measure with scripts/run_matrix.py")
    speed_ns, names = median(anchors), names_in([records])
    found = [cell for cell in cells_of(records, names) if cell.summaries()]
    if not found:
        raise MeasureError(f"{path} has no run that counts")
    values = {
        (cell.name, metric.name): _ratio(metric, summary.median, speed_ns)
        for cell in found
        for metric, summary in cell.summaries().items()
    }
    cells = {cell.name: (id_of(cell.runs[0]), names.facts(cell.runs[0])) for cell in found}
    commit, machine = session["tool"]["commit"], session["environment_hash"]
    assert commit is not None  # _the_session() has refused those
    return Point(commit, session["created_utc"], machine, values, cells)


def _the_session(records: Sequence[Record], path: Path) -> Session:
    """The last one; all of them are of its commit and machine."""
    opened = sessions(records)
    if not opened:
        raise UsageError(f"{path} has no session, so no commit and no machine")
    if any(not one["tool"].get("commit") or one["tool"].get("dirty") for one in opened):
        raise UsageError(f"{path} was measured with changes that no commit has: commit, measure")
    for what, values in (
        ("commits", {one["tool"]["commit"] for one in opened}),
        ("machines", {one.get("environment_hash") for one in opened}),
    ):
        if len(values) > 1:
            raise UsageError(f"{path} is of {len(values)} {what}: add a file for each")
    return opened[-1]


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
            "kind": "history",
            "schema": VERSION,
            "commit": point.commit,
            "created_utc": point.created_utc,
            "environment_hash": point.machine,
            **_cell_fields(point, cell),
            "metric": metric,
            "value": value,
        }
        for (cell, metric), value in point.values.items()
    ]
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
    """The history, oldest first. Raises UsageError as read_ordered() does."""
    return read_ordered(folder)[0]


def read_ordered(folder: Path) -> tuple[list[Point], str]:
    """The history, oldest first, and what its order is (base/commit_order.py). Raises UsageError
    where there is none, where a file is no history, or where two kinds of machine are mixed."""
    points = _points_in(folder)
    if not points:
        raise UsageError(
            f"{folder} has no history: add the results of a commit with 'scripts/trend.py add"
            " RESULTS', or name another folder with --history"
        )
    _check_one_machine(points, folder)
    named = _told_apart(points)
    return in_order(named, lambda point: point.commit, lambda point: point.created_utc)


def _cell_fields(point: Point, name: str) -> Json:
    if name not in point.cells:
        return {"cell": name}
    cell_id, facts = point.cells[name]
    return {"cell": cell_id, "asked": {fact: value for fact, value in facts.items() if value}}


def _told_apart(points: Sequence[Point]) -> list[Point]:
    """With one name for each cell in the whole history: in one file it may need less of a name."""
    differing = differences_by(cell for point in points for cell in point.cells.values())

    def renamed(point: Point) -> Point:
        names = {
            name: cell_id + suffix_of(facts, differing[cell_id])
            for name, (cell_id, facts) in point.cells.items()
        }
        return replace(
            point,
            values={(names[cell], metric): value for (cell, metric), value in point.values.items()},
            cells={names[name]: cell for name, cell in point.cells.items()},
        )

    return [renamed(point) for point in points]


def _points_in(folder: Path) -> list[Point]:
    return [point for path in sorted(folder.glob("*.jsonl")) for point in _read_one(path)]


def _check_one_machine(points: Sequence[Point], folder: Path) -> None:
    machines = {point.machine for point in points}
    if len(machines) > 1:
        raise UsageError(
            f"{folder}: points of {len(machines)} kinds of machine do not compare: keep a folder"
            " for each (--history)"
        )


def _read_one(path: Path) -> list[Point]:
    """The points of a file: it is of one commit, unless somebody put files together."""
    try:
        text = path.read_bytes().decode("utf-8")
        lines: list[Json] = [jsonl.parse(line) for _, line in jsonl.lines_of(text)]
        for line in lines:
            _validator().validate(line)
    except (OSError, ValueError, jsonschema.ValidationError) as error:
        raise UsageError(f"{path} is no history: {jsonl.reason_of(error)}") from error
    if not lines:
        raise UsageError(f"{path} is empty")
    by_commit: dict[str, list[Json]] = {}
    for line in lines:
        by_commit.setdefault(line["commit"], []).append(line)
    return [_point_of_lines(of_commit, path) for of_commit in by_commit.values()]


def _point_of_lines(lines: Sequence[Json], path: Path) -> Point:
    asked = [(line["cell"], _facts_of(line)) for line in lines]
    differing = differences_by(asked)
    names = [cell_id + suffix_of(facts, differing[cell_id]) for cell_id, facts in asked]
    values: dict[tuple[str, str], float] = {}
    for name, line in zip(names, lines, strict=True):
        if values.setdefault((name, line["metric"]), line["value"]) is not line["value"]:
            raise UsageError(f"{path}: {line['metric']} of {name} is there twice")
    first = lines[0]
    return Point(
        first["commit"],
        first["created_utc"],
        first["environment_hash"],
        {key: float(value) for key, value in values.items()},
        dict(zip(names, asked, strict=True)),
    )


def _facts_of(line: Json) -> Facts:
    """What the line says was asked; a fact with its usual value is not in it, and an older line
    says nothing, but there was loopback alone."""
    if "asked" not in line:
        return {NETWORK: "", GENERATOR_HOSTS: ""}
    usual = dict.fromkeys((*measuring_settings(), NETWORK, GENERATOR_HOSTS), "")
    return {**usual, **line["asked"]}


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
