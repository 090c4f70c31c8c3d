"""Pairs of two sets of runs: which run of the one belongs to which of the other.

Runs of arms that were measured interleaved are paired by their pair number. Runs of two files are
paired by round, or, where a file has several of a round (repeats made by hand have no rounds), in
the order in which they ran: both then had the same seed where the matrix was the same, but other
hours of the machine's life, which no statistics takes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ..records.cells import NameOf, id_of
from ..records.metrics import METRICS, Metric
from ..records.shapes import Run
from . import counts
from .compared import MISSING, NEW, Pairs

Place = object


@dataclass(frozen=True)
class Matched:
    """The runs of one cell in both arms, by what pairs them."""

    base: dict[Place, Run]
    candidate: dict[Place, Run]


def make_pairs(
    base: Iterable[Run],
    candidate: Iterable[Run],
    name_of: NameOf = id_of,
    metrics: Iterable[Metric] = METRICS,
    host_of: Mapping[str, str] | None = None,
) -> list[Pairs]:
    """All pairs, by cell in the order of the base, then by metric. A metric that neither arm of a
    cell has is left out. `host_of`: by session; a pair is of one."""
    cells = _matched(base, candidate, name_of)
    chosen = tuple(metrics)
    return [
        pairs
        for cell, matched in cells.items()
        for metric in chosen
        if (pairs := _of_metric(cell, matched, metric, host_of or {})) is not None
    ]


def _matched(base: Iterable[Run], candidate: Iterable[Run], name_of: NameOf) -> dict[str, Matched]:
    cells: dict[str, tuple[list[Run], list[Run]]] = {}
    for arm, runs in enumerate((base, candidate)):
        for run in runs:
            cells.setdefault(name_of(run), ([], []))[arm].append(run)
    return {name: Matched(*_placed(*arms)) for name, arms in cells.items()}


def matched_runs(
    base: Iterable[Run], candidate: Iterable[Run], name_of: NameOf = id_of
) -> list[tuple[Run, Run]]:
    """The runs of each pair, whether they count or not."""
    return [
        (run, matched.candidate[place])
        for matched in _matched(base, candidate, name_of).values()
        for place, run in matched.base.items()
        if place in matched.candidate
    ]


def _placed(
    base: Sequence[Run], candidate: Sequence[Run]
) -> tuple[dict[Place, Run], dict[Place, Run]]:
    """The runs of one cell by what pairs them."""
    for field in ("pair", "block"):
        of_base, of_candidate = ({run.get(field): run for run in arm} for arm in (base, candidate))
        is_unique = len(of_base) == len(base) and len(of_candidate) == len(candidate)
        if is_unique and None not in of_base and None not in of_candidate:
            return of_base, of_candidate
    return dict(enumerate(base)), dict(enumerate(candidate))


def _of_metric(
    cell: str, matched: Matched, metric: Metric, host_of: Mapping[str, str]
) -> Pairs | None:
    base = [(place, metric.of(run)) for place, run in matched.base.items()]
    candidate = {place: metric.of(run) for place, run in matched.candidate.items()}
    has_base = any(value is not None for _, value in base)
    has_candidate = any(value is not None for value in candidate.values())
    if not has_base and not has_candidate:
        return None
    places = [place for place, _ in base if place in candidate]
    counting = [
        (place, of_base, of_candidate)
        for place, of_base in base
        if of_base is not None and (of_candidate := candidate.get(place)) is not None
    ]
    values = [(of_base, of_candidate) for _, of_base, of_candidate in counting]
    hosts = [host_of.get(matched.base[place].get("session_id", ""), "") for place, *_ in counting]
    every = {host_of.get(run.get("session_id", ""), "") for run in matched.base.values()}
    if metric.optional:
        return Pairs(cell, metric, values, hosts=hosts) if values else None
    only = None
    if not has_base and not _ran_in_vain(matched.base):
        only = NEW
    elif not has_candidate and not _ran_in_vain(matched.candidate):
        only = MISSING
    invalid = len(places) - len(values)
    reasons = [] if len(values) >= max(invalid, 1) else _reasons(matched, only)
    silent = sorted(every - set(hosts)) if values else []
    return Pairs(cell, metric, values, invalid, only, reasons, hosts=hosts, silent_hosts=silent)


Wanted = Callable[[str, Metric], bool]  # of a cell
Tries = tuple[Iterable[Run], Iterable[Run]]  # every run of base and candidate


def make_counts(
    base: Iterable[Run],
    candidate: Iterable[Run],
    tries: Tries,
    name_of: NameOf,
    wanted: Wanted = lambda _cell, _metric: False,
) -> list[Pairs]:
    """The counts that must be 0 and are not in every arm, by cell; and those that are wanted in any
    case."""
    every: dict[str, tuple[list[Run], list[Run]]] = {}
    for arm, runs in enumerate(tries):
        for run in runs:
            every.setdefault(name_of(run), ([], []))[arm].append(run)
    cells = _matched(base, candidate, name_of)
    found: list[Pairs] = []
    for cell, of_cell in every.items():
        matched = cells.get(cell, Matched({}, {}))
        pairs = [
            (run, matched.candidate[place])
            for place, run in matched.base.items()
            if place in matched.candidate
        ]
        found += counts.pairs_of(cell, counts.Counted(of_cell, pairs), partial(wanted, cell))
    return found


def unpaired(base: Iterable[Run], candidate: Iterable[Run], name_of: NameOf) -> list[str]:
    """A line for each cell of which an arm has runs that the other has no counterpart of."""
    lines = []
    for cell, matched in _matched(base, candidate, name_of).items():
        arms = (
            ("base", matched.base, matched.candidate),
            ("candidate", matched.candidate, matched.base),
        )
        for arm, runs, others in arms:
            alone = runs.keys() - others.keys()
            if alone and others:
                lines.append(
                    f"{cell}: {len(alone)} of {len(runs)} runs of the {arm} have no"
                    " counterpart and are left out"
                )
    return lines


def lost_cells(
    base: Iterable[Run],
    candidate: Iterable[Run],
    name_of: NameOf,
    metric_of: Callable[[str], Metric | None],
) -> list[Pairs]:
    """Cells of which no run counts in either arm, and which would be in no table else: each with
    the metric that stands for it, if there is one, without a pair."""
    return [
        Pairs(cell, metric, [], len(matched.base), reasons=_reasons(matched, None))
        for cell, matched in _matched(base, candidate, name_of).items()
        if _none_counts(matched.base) and _none_counts(matched.candidate)
        if (metric := metric_of(cell)) is not None
    ]


def unjudged_cells(
    base: Iterable[Run],
    candidate: Iterable[Run],
    name_of: NameOf,
    stand_for: Mapping[str, Metric],
) -> list[Pairs]:
    """Each of these cells, of which nothing else is compared, with the metric that stands for it
    and without a pair: it was not run, or no run of it counts or has a figure."""
    cells = _matched(base, candidate, name_of)
    found = []
    for cell, metric in stand_for.items():
        matched = cells.get(cell, Matched({}, {}))
        reasons = _reasons(matched, None)
        if matched.base and not (_none_counts(matched.base) or _none_counts(matched.candidate)):
            reasons = [f"no run has {metric.name} or another figure that is gated"]
        found.append(Pairs(cell, metric, [], len(matched.base), reasons=reasons))
    return found


def _none_counts(runs: dict[Place, Run]) -> bool:
    return all(run["status"] != "ok" for run in runs.values())


def _ran_in_vain(runs: dict[Place, Run]) -> bool:
    """Whether an arm ran and nothing of it counts: that is no metric that it lacks."""
    return bool(runs) and _none_counts(runs)


def _reasons(matched: Matched, only: str | None) -> list[str]:
    """Why there is no pair, or too few."""
    if only == NEW:
        return _why_none(matched.base.values(), "base")
    if only == MISSING:
        return _why_none(matched.candidate.values(), "candidate")
    return [
        *_why_none(matched.base.values(), "base"),
        *_why_none(matched.candidate.values(), "candidate"),
    ] or ["the arms have no round in common"]


def _why_none(runs: Iterable[Run], arm: str) -> list[str]:
    found = list(runs)
    if not found:
        return [f"{arm}: not run"]
    bad = [run for run in found if run["status"] != "ok"]
    if not bad:
        return []
    last = bad[-1]
    why = last["reasons"][0] if last["reasons"] else "no reason given"
    return [f"{arm}: {len(bad)} of {len(found)} runs are not ok, the last {last['status']}: {why}"]
