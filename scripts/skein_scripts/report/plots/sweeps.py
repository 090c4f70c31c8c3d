"""Sweeps: groups that differ in one field of their cell alone, as curves against it need them.
Leaves out what is drawn of them (latency_vs_load.py, cost_vs_field.py)."""

from __future__ import annotations

from collections.abc import Sequence

from ...drawing import style
from ...records.groups import Group, same_work

AT_LEAST = 3  # of two points a line says nothing


def sweeps_of(groups: Sequence[Group], field: str) -> list[list[Group]]:
    """The sweeps of a field, each in the order of its values."""
    found: dict[tuple[object, ...], dict[float, Group]] = {}
    for group in groups:
        value = value_of(group, field)
        if value is not None:
            work = tuple(group.asked.get(name) for name in same_work() if name != field)
            found.setdefault(work, {})[value] = group
    return [
        [by_value[value] for value in sorted(by_value)]
        for by_value in found.values()
        if len(by_value) >= AT_LEAST
    ]


def value_of(group: Group, field: str) -> float | None:
    """A number of a group's cell: where a record has null for it, what that stands for. None where
    the cell has no such field."""
    cell, declared = group.cell, group.declared
    value = cell.get(field) if cell else None
    if isinstance(value, int | float):
        return value
    fields = declared.fields if cell and declared else ()
    shown = (one for one in fields if one.name == field and one.applies_to(group.shape))
    return next((one.none for one in shown), None)


def name_of(sweep: Sequence[Group]) -> str:
    """What its groups' names have in common: all but the value; all names where that is nothing."""
    first, *others = (group.name.split("-") for group in sweep)
    common = [word for word in first if all(word in other for other in others)]
    return "-".join(common or [group.name for group in sweep])


def missing(sweep: Sequence[Group], values: str) -> list[str]:
    """Which runtimes have no numbers at some of the values, with the reason at the last of them."""
    reasons: dict[str, list[str]] = {}
    for group in sweep:
        for series in group.series:
            if (reason := series.why_missing()) is not None:
                reasons.setdefault(series.runtime, []).append(reason)
    alike: dict[tuple[int, str], list[str]] = {}
    for runtime, found in reasons.items():
        alike.setdefault((len(found), style.shorten(found[-1], 90)), []).append(runtime)
    return [
        f"No result: {', '.join(names)} at {count} of {len(sweep)} {values} ({reason})"
        for (count, reason), names in alike.items()
    ]
