"""JSON Lines: one object a line, and a line ends at a newline and nowhere else. U+2028, U+0085 and
others that str.splitlines() and some tools take for an end may stand in a string.

Leaves out what the objects are (records/results.py, gate/record.py, trend/history.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]  # an object as it is read and written, of whatever keys


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, by their number."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def parse(text: str) -> Any:
    """Strict JSON: no NaN, no infinity, whole numbers and fractions that fit. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number; unknown is null")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def dump(record: Mapping[str, object]) -> str:
    """One line with its newline. Raises ValueError for NaN and infinities."""
    return json.dumps(record, allow_nan=False, ensure_ascii=False, separators=(",", ":")) + "\n"


def reason_of(error: Exception) -> str:
    """What went wrong, in one line."""
    return (str(error) or repr(error)).split("\n", 1)[0]


def number(record: Mapping[str, Any], *path: str) -> float | None:
    """The number at a path of keys, None where any part of it is missing or null."""
    value: Any = record
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
