"""The matrix: a TOML file to cells. A group is one `[[cell]]` entry, the same work for several
runtimes; a cell is a group on one runtime, and knows the command line that measures it.

Later wins: defaults of the workload, the entry, its override for a runtime (which must give a
reason), `--set` on the command line. Leaves out the order of the cells (plan.py).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shlex
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..base import units
from ..base.errors import UsageError
from ..base.names import check_name
from ..base.tree import ROOT
from ..records.purposes import INSTRUCTIONS, LOAD, MEMORY, PURPOSES
from ..records.runtimes import FLOOR, foreign, in_order, references
from ..records.workloads import DURATION, RATE, SIZE, WORD, Field, Workload, workloads
from .network import Network, parse_network

LARGEST_SEED = 2**64 - 1
PRESET_FOLDER = ROOT / "scripts" / "presets"
PRESETS = (
    "quick", "standard", "full", "sweep", "factorial", "million", "c100k", "references", "claims",
    "handler", "c1m", "talk", "timeout", "workers",
)  # fmt: skip
REFERENCES = "references"  # in a list of runtimes: every row that is one, and serves the cell

Setting = str | int | float
Settings = dict[str, Setting]

_LEAST_COUNTED = 400  # requests, for a slope of instructions
_ENTRY_KEYS = ("name", "workload", "runtimes", "override", "purpose")
_TOP_KEYS = (
    "seed", "repeats", "retry_invalid", "baseline", "runtimes", "defaults", "cell", "thresholds",
    "network",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One group on one runtime."""

    group: str
    workload: str
    runtime: str
    settings: Settings = field(hash=False)
    reason: str | None = None  # why the settings differ from the group's
    purpose: str = LOAD
    network: Network | None = None  # that its load comes over; None: loopback

    @property
    def key(self) -> str:
        """Unique in the matrix, and the same from run to run."""
        return f"{self.group}/{self.runtime}"

    @property
    def shape(self) -> str:
        """The mode or pattern."""
        return str(self.settings[workloads()[self.workload].shape])

    def setting(self, name: str) -> Setting | None:
        """What was said of it, else its default; None where the workload has no such setting."""
        declared = workloads()[self.workload].settings.get(name)
        return self.settings.get(name, declared.default) if declared else None

    def arguments(self) -> list[str]:
        """What follows `skein run` for this cell, without seed, output and CPUs."""
        words = [self.workload, "--runtime", self.runtime]
        if self.runtime in foreign():
            words += ["--worker-command", shlex.join(foreign()[self.runtime].command())]
        for name, value in self.settings.items():
            text = units.decimal_text(value) if isinstance(value, float) else str(value)
            words += [f"--{name.replace('_', '-')}", text]
        return words + (self.network.arguments() if self.network else [])

    def duration_ns(self, name: str) -> int:
        """A duration of the settings in ns, 0 where it is not set."""
        value = self.settings.get(name)
        return units.parse_duration_ns(str(value)) if value is not None else 0

    def describe(self) -> dict[str, Any]:
        """The cell as the session's plan records it."""
        return {
            "key": self.key,
            "group": self.group,
            "runtime": self.runtime,
            "workload": self.workload,
            "settings": dict(self.settings),
            "reason": self.reason,
            **({"purpose": self.purpose} if self.purpose != LOAD else {}),
        }


@dataclass(frozen=True)
class Matrix:
    """The cells to run, how often, and the seed that orders them and the work in them."""

    name: str
    seed: int
    repeats: int
    retry_invalid: int
    cells: tuple[Cell, ...]
    baseline: str = FLOOR  # whose saturation relative rates are a share of
    # By metric, the least relative change that a gate is to mind (records/metrics.py).
    thresholds: dict[str, float] = field(default_factory=dict, hash=False)

    @property
    def has_auto_rates(self) -> bool:
        """Whether any rate is a share of the baseline's saturation."""
        return any(auto_share(cell.settings.get("rate")) is not None for cell in self.cells)

    @property
    def network(self) -> Network | None:
        """The one that its loads come over."""
        return next((cell.network for cell in self.cells if cell.network), None)

    @property
    def groups(self) -> list[str]:
        """Groups in the order of the file."""
        return list(dict.fromkeys(cell.group for cell in self.cells))

    def config_sha256(self) -> str:
        """Names everything that decides what is measured; two files with the same hash resume
        each other."""
        config: dict[str, Any] = {
            "seed": self.seed,
            "repeats": self.repeats,
            "cells": [cell.describe() for cell in self.cells],
        }
        if self.has_auto_rates:
            config["baseline"] = self.baseline
        if self.network:
            config["network"] = self.network.describe()
        canonical = json.dumps(config, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def load_preset(name: str) -> Matrix:
    """One of the matrices that come with skein."""
    check_name("preset", name, PRESETS)
    return load_matrix(PRESET_FOLDER / f"{name}.toml")


def load_matrix(path: Path) -> Matrix:
    """Reads a matrix file. Raises UsageError that names file, entry and what is valid."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the matrix {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    workloads(), foreign()  # what is wrong with a declaration is no fault of this file
    try:
        return parse_matrix(document, path.stem)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def parse_matrix(document: dict[str, Any], name: str) -> Matrix:
    """A parsed TOML document to a matrix."""
    for key in document:
        check_name("key", key, _TOP_KEYS)
    runtimes = document.get("runtimes")
    entries = document.get("cell")
    if not isinstance(runtimes, list) or not runtimes:
        raise UsageError('it needs runtimes = ["coroutine", ...]')
    if not isinstance(entries, list) or not entries:
        raise UsageError("it needs at least one [[cell]]")
    defaults = document.get("defaults", {})
    for workload in defaults:
        check_name("workload", workload, workloads())
    network = parse_network(document.get("network"))
    cells = [
        replace(cell, network=network) if workloads()[cell.workload].run == "served" else cell
        for entry in entries
        for cell in _expand(entry, defaults, runtimes)
    ]
    if not cells:
        raise UsageError("none of its cells has a runtime: no row of references serves it")
    _check_unique(cells)
    return Matrix(
        name=name,
        seed=_whole(document, "seed", 1, 0, LARGEST_SEED),
        repeats=_whole(document, "repeats", 3, 1),
        retry_invalid=_whole(document, "retry_invalid", 0, 0),
        cells=tuple(cells),
        baseline=str(document.get("baseline", FLOOR)),
        thresholds=_thresholds(document.get("thresholds", {})),
    )


def _thresholds(table: dict[str, Any]) -> dict[str, float]:
    return {name: _percentage(f"the threshold of {name}", value) for name, value in table.items()}


def _percentage(what: str, value: Any) -> float:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", value) if isinstance(value, str) else None
    if match is None or not 0 < float(match.group(1)) <= 100:
        raise UsageError(f"{what} must be a percentage such as '3%', not {value!r}")
    return float(match.group(1)) / 100


def _whole(
    document: dict[str, Any], key: str, default: int, least: int, most: int | None = None
) -> int:
    value = document.get(key, default)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UsageError(f"{key} must be a whole number {bounds}, not {value!r}")
    return int(value)


def _expand(entry: dict[str, Any], defaults: dict[str, Any], runtimes: list[str]) -> list[Cell]:
    declared = workload_named("workload", str(entry.get("workload", "")))
    workload = declared.id
    for key in entry:
        check_name(f"key of a {workload} cell", key, (*_ENTRY_KEYS, *declared.settings))
    name = str(entry.get("name") or f"{workload}-{entry.get(declared.shape, '')}")
    if not name or "/" in name:
        raise UsageError(f"the cell name '{name}' must be a word without '/'")
    own = {key: value for key, value in entry.items() if key in declared.settings}
    settings = checked_settings(workload, {**defaults.get(workload, {}), **own}, name)
    purpose = _purpose(entry, settings, name)
    overrides = entry.get("override", {})
    chosen = _chosen(entry.get("runtimes", runtimes), Cell(name, workload, "", settings))
    for runtime in overrides:
        check_name(f"runtime in an override of cell '{name}'", runtime, chosen)
    return [
        replace(
            _one_cell(name, workload, runtime, settings, overrides.get(runtime)), purpose=purpose
        )
        for runtime in chosen
    ]


def _chosen(names: list[str], cell: Cell) -> list[str]:
    """The runtimes that are named, each once, the word for all references among them."""
    found = [name for name in names if name != REFERENCES]
    if REFERENCES in names:
        buffer = cell.setting("buffer")
        found += [each.id for each in references() if buffer is None or each.serves(str(buffer))]
    return in_order(found)


def _purpose(entry: dict[str, Any], settings: Settings, where: str) -> str:
    """Of a cell without load it is memory, whatever is said or not."""
    usual = MEMORY if settings.get("mode") == "idle" else LOAD
    purpose = check_name("purpose", str(entry.get("purpose", usual)), PURPOSES)
    if purpose == MEMORY and settings.get("memory") == "off":
        raise UsageError(f"cell '{where}' is for memory: it cannot have memory = \"off\"")
    if purpose != INSTRUCTIONS:
        return purpose
    if int(settings.get("requests", 0)) < _LEAST_COUNTED:
        raise UsageError(
            f"cell '{where}' counts instructions: it needs requests, at least {_LEAST_COUNTED}"
        )
    without_warmup = units.parse_duration_ns(str(settings.get("warmup", "1s"))) == 0
    if not without_warmup or settings.get("warmup_requests") != 0:
        raise UsageError(
            f"cell '{where}' counts instructions: it needs warmup = \"0ms\", warmup_requests = 0"
        )
    return purpose


def _one_cell(
    group: str, workload: str, runtime: str, settings: Settings, override: dict[str, Any] | None
) -> Cell:
    cell = Cell(group, workload, runtime, settings)
    if override is None:
        return cell
    reason = override.get("reason")
    if not isinstance(reason, str) or not reason:
        raise UsageError(f"the override of cell '{cell.key}' must give a reason")
    own = {key: value for key, value in override.items() if key != "reason"}
    if "buffer" in own:
        raise UsageError(
            f"the override of cell '{cell.key}' changes the buffer: that is other work, which no"
            " chart mixes, so give it a cell of its own"
        )
    merged = checked_settings(workload, {**settings, **own}, cell.key)
    return replace(cell, settings=merged, reason=reason)


def checked_settings(workload: str, values: dict[str, Any], where: str) -> Settings:
    """The settings of a cell in the order of their declarations, each valid, without those that its
    shape has no use for: a default for the workload does not reach it. Raises UsageError."""
    declared = workloads()[workload]
    for key in values:
        check_name(f"setting in cell '{where}'", key, declared.settings)
    settings = {
        key: check_value(one, values[key])
        for key, one in declared.settings.items()
        if key in values
    }
    shape = str(settings.get(declared.shape))
    for key, one in declared.settings.items():
        if one.said and key not in settings and one.applies_to(shape):
            only = f": its {declared.shape} is {shape}" if one.shapes else ""
            raise UsageError(f"cell '{where}' needs {key}{only}")
    settings = {
        key: value for key, value in settings.items() if declared.settings[key].applies_to(shape)
    }
    replaced = {declared.settings[key].instead_of for key in settings}
    return {
        key: value for key, value in settings.items() if declared.settings[key].name not in replaced
    }


def check_value(field: Field, value: Any) -> Setting:
    """A value of a setting in the form that the command line takes. Raises UsageError."""
    if field.kind == WORD:
        return check_name(field.setting, str(value), field.words)
    number = _parsed(field, str(value) if field.kind == DURATION else value)
    if isinstance(number, str):
        return number  # found out on the machine
    is_rate = field.kind == RATE
    fits = isinstance(number, int) or (
        isinstance(number, float) and is_rate and math.isfinite(number)
    )
    if isinstance(number, bool) or not fits:
        what = "a number above 0" if is_rate else "a whole number"
        raise UsageError(f"{field.setting} must be {what}, not {value!r}")
    number = int(number) if number == int(number) else number
    _check_bounds(field, number)
    return units.duration_text(number) if field.kind == DURATION else number


def _parsed(field: Field, value: Any) -> Any:
    """A number that was written as text; what is found out on the machine stays text."""
    if not isinstance(value, str):
        return value
    try:
        if field.kind == DURATION:
            return units.parse_duration_ns(value)
        if field.kind == SIZE:
            return units.parse_size_bytes(value)
        if field.kind == RATE and units.is_auto(value):
            return f"auto:{units.decimal_text(round(100 * units.parse_share(value), 9))}%"
        if field.kind == RATE:
            return units.parse_rate(value)
        return "auto" if field.auto and value == "auto" else units.parse_count(value)
    except UsageError as error:
        raise UsageError(f"{field.setting}: {error}{_hint(field, value)}") from error


def _hint(field: Field, text: str) -> str:
    if field.kind == RATE and not units.is_auto(text):
        return "; a share of saturation is written auto:60%"
    return "; or write auto" if field.auto and field.kind != RATE else ""


def _check_bounds(field: Field, value: float) -> None:
    """Holds a value to the bounds that are numbers; the others depend on the cell."""
    if field.values and value not in field.values:
        all_of_them = ", ".join(field.text(each) for each in field.values)
        raise UsageError(f"{field.setting} must be one of {all_of_them}, not {field.text(value)}")
    least = field.least if isinstance(field.least, int) else 0
    most = field.most if isinstance(field.most, int) else None
    if value < least or (field.kind == RATE and value == 0) or (most and value > most):
        low = "above 0" if field.kind == RATE else f"at least {field.text(least)}"
        high = f" and at most {field.text(most)}" if most else ""
        raise UsageError(f"{field.setting} must be {low}{high}, not {field.text(value)}")


def auto_share(rate: Setting | None) -> float | None:
    """The share of saturation that a rate asks for, 0.6 for `auto:60%`; None of a number."""
    return units.parse_share(rate) if isinstance(rate, str) and units.is_auto(rate) else None


def _check_unique(cells: list[Cell]) -> None:
    seen: set[str] = set()
    for cell in cells:
        if cell.key in seen:
            raise UsageError(f"two cells are named '{cell.group}': give each its own name")
        seen.add(cell.key)


def workload_named(what: str, name: str) -> Workload:
    """The workload of that name. Raises UsageError that names those there are."""
    return workloads()[check_name(what, name, workloads())]
