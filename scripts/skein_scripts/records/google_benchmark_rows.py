"""Reads Google Benchmark's JSON: every benchmark with its repetitions, and of what has no time to
compare the reason. The format is what its reporter writes and its tools read, in all versions:

- A benchmark is a family and an instance of it (`family_index`, `per_family_instance_index`), not a
  name: two may share one. Rows of version 1.5 and before have neither, and no `run_type` either.
- `error_occurred` and `skipped` rows have times of 0. A time may be NaN or infinite.
- Aggregates are no repetitions; `BigO` and `RMS` are of a family, and no benchmark.
- User counters stand among the other fields of a row, by any name: `rms` or `skipped` may be one.
- A benchmark that says `/real_time` or `/manual_time` in its name is measured by that clock, and
  its CPU time means little.

Sources: src/json_reporter.cc, src/statistics.cc, tools/gbench/report.py and util.py of
github.com/google/benchmark, 1.5 to 1.9. Leaves out what is made of them (gate/sources.py).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from ..base.errors import UsageError
from ..base.jsonl import Json, reason_of
from .shapes import Session

_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
_SCHEMA_VERSION = 1
_REAL_TIME = re.compile(r"/(real_time|manual_time)(/|$)")
# Before there was run_type, an aggregate was a row with such an end of its name.
_OLD_AGGREGATES = ("mean", "median", "stddev", "cv")
_OF_A_FAMILY = ("BigO", "RMS")
# Of a session: context of our own, as exports/google_benchmark.py writes it.
MACHINE = ("kernel", "virtualization", "libc")


@dataclass(frozen=True)
class Repetition:
    """One row: a time, or why there is none."""

    index: int
    time_ns: float | None
    status: str = "ok"
    reason: str | None = None


@dataclass(frozen=True)
class Benchmark:
    """One benchmark of a document."""

    name: str  # one of several of this name says which
    repetitions: list[Repetition]
    is_of_real_time: bool  # measured by the wall clock, or by one of its own


def read_document(text: str, what: str) -> Json:
    """The document. Raises UsageError where it is none of Google Benchmark's, or of a newer
    form."""
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} is no Google Benchmark JSON: {reason_of(error)}") from error
    rows = document.get("benchmarks") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise UsageError(f"{what} is no Google Benchmark JSON: it has no list of benchmarks")
    context = document.get("context") or {}
    version = context.get("json_schema_version", _SCHEMA_VERSION)
    if version != _SCHEMA_VERSION:
        raise UsageError(f"{what} has json_schema_version {version}, and {_SCHEMA_VERSION} is read")
    return document


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("name"), str)


def read_benchmarks(document: Json) -> list[Benchmark]:
    """All benchmarks, in the order of the document. Of one name there may be several: then each is
    called the first, the second, ... of how many."""
    rows: list[Json] = document["benchmarks"]
    names = {row["name"] for row in rows}
    grouped: dict[tuple[str, object, object], list[Json]] = {}
    for row in rows:
        if not _is_of_family(row):
            grouped.setdefault(_key_of(row, names), []).append(row)
    keys_of: dict[str, list[object]] = {}
    for key in grouped:
        keys_of.setdefault(key[0], []).append(key)
    found = []
    for key, of_key in grouped.items():
        name, keys = key[0], keys_of[key[0]]
        shown = name if len(keys) == 1 else f"{name} ({keys.index(key) + 1} of {len(keys)})"
        is_of_real_time = _REAL_TIME.search(name) is not None
        clock = "real_time" if is_of_real_time else "cpu_time"
        found.append(Benchmark(shown, _repetitions(of_key, names, name, clock), is_of_real_time))
    return found


def _key_of(row: Json, names: Iterable[str]) -> tuple[str, object, object]:
    name = row.get("run_name") or row["name"]
    if "run_type" not in row and _is_aggregate(row, names):
        name = row["name"].rpartition("_")[0]
    return name, row.get("family_index"), row.get("per_family_instance_index")


def _is_of_family(row: Json) -> bool:
    if "run_type" in row:
        return row["run_type"] == "aggregate" and row.get("aggregate_name") in _OF_A_FAMILY
    # A benchmark that has a user counter of this name has iterations as well.
    return "iterations" not in row and ("big_o" in row or "rms" in row)


def _is_aggregate(row: Json, names: Iterable[str]) -> bool:
    if "run_type" in row:
        return bool(row["run_type"] == "aggregate")
    plain, _, end = row["name"].rpartition("_")
    whole = plain in names or all(f"{plain}_{one}" in names for one in ("mean", "stddev"))
    return end in _OLD_AGGREGATES and whole


def _repetitions(
    rows: Sequence[Json], names: Iterable[str], name: str, clock: str
) -> list[Repetition]:
    single = [row for row in rows if not _is_aggregate(row, names)]
    if not single:
        kinds = ", ".join(
            str(row.get("aggregate_name") or row["name"].rpartition("_")[2]) for row in rows
        )
        why = f"it has only aggregates ({kinds}): run it without ...report_aggregates_only"
        return [Repetition(0, None, "skipped", why)]
    indices = [row.get("repetition_index") for row in single]
    is_unique = all(isinstance(one, int) for one in indices) and len(set(indices)) == len(indices)
    if not is_unique and None not in indices and single[0].get("family_index") is None:
        # Two benchmarks of one name, or two documents put together: nothing tells.
        why = f"repetition {indices[0]} of {name} is there {indices.count(indices[0])} times"
        return [Repetition(0, None, "skipped", why)]
    return [
        _repetition(row["repetition_index"] if is_unique else place, row, clock)
        for place, row in enumerate(single)
    ]


def _repetition(index: int, row: Json, clock: str) -> Repetition:
    if row.get("error_occurred") is True:  # a user counter of this name is a number
        return Repetition(index, None, "failed", str(row.get("error_message") or "no message"))
    if row.get("skipped") is True:
        return Repetition(index, None, "skipped", str(row.get("skip_message") or "no message"))
    value, unit = row.get(clock), str(row.get("time_unit"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Repetition(index, None, "invalid", f"it has no {clock}")
    if unit not in _NS:
        return Repetition(index, None, "invalid", f"its time_unit {unit} is not known")
    if not math.isfinite(value) or value <= 0:
        shown = "NaN" if math.isnan(value) else f"{value:g}"
        return Repetition(index, None, "invalid", f"its {clock} is {shown}")
    return Repetition(index, value * _NS[unit])


def session_of(text: str, what: str) -> Session:
    """What a document says of its machine and build, in the places of a session. Raises
    UsageError."""
    context = read_document(text, what).get("context") or {}
    session = {
        "session_id": what,
        "tool": {"commit": None},
        "environment": {
            "cpu_model": _machine_of(context),
            "cpus_online": context.get("num_cpus"),
            **{name: context.get(name) for name in MACHINE},
        },
        "build": {
            "compiler": context.get("compiler"),
            "flags": context.get("build_flags"),
            "type": context.get("library_build_type"),
        },
    }
    return cast(Session, session)  # as far as a comparison reads it


def _machine_of(context: Json) -> str:
    host, mhz = context.get("host_name") or "", context.get("mhz_per_cpu")
    return f"{host} {mhz} MHz" if mhz else str(host)


def read(text: str, what: str) -> dict[str, list[float]]:
    """The times in ns of every benchmark that has some, by its name. Raises UsageError."""
    times = {
        one.name: [each.time_ns for each in one.repetitions if each.time_ns is not None]
        for one in read_benchmarks(read_document(text, what))
    }
    return {name: values for name, values in times.items() if values}
