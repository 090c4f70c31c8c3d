"""Reads results/metrics.toml and holds every row to its keys: a row that cannot be is refused with
what is wrong about it, by name.

Leaves out what is made of the rows (metrics.py, metric_tables.py).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from .purposes import PURPOSES

Table = Mapping[str, Any]
USUAL_FORMATS = {"ns": "time", "B": "bytes", "1/s": "rate", "1": "count"}  # by unit
FORMATS = (*USUAL_FORMATS.values(), "size", "decimal", "share", "given_back")
WORDS = ("operation", "operations", "task")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATH = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_STEP_KEYS = {"least", "most", "share"}
_OF_COMPARED = ("gated", "in", "exact", "optional", "min_step")


@cache
def table(path: Path) -> Table:
    """The whole file. Raises UsageError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def rows(path: Path) -> Mapping[str, Table]:
    """The metrics by name, each as it stands in the file. Raises UsageError for the first that
    cannot be."""
    found: Mapping[str, Table] = table(path).get("metric", {})
    if not found:
        raise UsageError(f"{path} has no [metric.NAME]")
    for name, row in found.items():
        try:
            _check(name, row, found)
        except UsageError as error:
            raise UsageError(f"{path}: metric {name}: {error}") from None
    return found


def _check(name: str, row: Table, every: Mapping[str, Table]) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError("a name is of lower case, digits and _")
    for key, value in row.items():
        check_name("key", key, _KEYS)
        _KEYS[key](key, value)
    for key in ("path", "unit"):
        if key not in row:
            raise UsageError(f"it has no {key}")
    if row.get("must_be_0"):
        _check_count(row, every)
    elif "min_effect" not in row:
        _refuse(row, _OF_COMPARED, "without min_effect it is not compared")
    if not row.get("must_be_0"):
        _refuse(row, ("in_words",), "a sentence has the heading of what is no count that must be 0")
    if row.get("against_floor") and isinstance(row["path"], list):
        raise UsageError("against_floor takes one path")


def _check_count(row: Table, every: Mapping[str, Table]) -> None:
    _refuse(row, ("min_effect", *_OF_COMPARED), "a count that must be 0 is judged by that alone")
    if row["unit"] != "1":
        raise UsageError(f"a count has the unit 1, not {row['unit']}")
    if "furthest" in row:
        check_name("metric in furthest", row["furthest"], every)


def _refuse(row: Table, keys: tuple[str, ...], why: str) -> None:
    if found := [key for key in keys if key in row]:
        raise UsageError(f"{found[0]} has no use: {why}")


Check = Callable[[str, Any], None]


def _one_of(*words: str) -> Check:
    def check(key: str, value: Any) -> None:
        check_name(key, str(value), words)

    return check


def _flag(key: str, value: Any) -> None:
    if value is not True:
        raise UsageError(f"{key} is true, or left out, not {value!r}")


def _text(key: str, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{key} is a text, not {value!r}")


def _texts(key: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise UsageError(f"{key} is a list of texts, not {value!r}")
    for one in value:
        _text(key, one)


def _path(key: str, value: Any) -> None:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise UsageError(f'{key} is keys with dots between, such as "cpu.per_op_ns", not {value!r}')


def _paths(key: str, value: Any) -> None:
    if not isinstance(value, list):
        _path(key, value)
    elif len(value) < 2:
        raise UsageError(f"{key} is one, or a list of several, not {value!r}")
    else:
        for one in value:
            _path(key, one)


def _heading(key: str, value: Any) -> None:
    _text(key, value)
    try:
        value.format(**dict.fromkeys(WORDS, ""))
    except (KeyError, IndexError, ValueError) as error:
        words = ", ".join(f"{{{word}}}" for word in WORDS)
        raise UsageError(f"{key} {value!r} has words that no table has ({words})") from error


def _share(key: str, value: Any) -> None:
    if not _is_number(value) or not 0 <= value < 1:
        raise UsageError(f"{key} is a share from 0 to 1, such as 0.03, not {value!r}")


def _step(key: str, value: Any) -> None:
    if not isinstance(value, dict) or value.keys() != _STEP_KEYS:
        raise UsageError(f"{key} has least, most and share, not {value!r}")
    if not all(_is_number(one) and one >= 0 for one in value.values()):
        raise UsageError(f"{key} is of numbers from 0 on, not {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KEYS: dict[str, Check] = {
    "path": _paths,
    "minus": _path,
    "unit": _one_of(*USUAL_FORMATS),
    "heading": _heading,
    "format": _one_of(*FORMATS),
    "better": _one_of("more"),
    "min_effect": _share,
    "min_step": _step,
    "gated": _flag,
    "in": _texts,
    "purpose": _one_of(*PURPOSES),
    "exact": _flag,
    "optional": _flag,
    "must_be_0": _flag,
    "in_every_try": _flag,
    "in_words": _text,
    "furthest": _text,
    "of_runs": _one_of("sum", "most"),
    "against_floor": _one_of("difference", "ratio"),
    "source": _one_of("google_benchmark"),
    "exported_as": _one_of("cpu_time", "real_time"),
}
