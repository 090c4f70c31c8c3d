"""Reading the TOML files of a prediction: every key known, every number a sensible one, and an
error that says what to write instead. Leaves out what the entries mean (figures.py, host.py).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..base import units
from ..base.errors import UsageError
from ..base.names import check_name

Entries = Mapping[str, Any]


def read(path: Path) -> dict[str, Any]:
    """The whole file. Raises UsageError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"{path} is not there: name a file that is, such as scripts/hosts/small.toml"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def check_keys(entries: Entries, needed: Iterable[str], allowed: Iterable[str] = ()) -> None:
    """Refuses keys that nothing reads, and the lack of one that is needed."""
    needed = list(needed)
    for key in entries:
        check_name("key", key, [*needed, *allowed])
    for key in needed:
        if key not in entries:
            raise UsageError(f"it has no {key}: write one")


def table(entries: Entries, key: str) -> dict[str, Any]:
    """A table of the file."""
    found = entries[key]
    if not isinstance(found, dict):
        raise UsageError(f"{key} is no table: write [{key}], and its entries below")
    return found


def number(entries: Entries, key: str) -> float:
    """A number above 0."""
    value = entries[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < math.inf:
        raise UsageError(f"{key} is {value!r}: it must be a number above 0")
    return float(value)


def count(entries: Entries, key: str) -> int:
    """A whole number above 0, or a text as `"10M"`."""
    value = entries[key]
    if isinstance(value, str):
        value = units.parse_count(value)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UsageError(f'{key} is {value!r}: it must be a whole number above 0, or "10M"')
    return value


def size(entries: Entries, key: str) -> int:
    """Bytes above 0, or a text as `"24GiB"`."""
    value = entries[key]
    if isinstance(value, str):
        value = units.parse_size_bytes(value)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UsageError(f'{key} is {value!r}: it must be a number of bytes above 0, or "24GiB"')
    return value


def text(entries: Entries, key: str) -> str:
    """A text that is not empty."""
    value = entries[key]
    if not isinstance(value, str) or not value:
        raise UsageError(f"{key} is {value!r}: it must be a text")
    return value
