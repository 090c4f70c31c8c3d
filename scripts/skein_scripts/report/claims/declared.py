"""The claims of results/claims.toml, each with the rules that decide it. One that cannot be is
refused with the file, the claim and what to write instead.

Leaves out the verdicts (judge.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ...base.errors import UsageError
from ...base.names import check_name
from ...base.tree import ROOT
from ...matrix.matrix import Cell, Matrix, load_preset
from ...records.metrics import Metric, metrics
from ...records.runtimes import runtimes

FILE = ROOT / "results" / "claims.toml"
PRESET = "claims"
LEAST_ROUNDS = 3  # below that a range says nothing, whatever a file asks for
STATUSES = ("ok", "limit", "timeout")  # with which a run says something about its runtime
_TEXTS = ("id", "says", "said_in")
_CLAIM_KEYS = (*_TEXTS, "at", "open", "rule")
_RULE_KEYS = (
    "where", "of", "over", "above", "per", "metric", "at_least", "at_most", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One comparison with a bound. What its fields mean is said in the file."""

    of: tuple[Cell, ...]
    over: tuple[Cell, ...] = ()
    above: Cell | None = None
    per: str | None = None
    metric: Metric | None = None
    at_least: float | None = None
    at_most: float | None = None
    status: str | None = None
    where: str | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All that it looks at."""
        return (*self.of, *self.over, *([self.above] if self.above else []))

    @property
    def step(self) -> float:
        """By how much the field of a slope differs between its cells."""
        assert self.per is not None
        assert self.above is not None
        return _number_of(self.of[0], self.per) - _number_of(self.above, self.per)


@dataclass(frozen=True)
class Claim:
    """A sentence, who says it, and its rules; or why nothing decides it yet."""

    id: str
    says: str
    said_in: str
    at: str | None = None
    open: str | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Claims:
    """A whole file. `matrix`: the preset that has its cells."""

    least_rounds: int
    claims: tuple[Claim, ...]
    matrix: Matrix


@cache
def claims_of(path: Path = FILE) -> Claims:
    """Reads a file of claims about the cells of the preset. Raises UsageError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    matrix = load_preset(PRESET)
    try:
        return _claims(document, matrix)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _claims(document: Mapping[str, Any], matrix: Matrix) -> Claims:
    for key in document:
        check_name("key", key, ("least_rounds", "claim"))
    least = document.get("least_rounds")
    if not isinstance(least, int) or isinstance(least, bool) or least < LEAST_ROUNDS:
        raise UsageError(
            f"least_rounds is a whole number of at least {LEAST_ROUNDS}, not {least!r}: no claim is"
            " decided by a run or two"
        )
    entries = document.get("claim")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UsageError("it needs [[claim]], in two brackets, for each claim")
    found: dict[str, Claim] = {}
    for entry in entries:
        try:
            claim = _claim(entry, matrix, found)
        except UsageError as error:
            raise UsageError(f"claim {entry.get('id')!r}: {error}") from None
        found[claim.id] = claim
    return Claims(least, tuple(found.values()), matrix)


def _claim(entry: Mapping[str, Any], matrix: Matrix, before: Collection[str]) -> Claim:
    for key in entry:
        check_name("key of a claim", key, _CLAIM_KEYS)
    for key in (*_TEXTS, *(key for key in ("at", "open") if key in entry)):
        _require_text(key, entry.get(key))
    if entry["id"] in before:
        raise UsageError("another claim has this id: give each its own")
    rules = entry.get("rule", [])
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise UsageError("a rule is [[claim.rule]], in two brackets")
    if "open" in entry and rules:
        raise UsageError("it is open and has a rule: take out one of the two")
    if "open" not in entry and not rules:
        raise UsageError('it has no rule: write [[claim.rule]], or open = "why nothing decides it"')
    texts = {key: entry[key] for key in (*_TEXTS, "at", "open") if key in entry}
    return Claim(**texts, rules=tuple(_numbered(rules, matrix)))


def _numbered(rules: Sequence[Mapping[str, Any]], matrix: Matrix) -> list[Rule]:
    found = []
    for number, entry in enumerate(rules, start=1):
        try:
            found.append(_rule(entry, matrix))
        except UsageError as error:
            raise UsageError(f"rule {number}: {error}") from None
    return found


def _rule(entry: Mapping[str, Any], matrix: Matrix) -> Rule:
    for key in entry:
        check_name("key of a rule", key, _RULE_KEYS)
    if "where" in entry:
        _require_text("where", entry["where"])
    if "of" not in entry:
        raise UsageError('it has no of: name a cell of the preset, "CELL/RUNTIME"')
    of = _cells("of", entry["of"], matrix)
    if "status" in entry:
        return _of_status(entry, of)
    rule = Rule(
        of,
        over=_cells("over", entry["over"], matrix) if "over" in entry else (),
        metric=_metric(entry.get("metric")),
        above=_cells("above", entry["above"], matrix)[0] if "above" in entry else None,
        **{key: entry[key] for key in ("per", "at_least", "at_most", "where") if key in entry},
    )
    _check_bounds(rule)
    _check_slope(rule)
    return rule


def _of_status(entry: Mapping[str, Any], of: tuple[Cell, ...]) -> Rule:
    if others := [key for key in entry if key not in ("where", "of", "status")]:
        raise UsageError(f"{others[0]} has no use beside status: take out one of the two")
    if len(of) != 1:
        raise UsageError("status is of one cell")
    status = check_name("status", str(entry["status"]), STATUSES)
    return Rule(of=of, status=status, where=entry.get("where"))


def _metric(name: object) -> Metric:
    if name is None:
        raise UsageError("it has no metric: name one of results/metrics.toml, or a status")
    metric = metrics()[check_name("metric", str(name), metrics())]
    if metric.against_floor or metric.source:
        raise UsageError(
            f"metric {name} is not in a record: name a plain one, and the floor in over"
        )
    return metric


def _cells(key: str, value: object, matrix: Matrix) -> tuple[Cell, ...]:
    listed = value if isinstance(value, list) and key != "above" else [value]
    names = [name for name in listed if isinstance(name, str)]
    if not names or len(names) < len(listed):
        raise UsageError(f'{key} names a cell of the preset, "CELL/RUNTIME", not {value!r}')
    return tuple(_cell(name, matrix) for name in names)


def _cell(name: str, matrix: Matrix) -> Cell:
    group, _, runtime = name.partition("/")
    check_name(f"cell of the preset {matrix.name}", group, matrix.groups)
    check_name("runtime", runtime, runtimes())
    of_group = {cell.runtime: cell for cell in matrix.cells if cell.group == group}
    check_name(f"runtime of cell '{group}'", runtime, of_group)
    return of_group[runtime]


def _check_bounds(rule: Rule) -> None:
    bounds = (rule.at_least, rule.at_most)
    if bounds == (None, None):
        raise UsageError("it has no bound: write at_least, at_most or both")
    for one in bounds:
        if one is not None and (isinstance(one, bool) or not isinstance(one, int | float)):
            raise UsageError(f"a bound is a number in the metric's unit, not {one!r}")
    if None not in bounds and rule.at_least > rule.at_most:  # type: ignore[operator]
        raise UsageError(f"nothing is at least {rule.at_least} and at most {rule.at_most}")


def _check_slope(rule: Rule) -> None:
    if (rule.above is None) != (rule.per is None):
        raise UsageError("a slope has both: above, the cell it begins at, and per, a setting")
    if rule.above is None:
        return
    if rule.over or len(rule.of) != 1:
        raise UsageError("a slope is of one cell above another: over has no use")
    if rule.step == 0:
        raise UsageError(f"its cells do not differ in {rule.per}: name two that do")


def _number_of(cell: Cell, setting: str) -> float:
    value = cell.setting(setting)
    if isinstance(value, int | float):
        return value
    raise UsageError(f"cell '{cell.key}' has no number as {setting}: name a setting that it has")


def _require_text(key: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        said = "left out" if value is None else repr(value)
        raise UsageError(f"{key} is a text, not {said}")
