"""Were the runtimes of a group measured under equal conditions? What the workers say they had,
and the work they did, compared between the runs of a round: an inequality is an error, unless the
matrix declares it (an override of the cell, with its reason).

A condition that does not apply to a runtime is null and is not compared; nor are units of c10k,
which count what a load came to. What belongs to a runtime (stacks that grow, a warm-up; the
compiler and the allocator of a program of its own) is shown and not compared.

Leaves out whether a worker has what it was asked for: the binary refuses a run where it has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .groups import Group, Series, group_runs, same_work
from .results import runs
from .run_shapes import Conditions, Listener
from .runtimes import foreign, in_order
from .shapes import Record, Run
from .workloads import workloads

Facts = dict[str, object]

# What a runtime is, as its worker says it in hello, in words for the report.
_TRAITS = {
    ("growing_stacks", True): "its stacks grow",
    ("settles", True): "collects its garbage before each reading of memory",
    ("settles", False): "does not collect its garbage before readings of memory",
    ("warms_up", True): "warmed up before it was ready",
    ("warms_up", False): "not warmed up",
}
_NOT_COMPARED = ("growing_stacks", "warms_up")
# What a worker that is a program of its own was made with: part of what its row is.
_OF_A_PROGRAM = ("allocator", "compiler", "build_flags", "build_type")


def inequalities(records: Sequence[Record]) -> list[str]:
    """What differs and must not: a line for each group, round and fact. Empty where all is equal.

    Raises UsageError for a file that mixes machines."""
    return [line for group in group_runs(records) for line in _of_group(group)]


def unsaid(records: Sequence[Record]) -> list[str]:
    """Runtimes with runs that count and do not say their conditions. What hello says of a runtime
    is none of them."""
    of_hello = {name for name, _ in _TRAITS}
    return in_order(
        run["cell"]["runtime"]
        for run in runs(records)
        if run["status"] == "ok" and not _said(run).keys() - of_hello
    )


def belonging(records: Sequence[Record]) -> list[str]:
    """What belongs to a runtime and is not compared: a line for each that has such."""
    found: dict[str, dict[str, None]] = {}
    for run in runs(records):
        if run["status"] == "ok":
            found.setdefault(run["cell"]["runtime"], {}).update(dict.fromkeys(_words_of(run)))
    return [f"{name}: {'; '.join(found[name])}" for name in in_order(found) if found[name]]


def _words_of(run: Run) -> list[str]:
    said = _said(run)
    words = [text for (name, value), text in _TRAITS.items() if said.get(name) is value]
    if run["cell"]["runtime"] in foreign():
        words += [f"{name} {said[name]}" for name in _OF_A_PROGRAM if said.get(name)]
    return words


def changes(base: Sequence[Run], candidate: Sequence[Run]) -> list[str] | None:
    """What the workers of two builds say differently of what they run under, cell by cell of the
    pairs of runs given: a line for each fact. None where no pair says the same fact of both."""
    compared = {
        (name, was[name], now[name])
        for was, now in (
            (_said(before), _said(after)) for before, after in zip(base, candidate, strict=True)
        )
        for name in was.keys() & now.keys()
        if None not in (was[name], now[name])
    }
    if not compared:
        return None
    return sorted(f"{name} was {was} and is {now}" for name, was, now in compared if was != now)


def _of_group(group: Group) -> Iterator[str]:
    # By round, and by seed: runs outside any plan may be of several.
    rounds: dict[tuple[int | None, object], list[tuple[str, Facts]]] = {}
    for series in group.series:
        declared = _declared(series, group)
        for run in series.ok:
            facts = {k: v for k, v in _facts(run, declared).items() if v is not None}
            of_round = rounds.setdefault((run.get("block"), run["cell"]["seed"]), [])
            of_round.append((series.runtime, facts))
    for (block, _), said in rounds.items():
        where = group.name if block is None else f"{group.name}, round {block + 1}"
        for name in dict.fromkeys(name for _, facts in said for name in facts):
            values = [(runtime, facts[name]) for runtime, facts in said if name in facts]
            if len({value for _, value in values}) > 1:
                yield f"{where}: {name} is {_grouped(values)}"


def _declared(series: Series, group: Group) -> set[str]:
    """The settings in which a runtime differs from its group, and says why."""
    mine, usual = series.asked, group.asked
    if series.reason is None:
        return set()
    return {name for name in (*same_work(), "stack_bytes") if mine.get(name) != usual.get(name)}


def _said(run: Run) -> Facts:
    conditions: Conditions = run.get("conditions") or {}
    listener: Listener = conditions.get("listener") or {}
    return {
        **{name: value for name, value in conditions.items() if name != "listener"},
        **{f"listener.{name}": value for name, value in listener.items()},
    }


def _comparable(run: Run) -> Facts:
    own = _OF_A_PROGRAM if run["cell"]["runtime"] in foreign() else ()
    return {k: v for k, v in _said(run).items() if k not in (*_NOT_COMPARED, *own)}


def _facts(run: Run, declared: set[str]) -> Facts:
    facts: Facts = {
        **_comparable(run),
        **_work(run),
        **{f"cell.{name}": run["cell"].get(name) for name in same_work()},
    }
    if declared:  # other work, other sums
        facts = {name: value for name, value in facts.items() if not name.startswith("work.")}
    return {k: v for k, v in facts.items() if k.removeprefix("cell.") not in declared}


def _work(run: Run) -> Facts:
    work, load = run["work"], run.get("load")
    assert work is not None  # the run is ok
    if workloads()[run["cell"]["workload"]].run == "tasks":
        return {
            "work.units": work["units"],
            "work.bytes": work["bytes"],
            "work.checksum": work["checksum"],
        }
    failed = load is not None and any((load.get("errors") or {}).values())
    whole, units = work["bytes"], work["units"]
    each = whole / units if whole is not None and units and not failed else None
    return {"work.bytes_per_unit": each}


def _grouped(values: list[tuple[str, object]]) -> str:
    """'64 in libuv, 128 in coroutine and fiber'."""
    by_value: dict[object, list[str]] = {}
    for runtime, value in dict.fromkeys(values):
        by_value.setdefault(value, []).append(runtime)
    fewest_first = sorted(by_value.items(), key=lambda item: len(item[1]))
    return ", ".join(f"{value} in {' and '.join(names)}" for value, names in fewest_first)
