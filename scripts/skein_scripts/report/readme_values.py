"""What README shows of a published run, as results/readme.toml declares it by the run's preset: the
file is held to its keys, and what cannot be is refused by name. What the keys mean is said there.

Leaves out the runs (readme.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import UsageError
from ..base.names import check_name
from ..base.tree import ROOT
from ..records import metric_rows
from ..records.metrics import Metric, metrics, named

FILE = ROOT / "results" / "readme.toml"
VALUES, RUNTIMES = LINES = ("values", "runtimes")
_METRIC = re.compile(r"\{(\w+)\}")
_TABLE_KEYS = ("corner", "lines", "runtimes", "figure", "value")
_VALUE_KEYS = ("label", "cells", "show")


@dataclass(frozen=True)
class Value:
    """A line of the table, or a column."""

    label: str
    cells: tuple[str, ...]
    show: str

    def text(self, of: Callable[[Metric], str]) -> str:
        """What it shows, each metric as `of` says it."""
        return _METRIC.sub(lambda found: of(named(found[1])), self.show)


@dataclass(frozen=True)
class Shown:
    """The whole of it."""

    corner: str
    lines: str
    runtimes: tuple[str, ...]  # none: all that the cells have
    values: tuple[Value, ...]
    figure: bool  # whether the figure of memory stands under it


def shown_of(preset: str | None, path: Path = FILE) -> Shown:
    """What is shown of a run of this preset. Raises UsageError where nothing is declared for it, or
    what is declared cannot be."""
    declared = metric_rows.table(path)
    if preset is None or preset not in declared:
        raise UsageError(
            f"{path} has no table for a run of the preset {preset} (it has {', '.join(declared)}):"
            " declare what README shows of it, or name another run in README's mark"
        )
    try:
        return _shown(declared[preset])
    except UsageError as error:
        raise UsageError(f"{path}: {preset}: {error}") from None


def _shown(table: Mapping[str, Any]) -> Shown:
    _check_keys(table, _TABLE_KEYS, optional=("runtimes", "figure"))
    check_name("word in lines", str(table["lines"]), LINES)
    values = table["value"]
    if not isinstance(values, list) or not values:
        raise UsageError("there is a [[value]] for each line or column")
    return Shown(
        corner=_text("corner", table["corner"]),
        lines=table["lines"],
        runtimes=_texts("runtimes", table["runtimes"]) if "runtimes" in table else (),
        values=tuple(_value(one) for one in values),
        figure=_flag("figure", table.get("figure", True)),
    )


def _value(entry: Mapping[str, Any]) -> Value:
    _check_keys(entry, _VALUE_KEYS)
    show = _text("show", entry["show"])
    names = _METRIC.findall(show)
    if not names or re.search(r"[{}]", _METRIC.sub("", show)):
        raise UsageError(f"show has figures such as {{cpu_per_op}}, not {show!r}")
    for name in names:
        check_name("metric", name, metrics())
        if named(name).heading is None:
            raise UsageError(f"metric {name} has no heading, so no table shows it")
    return Value(_text("label", entry["label"]), _texts("cells", entry["cells"]), show)


def _check_keys(table: Any, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    if not isinstance(table, dict):
        raise UsageError(f"{table!r} is no table of {', '.join(keys)}")
    for key in table:
        check_name("key", key, keys)
    for key in keys:
        if key not in table and key not in optional:
            raise UsageError(f"it has no {key}")


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{key} is a text, not {value!r}")
    return value


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{key} is true or false, not {value!r}")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise UsageError(f"{key} is a list of texts, not {value!r}")
    return tuple(_text(key, one) for one in value)
