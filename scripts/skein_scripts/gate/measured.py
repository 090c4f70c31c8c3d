"""Arms that are measured now, interleaved: two programs, two revisions, or two runtimes of one of
them. All pairs of one stage: the verdicts are for reading, and decide nothing on their own.

Leaves out the gate, with its two stages (scripts/gate.py).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from ..base.errors import UsageError
from ..base.terminal import detail, say
from ..matrix import selection
from ..matrix.matrix import PRESET_FOLDER, Cell, Matrix, load_matrix
from ..records import conditions
from ..records.metrics import METRICS, Metric
from ..session.options import add_cpu_options, cpu_options
from . import builds, stages
from .builds import Build
from .compared import INCONCLUSIVE, Comparison, Pairs
from .failures import failures
from .judge import ALPHA, judge
from .paired_runs import ARMS, PairedRuns
from .paired_session import PairedSession, prepare_results, without_unmeasurable
from .record import Side

_USUAL_PAIRS = 20


@dataclass(frozen=True)
class Compared:
    """What a comparison came to, whatever the arms were."""

    base: Side
    candidate: Side
    comparisons: list[Comparison]
    notes: list[str] = field(default_factory=list)
    mismatches: list[str] = field(default_factory=list)
    interleaved: bool = True
    undecided: list[str] = field(default_factory=list)  # for pairs that were lost
    failed: list[str] = field(default_factory=list)  # the candidate's runs that ended badly
    changed: list[str] | None = None  # conditions of the workers; None: they are not known

    @property
    def title(self) -> str:
        """Of the table."""
        return f"{self.candidate.label} against {self.base.label}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of what is measured now."""
    group = parser.add_argument_group("programs and revisions: measured now, in turns")
    group.add_argument("--output", type=Path, metavar="DIR", help="folder of trees and results")
    group.add_argument(
        "--matrix",
        type=Path,
        metavar="FILE",
        default=PRESET_FOLDER / "gate.toml",
        help="the cells (the preset gate)",
    )
    group.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar=selection.FILTER_FORM,
        help=selection.FILTER_HELP,
    )
    group.add_argument(
        "--pairs", type=int, metavar="N", default=_USUAL_PAIRS, help="of each cell with load (20)"
    )
    add_cpu_options(parser)


def _is_program(name: str) -> bool:
    path = Path(name)
    return path.is_file() and path.suffix not in (".json", ".jsonl") and os.access(path, os.X_OK)


def is_asked_for(*names: str | None) -> bool:
    """Whether the arms are to be measured, and are not there as results. Raises UsageError for one
    of each."""
    kinds = {_is_program(name) or _is_revision(name) for name in names if name is not None}
    if len(kinds) > 1:
        raise UsageError(
            "results of an earlier session and a program that is measured now do not"
            " compare: name two of one kind"
        )
    return True in kinds


def _is_revision(name: str) -> bool:
    if Path(name).exists():
        return False
    try:
        builds.resolve(name)
    except builds.UnknownRevisionError:
        return False
    return True


def measure(
    options: argparse.Namespace,
    runtimes: tuple[str, str] | None,
    names: Sequence[str],
    console: Console,
) -> Compared:
    """Builds what is a revision, measures, judges."""
    if options.output is None:
        raise UsageError("name a folder for trees and results with --output")
    if options.pairs < stages.LEAST_SCREEN_PAIRS:
        raise UsageError(f"--pairs: fewer than {stages.LEAST_SCREEN_PAIRS} decide nothing")
    matrix = load_matrix(options.matrix)
    matrix, notes = without_unmeasurable(matrix if runtimes is None else _of_both(matrix, runtimes))
    matrix = selection.apply_filters(matrix, options.filter)
    if matrix.has_auto_rates:
        raise UsageError(f"{options.matrix}: both arms need the same, absolute rates")
    prepare_results(options.output, matrix)  # before anything is built
    base = _build(options.base, options.output)
    candidate = base if runtimes else _build(options.candidate, options.output)
    paired_session = PairedSession(
        matrix,
        options.output,
        cpu_options(options),
        other_runtime=runtimes[1] if runtimes else None,
    )
    metrics = [metric for metric in METRICS if not names or metric.name in names]
    for cell in matrix.cells:
        detail(console, f"skein run {' '.join(cell.arguments())}")
    with paired_session.measuring(base, candidate) as paired:
        comparisons, lost = _measure(options.pairs, matrix.cells, metrics, names, paired, console)
        failed = failures(paired.runs["candidate"], paired.name_of)
        changed = conditions.changes(paired.runs["base"], paired.runs["candidate"])
    notes = [*notes, *_overrides(matrix.cells)] if runtimes else notes
    labels = runtimes or (base.label, candidate.label)
    base_side, candidate_side = (
        Side(label, paired_session.sessions[arm]) for arm, label in zip(ARMS, labels, strict=True)
    )
    return Compared(
        base_side,
        candidate_side,
        comparisons,
        notes,
        undecided=lost,
        failed=failed,
        changed=changed,
    )


def _measure(
    count: int,
    cells: Sequence[Cell],
    metrics: Sequence[Metric],
    names: Sequence[str],
    paired: PairedRuns,
    console: Console,
) -> tuple[list[Comparison], list[str]]:
    """The verdicts, and which of them fewer pairs than were asked for cannot decide. Pairs that do
    not count are measured anew, once for each that was asked for."""
    wanted = stages.PairCounts(count, stages.CONFIRM_FEW)

    def on_pair(cell: Cell, number: int) -> None:
        say(console, f"pair {number + 1}: {cell.group} · {cell.runtime}")

    first = paired.next_pair
    stages.measure(paired, cells, wanted, on_pair)
    stages.replace_lost(paired, cells, first, wanted, wanted, on_pair, None)
    pairs = stages.pairs_of(cells, first, paired, metrics, every_cell=not names)
    comparisons = judge(chosen(pairs, names), ALPHA)
    asked = {cell.key: wanted.of(cell) for cell in cells}
    return comparisons, _undecided(comparisons, asked)


def chosen(pairs: Sequence[Pairs], names: Sequence[str]) -> list[Pairs]:
    """Of the counts that must be 0 those that are named, or all where nothing is."""
    return [
        one
        for one in pairs
        if not (one.metric.must_be_0 and names and one.metric.name not in names)
    ]


def _undecided(comparisons: Sequence[Comparison], asked: Mapping[str, int]) -> list[str]:
    judged = sum(one.p is not None and one.metric.gated for one in comparisons)

    def decides(pairs: int) -> bool:
        return 0.5**pairs * judged <= ALPHA

    return [
        f"{one.name} ({one.pairs} of {asked[one.cell]} pairs count)"
        for one in comparisons
        if one.metric.is_tested
        and one.verdict == INCONCLUSIVE
        and decides(asked[one.cell])
        and not decides(one.pairs)
    ]


def _of_both(matrix: Matrix, runtimes: tuple[str, str]) -> Matrix:
    """The cells of the first runtime that the second has as well, with the settings of the second
    where only those fit it: the work must be the same. Raises UsageError where there are none."""
    of_second = {cell.group: cell for cell in matrix.cells if cell.runtime == runtimes[1]}
    cells = tuple(
        replace(cell, settings=of_second[cell.group].settings, reason=of_second[cell.group].reason)
        if of_second[cell.group].reason
        else cell
        for cell in matrix.cells
        if cell.runtime == runtimes[0] and cell.group in of_second
    )
    if not cells:
        raise UsageError(f"{matrix.name} has no cell that both {' and '.join(runtimes)} are in")
    return replace(matrix, cells=cells)


def _overrides(cells: Iterable[Cell]) -> list[str]:
    return [f"{cell.group}: {cell.reason}" for cell in cells if cell.reason]


def _build(name: str, folder: Path) -> Build:
    if _is_program(name):
        return builds.existing(Path(name))
    builds.require_clean()
    trees = folder / "trees"
    trees.mkdir(parents=True, exist_ok=True)
    return builds.build(name, trees)
