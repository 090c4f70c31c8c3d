"""A results file of the preset of claims, made by hand: of each cell that is named its figures,
round by round. All that a rule may ask of a run has the one figure that was planted."""

from __future__ import annotations

import copy

import planted_results
from skein_scripts.matrix.matrix import load_preset
from skein_scripts.report.claims.declared import PRESET

FEW = "least_rounds = 3\n"
CLAIMS = (
    FEW
    + """
[[claim]]
id = "small"
says = "Small."
said_in = "books"

[[claim.rule]]
metric = "user_bytes_per_task"
of = "sleep-100k/future"
at_most = 150
"""
)
_SESSION = planted_results.SESSION
_LIKE = {
    "spread": "spread", "storm": "spread", "idle": "idle", "fixed": "fixed",
    "none": "spread", "blocking": "spread", "offloaded": "spread",
}  # fmt: skip
_SHAPE_FIELDS = {"c10k": "mode", "timers": "pattern", "hog": "form"}
_SIZES = ("tasks", "connections", "active")


def cells():
    """The cells of the preset by their keys."""
    return {cell.key: cell for cell in load_preset(PRESET).cells}


def rounds_of(measured, planned=True, settings=None, doubts=(), again=0):
    """The file. `measured`: by cell a figure for each round, None for a round without a run, or
    what a run is instead of ok. `settings`: of all its cells, beside the preset's; `again`: so many
    times more stands each run in it."""
    rounds = max(len(figures) for figures in measured.values())
    keys = list(measured)
    plan = {
        "design": "latin", "rounds": rounds, "preset": PRESET, "order": [keys] * rounds,
        "cells": [_planned(cells()[key], settings or {}) for key in keys],
    }  # fmt: skip
    lines = [planted_results.session_line() | {"plan": plan if planned else None}]
    for block in range(rounds):
        for key in keys:
            if block < len(measured[key]) and measured[key][block] is not None:
                run = _run(key, block, keys.index(key), measured[key][block])
                if not planned:
                    run |= {"block": None, "position": None}
                lines += [copy.deepcopy(run) for _ in range(1 + again)]
    ending = planted_results.ending_line() | {"inconclusive": list(doubts)}
    return [*lines, ending]


def _planned(cell, settings):
    about = cell.describe()
    return about | {"settings": about["settings"] | settings}


def _run(key, block, position, figure):
    cell = cells()[key]
    like = planted_results.run_line(_LIKE[cell.shape], "coroutine", block)
    like |= {"run_id": f"{key}-{block}", "position": position}
    work = {"runtime": cell.runtime, planted_shape(cell): cell.shape}
    work |= {name: cell.settings.get(name) for name in _SIZES}
    for name in ("cell", "echoed"):
        like[name] = like[name] | work
    like["cell_id"] = f"{cell.workload}/{cell.runtime}/{cell.group}"
    if isinstance(figure, dict):
        return like | {"echoed": None, "work": None} | figure
    _fill(like, figure)
    return like


def planted_shape(cell):
    return _SHAPE_FIELDS[cell.workload]


def _fill(run, figure):
    if run["memory"]:
        run["memory"]["per_task"] |= {
            f"{what}_bytes": float(figure) for what in ("user", "kernel", "total")
        }
        run["memory"]["peak_rss_bytes"] = int(figure)
    if run["cpu"]:
        run["cpu"]["per_op_ns"] = float(figure)
