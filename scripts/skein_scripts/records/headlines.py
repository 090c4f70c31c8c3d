"""The questions that the report's first screen answers, as results/metrics.toml declares them:
[[headline]], each with its columns of the headline table. One that cannot be is refused with what
is wrong about it, by its title.

Leaves out what stands in the columns (report/headline_columns.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from . import metric_rows
from .metrics import FILE, Metric, metrics
from .workloads import workloads

_TEXTS = ("title", "question", "last", "workload")
_LISTS = ("shapes", "metrics")
_MAY = ("middle",)


@dataclass(frozen=True)
class Headline:
    """One question, and its columns. What its fields mean is said in the file."""

    title: str
    question: str
    last: str
    workload: str
    shapes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    middle: str | None = None


@cache
def headlines(path: Path = FILE) -> Sequence[Headline]:
    """All of them, in order. Raises UsageError for the first that cannot be."""
    entries = metric_rows.table(path).get("headline", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UsageError(f"{path}: it is [[headline]], in two brackets, for each question")
    found: list[Headline] = []
    for entry in entries:
        try:
            found.append(_headline(entry, metrics(path)))
            _require_new_title(found)
        except UsageError as error:
            raise UsageError(f"{path}: headline {entry.get('title')!r}: {error}") from None
    return tuple(found)


def _headline(entry: Mapping[str, Any], known: Mapping[str, Metric]) -> Headline:
    for key in entry:
        check_name("key", key, (*_TEXTS, *_LISTS, *_MAY))
    for key in _TEXTS:
        _require_text(key, entry.get(key))
    for key in _LISTS:
        _require_list(key, entry.get(key))
    _check_work(entry)
    for name in entry["metrics"]:
        check_name("metric", name, known)
        if known[name].heading is None:
            raise UsageError(f"metric {name} is a column and has no heading")
    return Headline(
        **{key: entry[key] for key in (*_TEXTS, *_MAY) if key in entry},
        shapes=tuple(entry["shapes"]),
        metrics=tuple(known[name] for name in entry["metrics"]),
    )


def _check_work(entry: Mapping[str, Any]) -> None:
    check_name("workload", entry["workload"], workloads())
    declared = workloads()[entry["workload"]]
    for shape in entry["shapes"]:
        check_name("mode or pattern", shape, declared.shapes)
    if "middle" in entry:
        check_name("field in middle", str(entry["middle"]), [one.name for one in declared.fields])


def _require_text(key: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        said = "left out" if value is None else repr(value)
        raise UsageError(f"{key} is a text, not {said}")


def _require_list(key: str, value: object) -> None:
    if not isinstance(value, list) or not value:
        said = "left out" if value is None else repr(value)
        raise UsageError(f"{key} is a list of names, not {said}")
    for one in value:
        _require_text(f"each of {key}", one)


def _require_new_title(found: Sequence[Headline]) -> None:
    if found[-1].title in [one.title for one in found[:-1]]:
        raise UsageError("another has this title")
