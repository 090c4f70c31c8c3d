"""What the command line does to a matrix: `--filter` keeps some of its cells, `--set` changes
settings, `--repeats` and `--seed` replace the file's. Leaves out reading the file (matrix.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ..base.errors import UsageError
from ..base.names import check_name
from .matrix import Cell, Matrix, Setting, Settings, check_value, checked_settings, workload_named

T = TypeVar("T")
Facts = dict[str, str]
FactsOf = Callable[[T], Facts]
_FILTER_KEYS = ("workload", "runtime", "group", "shape")
_EXAMPLE = "workload=c10k,runtime=coroutine|fiber"
FILTER_FORM = "KEY=A|B,KEY=~RE"
FILTER_HELP = (
    "only cells of which every part is true: one of these values, or all of one matches a regular"
    " expression; repeated: cells that match any"
)

# A comma inside an expression, as in x{1,2}, begins no part.
_PARTS = re.compile(r",(?=\s*\w+\s*=)")
_LOOKS_LIKE_ONE = re.compile(r"[*+?\[(^$]")


def apply_filters(matrix: Matrix, filters: list[str]) -> Matrix:
    """Keeps the cells that match any of the filters; a filter matches where all its parts do.
    Raises UsageError for a value that no cell has, and where nothing is left."""
    cells = matching(matrix.cells, filters, _facts, _FILTER_KEYS)
    return replace(matrix, cells=tuple(cells))


def matching(
    things: Sequence[T], filters: Sequence[str], facts_of: FactsOf[T], keys: Sequence[str]
) -> list[T]:
    """Those that match any of the filters, by their facts; all where there is no filter. `keys` may
    be asked for whatever facts there are. Raises UsageError as apply_filters() does."""
    facts = [facts_of(thing) for thing in things]
    wanted = [_parse_filter(text, facts, keys) for text in filters]
    found = [
        thing
        for thing, fact in zip(things, facts, strict=True)
        if not wanted or any(_matches(fact, one) for one in wanted)
    ]
    if wanted and not found:
        raise UsageError(f"nothing matches --filter {' --filter '.join(filters)}")
    return found


def _facts(cell: Cell) -> Facts:
    return {
        "workload": cell.workload,
        "runtime": cell.runtime,
        "group": cell.group,
        "shape": cell.shape,
        **{name: str(value) for name, value in cell.settings.items()},
    }


def _parse_filter(
    text: str, facts: Sequence[Facts], usual_keys: Sequence[str]
) -> dict[str, set[str]]:
    keys = list(dict.fromkeys([*usual_keys, *(key for fact in facts for key in fact)]))
    wanted: dict[str, set[str]] = {}
    for part in _PARTS.split(text):
        key, separator, values = (word.strip() for word in part.partition("="))
        if not separator or not values:
            raise UsageError(f"--filter '{text}' is not understood; write it like {_EXAMPLE}")
        check_name("filter key", key, keys)
        valid = list(dict.fromkeys(fact[key] for fact in facts if key in fact))
        wanted[key] = (
            _matched(key, values[1:].strip(), valid)
            if values.startswith("~")
            else _named(key, values, valid)
        )
    return wanted


def _named(key: str, values: str, valid: Sequence[str]) -> set[str]:
    try:
        return {check_name(f"{key} in --filter", one.strip(), valid) for one in values.split("|")}
    except UsageError as error:
        is_meant = _LOOKS_LIKE_ONE.search(values)
        hint = f"; a regular expression is written {key}=~{values}" if is_meant else ""
        raise UsageError(f"{error}{hint}") from None


def _matched(key: str, expression: str, valid: Sequence[str]) -> set[str]:
    """The values that an expression matches from their first to their last letter."""
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise UsageError(f"--filter: '{expression}' is no regular expression: {error}") from error
    found = {value for value in valid if pattern.fullmatch(value)}
    if not found:
        raise UsageError(
            f"no {key} in --filter matches '{expression}' as a whole (valid: {', '.join(valid)})"
        )
    return found


def _matches(facts: Facts, wanted: dict[str, set[str]]) -> bool:
    return all(facts.get(key) in values for key, values in wanted.items())


def apply_sets(matrix: Matrix, sets: list[str]) -> Matrix:
    """Applies `WORKLOAD.SETTING=VALUE` (or `WORKLOAD/SHAPE.SETTING=VALUE`) to all cells it names,
    overrides for a runtime included. Raises UsageError for what no cell has."""
    for text in sets:
        matrix = _apply_set(matrix, text)
    return matrix


def _apply_set(matrix: Matrix, text: str) -> Matrix:
    target, separator, value = text.partition("=")
    place, dot, setting = target.rpartition(".")
    if not separator or not dot or not value:
        raise UsageError(f"--set '{text}' is not understood; write it like c10k.duration=5s")
    workload, _, shape = place.partition("/")
    fields = workload_named("workload in --set", workload).settings
    parsed = check_value(fields[check_name(f"setting of {workload}", setting, fields)], value)
    chosen = [
        cell
        for cell in matrix.cells
        if cell.workload == workload and (not shape or cell.shape == shape)
    ]
    # A cell that has no use for the setting (a rate in idle) stays as it is.
    changed = {
        cell.key: replace(cell, settings=settings)
        for cell in chosen
        if setting in (settings := _with(cell, setting, parsed))
    }
    if not changed:
        raise UsageError(f"--set '{text}' changes no cell of the matrix")
    cells = tuple(changed.get(cell.key, cell) for cell in matrix.cells)
    return replace(matrix, cells=cells)


def _with(cell: Cell, setting: str, value: Setting) -> Settings:
    return checked_settings(cell.workload, {**cell.settings, setting: value}, cell.key)
