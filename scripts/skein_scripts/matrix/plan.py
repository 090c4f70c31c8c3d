"""The order in which cells run, and how long it takes.

Numbers are compared only inside one session and interleaved, so that the machine's drift falls on
all runtimes alike. Every round runs every cell once. Inside a group the runtimes follow a row of a
cyclic Latin square: over as many rounds as there are runtimes, each stands in each place once. When
a square is used up, its rows are shuffled anew; groups are shuffled in every round. All of it
follows from the seed, and is recorded.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..records.shapes import ArmName
from ..records.workloads import workloads
from .matrix import LARGEST_SEED, Cell, Matrix

# What a cell takes beside its window, in seconds; measured times replace these as cells end.
_PROCESSES_S = 0.2
_MEMORY_READINGS_S = 1.5
# Where no memory is read: all that is fixed, and the lead of the first deadline.
_FIXED_WITHOUT_MEMORY_S = 0.15
_LEAD_WITHOUT_MEMORY_S = 0.2
_CONNECT_S_PER_10K = 0.2
_SPAWN_S_PER_100K = 0.5  # the lead of the first deadline
_TEARDOWN_S = 0.1


@dataclass(frozen=True)
class Slot:
    """One run of the plan: a cell, its round, and its place in the round. Probes of the machine
    have no place, and those from before the first round no round. Runs of two arms in turns have
    the number of their pair."""

    cell: Cell
    block: int | None
    position: int | None
    arm: ArmName = "single"
    pair: int | None = None


def make_plan(matrix: Matrix) -> list[Slot]:
    """All runs in order."""
    slots: list[Slot] = []
    for block in range(matrix.repeats):
        ordered = [
            cell
            for group in _groups_of_round(matrix, block)
            for cell in latin_row(_cells_of(matrix, group), matrix.seed, group, block)
        ]
        slots += [Slot(cell, block, position) for position, cell in enumerate(ordered)]
    return slots


def _cells_of(matrix: Matrix, group: str) -> list[Cell]:
    return [cell for cell in matrix.cells if cell.group == group]


def _groups_of_round(matrix: Matrix, block: int) -> list[str]:
    groups = matrix.groups
    random.Random(f"{matrix.seed}/groups/{block}").shuffle(groups)
    return groups


def latin_row(cells: list[Cell], seed: int, group: str, block: int) -> list[Cell]:
    """The row of the cyclic Latin square that a round runs: each row is the one before it, turned
    by one place; the rows come in shuffled order, new for each square."""
    square, row = divmod(block, len(cells))
    shuffled = random.Random(f"{seed}/{group}/{square}")
    base = list(cells)
    shuffled.shuffle(base)
    turns = list(range(len(cells)))
    shuffled.shuffle(turns)
    turn = turns[row]
    return base[turn:] + base[:turn]


def seed_of_block(matrix: Matrix, block: int | None) -> int:
    """The seed of the work itself: the same for all runtimes of a round, another in each round.
    What runs before the first round gets that of the first."""
    return (matrix.seed * 1000 + (block or 0)) % (LARGEST_SEED + 1)


def plan_record(matrix: Matrix, slots: list[Slot]) -> dict[str, object]:
    """`session.plan`."""
    order: list[list[str]] = [[] for _ in range(matrix.repeats)]
    for slot in slots:
        assert slot.block is not None
        order[slot.block].append(slot.cell.key)
    return {
        "design": "latin",
        "rounds": matrix.repeats,
        "order": order,
        "preset": matrix.name,
        "cells": [cell.describe() for cell in matrix.cells],
    }


def estimate_s(cell: Cell) -> float:
    """Seconds that a run of this cell takes, about."""
    reads_memory = cell.settings.get("memory") != "off"
    fixed = _PROCESSES_S + _MEMORY_READINGS_S + _TEARDOWN_S
    if not reads_memory:
        fixed = _FIXED_WITHOUT_MEMORY_S
    declared = workloads()[cell.workload]
    tasks = int(cell.settings[declared.tasks])
    if declared.run == "tasks":
        spawn = tasks / 100_000 * _SPAWN_S_PER_100K
        if not reads_memory:
            spawn = max(spawn, _LEAD_WITHOUT_MEMORY_S)
        return fixed + spawn + cell.duration_ns("window") / 1e9
    connect = tasks / 10_000 * _CONNECT_S_PER_10K
    load_ns = sum(cell.duration_ns(name) for name in ("warmup", "duration", "hold"))
    return fixed + connect + load_ns / 1e9
