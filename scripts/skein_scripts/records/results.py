"""Result files: read, validate, lint, upgrade and append. One JSON object a line: a
`session`, a `run` as each run ends, a `session_end`. The format is results/schema/v1.json, as
schema.py puts it together.

Reading is strict: a line that is no valid record makes the whole file an error, named by its line,
since a number read from a broken record is worse than none. Only a last line without an end, which
a crash leaves behind, is left out with a word. Leaves out what the numbers mean.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, cast

import jsonschema
import jsonschema_rs

from ..base import jsonl
from ..base.errors import MeasureError, UsageError, warn
from ..base.jsonl import Json, dump, number
from . import schema
from .histogram import decode
from .run_shapes import DISTRIBUTIONS, Distribution, Load, LoadErrors
from .shapes import Record, Run, Session, SessionEnd
from .workloads import workloads

DONE = ("ok", "limit")  # statuses after which nothing is measured again

CURRENT_VERSION = 1
# The step from version n to version n + 1, by n. Old files stay readable for good: a new version
# adds its step here, its schema in results/schema and a fixture of the version it leaves behind.
UPGRADES: dict[int, Callable[[Json], Json]] = {}

RESULTS_NAME = "results.jsonl"
_PERCENTILES: tuple[Literal["min", "p50", "p90", "p99", "p999", "p9999", "max"], ...] = (
    "min",
    "p50",
    "p90",
    "p99",
    "p999",
    "p9999",
    "max",
)


class RecordError(UsageError):
    """A line is not a valid record."""


@cache
def _validator(version: int) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema.assembled(version))


@cache
def _is_valid(version: int) -> Callable[[object], bool]:
    """The same, said 300 times as fast and without reasons."""
    return jsonschema_rs.validator_for(schema.assembled(version)).is_valid


def upgrade(record: Json) -> Json:
    """The record in the current version. Raises RecordError for a version nobody knows."""
    version = record.get("schema")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RecordError("it has no schema version")
    if version > CURRENT_VERSION:
        raise RecordError(
            f"its schema version {version} is newer than {CURRENT_VERSION}, which this skein reads"
        )
    while version < CURRENT_VERSION:
        record = UPGRADES[version](record)
        version += 1
    return record


def validate(record: Mapping[str, object]) -> Record:
    """The record, which is current, once schema and lint have nothing against it. Raises
    RecordError."""
    if not _is_valid(CURRENT_VERSION)(record):
        errors = sorted(_validator(CURRENT_VERSION).iter_errors(record), key=lambda e: list(e.path))
        reasons = [_describe(error) for error in errors[:3]]
        raise RecordError("; ".join(reasons) or "a number of it is none of JSON's")
    valid = cast(Record, record)
    if problems := lint(valid):
        raise RecordError("; ".join(problems))
    return valid


def _describe(error: jsonschema.ValidationError) -> str:
    where = "/".join(str(part) for part in error.absolute_path) or "the record"
    return f"{where}: {error.message[:300]}"


def lint(record: Record) -> list[str]:
    """What a schema cannot say: contradictions inside a run. Empty where there are none."""
    if record["kind"] != "run":
        return []
    problems: list[str] = []
    for name in DISTRIBUTIONS:
        if distribution := record.get(name):
            problems += _lint_distribution(name, distribution)
    if record["status"] == "ok":
        problems += _lint_ok(record)
    return problems


def _lint_distribution(name: str, distribution: Distribution) -> list[str]:
    known = [(key, value) for key in _PERCENTILES if (value := distribution.get(key)) is not None]
    problems = [
        f"{name}.{high} {above} is below {name}.{low} {below}"
        for (low, below), (high, above) in itertools.pairwise(known)
        if above < below
    ]
    mean, largest = distribution.get("mean"), distribution.get("max")
    if mean is not None and largest is not None and mean > largest:
        problems.append(f"{name}.mean {mean} is above {name}.max {largest}")
    early, earliest = distribution.get("early_count"), distribution.get("early_max_ns")
    if early is not None and earliest is not None and (early > 0) != (earliest > 0):
        problems.append(f"{name}.early_count {early} with {name}.early_max_ns {earliest}")
    if payload := distribution.get("histogram"):
        problems += _lint_payload(name, payload, distribution["count"])
    return problems


def _lint_payload(name: str, payload: str, count: int) -> list[str]:
    try:
        total = decode(payload).total
    except ValueError as error:
        return [f"{name}.histogram: {error}"]
    if total != count:
        return [f"{name}.histogram holds {total} values, {name}.count is {count}"]
    return []


def _lint_ok(record: Run) -> list[str]:
    problems = []
    work, echoed = record["work"], record["echoed"]
    assert work is not None  # the schema wants both of an ok run
    assert echoed is not None
    if work["checksum"] != work["expected_checksum"]:
        problems.append(
            f"status ok with checksum {work['checksum']}, not {work['expected_checksum']}"
        )
    for field, value in echoed.items():
        asked = record["cell"].get(field)
        if value is not None and asked is not None and value != asked:
            problems.append(f"the worker was given {field}={value}, not {asked} as asked")
    return [
        *problems,
        *_lint_counts(record.get("load")),
        *_lint_samples(record),
        *_lint_outside(record),
    ]


def _lint_counts(load: Load | None) -> list[str]:
    """What a run that counts cannot have: a generator that did not send, and errors but for those
    of requests that a saturated worker leaves unanswered."""
    if load is None:
        return []
    errors: LoadErrors = load.get("errors") or {}
    counts = {"unsent": load.get("unsent"), **errors}
    return [
        f"status ok with {count} {name}{'' if name == 'unsent' else ' errors'}"
        for name, count in counts.items()
        if count and name != "timeout"
    ]


def _lint_samples(record: Run) -> list[str]:
    """A run in which nothing was done has nothing to say. Connections that are only held are
    measured by their memory, and a counted run by its counts."""
    cell = record["cell"]
    if cell.get("mode") == "idle":
        return [] if record.get("memory") else ["status ok in mode idle without memory"]
    problems = [] if number(record, "work", "units") else ["status ok without an operation"]
    declared = workloads().get(cell["workload"])  # a row of skein_micro is of none
    samples = () if declared is None or record.get("counted") else declared.samples
    for name in samples:
        counts = (number(record, name, kind) or 0 for kind in ("count", "early_count"))
        if sum(counts) == 0:
            problems.append(f"status ok without a sample in {name}")
    return problems


def _lint_outside(record: Run) -> list[str]:
    """What is in no percentile. A file from before the bound on early timers was kept may have
    early ones."""
    problems = []
    for name in DISTRIBUTIONS:
        distribution = record.get(name)
        if distribution is None:
            continue
        bound = record.get("early_by_at_most_ns") if name == "lateness" else 0
        if overflow := distribution.get("overflow"):
            problems.append(f"status ok with {name}.overflow {overflow}")
        early_ns = distribution.get("early_max_ns") or 0
        if bound is not None and early_ns > bound:
            problems.append(f"status ok with {name}.early_max_ns {early_ns}, beyond {bound}")
    return problems


def parse_line(line: str) -> Record:
    """One line to a current, valid record. Raises RecordError."""
    try:
        record = jsonl.parse(line)
    except ValueError as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise RecordError("not a JSON object")
    return validate(upgrade(record))


def load(path: Path) -> list[Record]:
    """All records of a file, current and valid. A last line that was cut short (a crash, a full
    disk) is left out, and said so. Raises RecordError naming file and line."""
    data = _bytes_of(path)
    whole = len(data) - len(_cut_short(data))
    if whole < len(data):
        warn(f"{path}: the last line was cut short and is left out")
    # A byte that is no UTF-8 is found in its line.
    text = data[:whole].decode("utf-8", "surrogateescape")
    records = []
    for at, line in jsonl.lines_of(text):
        try:
            records.append(parse_line(_as_utf8(line)))
        except RecordError as error:
            raise RecordError(f"{path}:{at}: {error}") from error
    return records


def is_cut_short(path: Path) -> bool:
    """Whether the last line of a file was never finished. Raises UsageError where it cannot be
    read."""
    return bool(_cut_short(_bytes_of(path)))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _as_utf8(line: str) -> str:
    try:
        return line.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordError(f"not UTF-8: {error.reason} in column {error.start + 1}") from error


def _cut_short(data: bytes) -> bytes:
    """The record at the end of a file that was never finished; empty in a whole file."""
    tail = data[data.rfind(b"\n") + 1 :]
    if not tail.startswith(b"{"):
        return b""
    try:
        json.loads(tail)
    except ValueError:
        return tail
    return b""


def results_at(path: Path) -> Path:
    """The results file meant by a path: itself, or the one in the folder."""
    return path / RESULTS_NAME if path.is_dir() else path


def find_results(path: Path) -> Path:
    """The same. Raises UsageError where it is not there."""
    found = results_at(path)
    if not found.is_file():
        raise UsageError(f"there are no results at {found}")
    return found


def sessions(records: Iterable[Record]) -> list[Session]:
    """The session records, in the order of the file."""
    return [record for record in records if record["kind"] == "session"]


def runs(records: Iterable[Record]) -> list[Run]:
    """The runs of cells, in the order of the file. Runs that probe the machine are not among them:
    `probes` has those."""
    return [record for record in records if record["kind"] == "run" and not record.get("probe")]


def probes(records: Iterable[Record], what: str) -> list[Run]:
    """The runs that probed the machine (`anchor`, `saturation`), in the order of the file."""
    return [r for r in records if r["kind"] == "run" and r.get("probe") == what]


def endings(records: Iterable[Record]) -> list[SessionEnd]:
    """The closing lines of sessions, in the order of the file."""
    return [record for record in records if record["kind"] == "session_end"]


class ResultWriter:
    """Appends records to a file, each handed to the kernel before `append` returns, so that a later
    failure loses nothing. A record that could not be written whole is taken back."""

    def __init__(self, path: Path) -> None:
        """Opens for appending; raises MeasureError where that cannot be."""
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
            data = path.read_bytes() if path.is_file() else b""
            if cut := _cut_short(data):
                self._file.truncate(len(data) - len(cut))
            elif data and not data.endswith(b"\n"):
                self._file.write(b"\n")
        except OSError as error:
            raise MeasureError(f"cannot write results to {path}: {error.strerror}") from error

    def append(self, record: Record) -> None:
        """Validates and writes one record. Raises RecordError or MeasureError."""
        validate(record)
        start = self._file.seek(0, io.SEEK_END)
        left = memoryview(dump(record).encode("utf-8", "backslashreplace"))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            with contextlib.suppress(OSError):  # a device: the first error is the one to report
                self._file.truncate(start)
            raise MeasureError(
                f"cannot write results to {self._path}: {error.strerror}; what was written before"
                " is kept: go on with --resume once there is room"
            ) from error

    def close(self) -> None:
        """Closes the file; everything appended is with the kernel already."""
        self._file.close()


class StreamingWriter(ResultWriter):
    """The same, and each record is a line of standard output as well, for a program that reads it
    as the run ends."""

    def append(self, record: Record) -> None:
        """Raises BrokenPipeError where nobody reads it; by then it is in the file."""
        super().append(record)
        sys.stdout.write(dump(record))
        sys.stdout.flush()
