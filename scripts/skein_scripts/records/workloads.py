"""What a cell of each workload is: every field with its kind, bounds and default, as declared in
workloads/<id>/cell.toml and workloads/common.toml (workloads/README.md says what the entries mean).

From the declarations come the settings of a matrix, the fields of a record's cell and the id that
names it. Leaves out which values a matrix gives (matrix/matrix.py).
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..base import units
from ..base.errors import UsageError
from ..base.tree import ROOT
from . import workload_rules

COUNT, SIZE, DURATION, WORD, RATE, SEED = (
    "count", "size", "duration", "word", "rate", "seed"
)  # fmt: skip
FOLDER = ROOT / "workloads"
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One field of a cell. `name` is that of the record, `setting` that of matrix and option."""

    name: str
    kind: str
    help: str
    shapes: tuple[str, ...] | None = None  # where it applies; None: everywhere
    words: tuple[str, ...] = ()
    type: str | None = None  # the C++ enumeration that has these words; None: one of its own
    default: int | float | str | None = None
    test: int | float | str | None = None  # the default at size `test`; None: the same
    least: int | str | None = None  # a name: the value of that field
    most: int | str | None = None
    values: tuple[int, ...] = ()  # all that a number may be; empty: what the bounds allow
    share: Mapping[str, int] | None = None  # by shape: the default in per cent of `most`
    share_bounds: Mapping[str, tuple[int, int]] | None = None
    none: int | None = None  # the value that a record has as null
    instead_of: str | None = None  # the field that has no use where this one is given
    auto: bool = False  # "auto" is a value, or for a rate "auto:N%"
    auto_default: bool = False  # unsaid it is auto where it is taken, elsewhere the default
    said: bool = False  # a matrix must say it
    measuring: bool = False  # how it is measured, not what: in no record's cell
    settable: bool = True
    announced: bool = False  # only a worker that says so takes it
    of: str | None = None  # the property of a runtime that takes it; None: all do
    alias: str | None = None  # another name of the option
    id: str | None = None  # how it stands in the id
    id_default: bool = True  # whether it stands there with its default as well
    phrase: str | Mapping[str, str] | None = None  # how a title says it; by shape

    @property
    def setting(self) -> str:
        """The name without its unit, where a value is written with one."""
        return self.name.removesuffix("_ns").removesuffix("_per_s")

    def text(self, value: Any) -> str:
        """A value as ids and command lines have it."""
        return value if isinstance(value, str) else _TEXTS[self.kind](value)

    def in_words(self, value: Any, shape: str) -> str | None:
        """How a title says a value; None where it has no words or is what goes without saying."""
        phrase = self.phrase
        if isinstance(phrase, Mapping):
            phrase = phrase.get(shape, phrase.get(workload_rules.OTHERWISE))
        usual = not self.id_default and value == self.default
        if value is None or phrase is None or usual or not self.applies_to(shape):
            return None
        return phrase.replace("{}", value if self.words else _IN_WORDS[self.kind](value))

    def applies_to(self, shape: str) -> bool:
        """Whether a cell of this shape has the field."""
        return self.shapes is None or shape in self.shapes

    def default_in(self, shape: str, values: Values, size: str = "base") -> Any:
        """What a record has where nothing is said, from the fields before it; None: null."""
        default: Any = self.test if size == "test" and self.test is not None else self.default
        if default is None or default == self.none:
            return None
        if isinstance(self.most, str):
            return self._default_of(int(values[self.most]), default, shape)
        if isinstance(self.least, str):
            return max(default, values.get(self.least) or 0)
        return default

    def _default_of(self, most: int, default: int, shape: str) -> int:
        percent = (self.share or {}).get(shape)
        if percent is None:
            return min(default, most)
        low, high = (self.share_bounds or {}).get(shape, (0, 100))
        usual = min((most * percent + 50) // 100, most * high // 100)
        return max(usual, math.ceil(most * low / 100))


@dataclass(frozen=True)
class ShapeTexts:
    """What is said of one mode or pattern, beside what is said of the workload; may be empty."""

    does: str
    measures: str = ""
    leaves_out: str = ""
    unfair: str = ""


@dataclass(frozen=True)
class Workload:
    """A workload: its fields in the order in which the id has them."""

    id: str
    description: str
    run: str  # "served" under a load, or "tasks" that do their work and end
    task: str  # what one of its tasks is called
    tasks: str  # the field that counts its tasks
    shape: str  # the field that says what kind of work it is
    measures: str
    leaves_out: str
    unfair: str
    page: str  # of the documentation, where more is said
    example: str
    fields: tuple[Field, ...]
    shape_texts: Mapping[str, ShapeTexts]
    samples: tuple[str, ...]  # the distributions that a run which counts has
    notes: Mapping[str, str] = dataclasses.field(default_factory=dict)  # by shape, under its tables

    @property
    def shapes(self) -> tuple[str, ...]:
        """All modes or patterns."""
        return self.of_setting(self.shape).words

    @property
    def settings(self) -> dict[str, Field]:
        """By setting, the fields that a matrix may set."""
        return {field.setting: field for field in self.fields if field.settable}

    def in_words(self, cell: Values) -> str:
        """The work of a cell in words, without the runtime."""
        shape = str(cell.get(self.shape))
        said = (field.in_words(cell.get(field.name), shape) for field in self.fields)
        return f"{self.id}, {shape}: {', '.join(words for words in said if words)}"

    def of_setting(self, setting: str) -> Field:
        """The field that a setting sets."""
        return self.settings[setting]

    def cell_id(self, runtime: str, cell: Values) -> str:
        """The path that names a cell of a record: stable, and another where the work differs."""
        parts = [self.id, runtime]
        for field in self.fields:
            value = cell.get(field.name)
            if field.id is None or value is None:
                continue
            if field.id_default or value != field.default:
                parts.append(field.id.replace("{}", field.text(value)))
        return "/".join(parts)


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


_TEXTS: dict[str, Callable[[Any], str]] = {
    COUNT: str,
    SIZE: units.size_text,
    DURATION: units.duration_text,
    WORD: str,
    RATE: _plain,
}


_IN_WORDS: dict[str, Callable[[Any], str]] = {
    COUNT: "{:,}".format,
    SIZE: "{:,} B".format,
    DURATION: units.format_exact_duration,
    RATE: units.format_rate,
}


def common_names() -> list[str]:
    """The fields that every workload has, in their order."""
    return [entry["name"] for entry in _common()]


def _common() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = _table(FOLDER / "common.toml")["field"]
    return entries


@cache
def workloads() -> dict[str, Workload]:
    """All workloads by id, in the order of their ids. Raises UsageError for a declaration that
    cannot be."""
    common = _common()
    found = [_read(path, common) for path in sorted(FOLDER.glob("*/cell.toml"))]
    return {workload.id: workload for workload in found}


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def _read(path: Path, common: list[dict[str, Any]]) -> Workload:
    try:
        return _workload(path.parent.name, _table(path), common)
    except UsageError as error:
        raise UsageError(f"{path}: {error} (workloads/README.md)") from None


def _workload(folder: str, table: dict[str, Any], common: list[dict[str, Any]]) -> Workload:
    workload_rules.check_entries(table.get("field", []))
    own = {entry["name"]: entry for entry in table["field"]}
    shared = {entry["name"]: entry for entry in common}
    # A workload may narrow a common field; it stands where common fields do, behind its own.
    entries = [entry for name, entry in own.items() if name not in shared]
    entries += [entry | own.get(name, {}) for name, entry in shared.items()]
    workload_rules.check(table, entries)
    if table["id"] != folder:
        raise UsageError(f"its id is {table['id']!r} and not the name of its folder")
    said = {name: value for name, value in table.items() if name not in ("field", "shapes")}
    said["shape_texts"] = {word: ShapeTexts(**texts) for word, texts in table["shapes"].items()}
    said["samples"] = tuple(said["samples"])
    return Workload(**said, fields=tuple(_field(entry) for entry in entries))


def _field(entry: dict[str, Any]) -> Field:
    known = {name: value for name, value in entry.items() if name != "in"}
    bounds = {shape: tuple(both) for shape, both in entry.get("share_bounds", {}).items()}
    return Field(
        **known
        | {
            "shapes": tuple(entry["in"]) if "in" in entry else None,
            "words": tuple(entry.get("words", ())),
            "values": tuple(entry.get("values", ())),
            "share_bounds": bounds,
        }
    )


def shape_of(cell: Values) -> str | None:
    """The mode or pattern of a record's cell; None for one of no workload that is known here."""
    declared = workloads().get(cell.get("workload", ""))
    return cell.get(declared.shape) if declared else None


def field_names() -> list[str]:
    """The fields that any workload's cell has in a record, in a fixed order."""
    return _names(lambda field: field.name, measuring=False)


def measuring_settings() -> list[str]:
    """The settings of any workload that say how it is measured: in no record's cell."""
    return _names(lambda field: field.setting, measuring=True)


def _names(name_of: Callable[[Field], str], measuring: bool) -> list[str]:
    named = [
        name_of(field)
        for workload in workloads().values()
        for field in workload.fields
        if field.measuring == measuring
    ]
    return list(dict.fromkeys(named))
