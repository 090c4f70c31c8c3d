"""What the command line does to a matrix: `--filter` keeps some of its cells, `--set` changes
settings, `--repeats` and `--seed` replace the file's. Leaves out reading the file (matrix.py)."""

from __future__ import annotations

from dataclasses import replace

from .errors import UsageError
from .matrix import Cell, Matrix, Settings, check_value, checked_settings, setting_kinds
from .names import SHAPE_FIELD, check_name

_FILTER_KEYS = ("workload", "runtime", "group", "shape")
_EXAMPLE = "workload=c10k,runtime=coroutine|fiber"


def apply_filters(matrix: Matrix, filters: list[str]) -> Matrix:
    """Keeps the cells that match any of the filters; a filter matches where all its parts do.
    Raises UsageError for a value that no cell has, and where nothing is left."""
    if not filters:
        return matrix
    parsed = [_parse_filter(text, matrix) for text in filters]
    cells = tuple(cell for cell in matrix.cells if any(_matches(cell, part) for part in parsed))
    if not cells:
        raise UsageError(f"no cell of the matrix matches --filter {' --filter '.join(filters)}")
    return replace(matrix, cells=cells)


def _facts(cell: Cell) -> dict[str, str]:
    return {
        "workload": cell.workload,
        "runtime": cell.runtime,
        "group": cell.group,
        "shape": cell.shape,
        **{name: str(value) for name, value in cell.settings.items()},
    }


def _parse_filter(text: str, matrix: Matrix) -> dict[str, set[str]]:
    facts = [_facts(cell) for cell in matrix.cells]
    keys = list(dict.fromkeys([*_FILTER_KEYS, *(key for fact in facts for key in fact)]))
    wanted: dict[str, set[str]] = {}
    for part in text.split(","):
        key, separator, values = part.partition("=")
        if not separator or not values:
            raise UsageError(f"--filter '{text}' is not understood; write it like {_EXAMPLE}")
        check_name("filter key", key.strip(), keys)
        valid = list(dict.fromkeys(fact[key.strip()] for fact in facts if key.strip() in fact))
        wanted[key.strip()] = {
            check_name(f"{key.strip()} in --filter", value.strip(), valid)
            for value in values.split("|")
        }
    return wanted


def _matches(cell: Cell, wanted: dict[str, set[str]]) -> bool:
    facts = _facts(cell)
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
    check_name("workload in --set", workload, SHAPE_FIELD)
    kinds = setting_kinds(workload)
    check_name(f"setting of {workload}", setting, kinds)
    parsed = check_value(setting, kinds[setting], _number_if_it_is(value))
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


def _with(cell: Cell, setting: str, value: str | int) -> Settings:
    return checked_settings(cell.workload, {**cell.settings, setting: value}, cell.key)


def _number_if_it_is(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() else text
