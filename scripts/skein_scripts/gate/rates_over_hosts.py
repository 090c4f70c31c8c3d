"""How often a comparison over hosts errs: pairs of the same program, drawn as in rates.py and dealt
to hosts that differ in what they show by so much. Without a change any regression is a false alarm.

Leaves out the gate's stages, which run on one host."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from ..records.metrics import Metric
from .compared import REGRESSED, Pairs
from .judge import judge
from .rates import Recorded, centred, draw, values_of

APART = (0.0, 0.01, 0.03)


def false_alarms(
    recorded: Recorded,
    hosts: int,
    pairs: int,
    apart: float,
    comparisons: int,
    seed: int,
    metrics: Sequence[Metric],
) -> float:
    """The share of comparisons over all cells that have a regression anywhere. `pairs`: of each
    host. `apart`: of two hosts, the most that their changes differ by; the others lie between."""
    source, by_name = random.Random(seed), {metric.name: metric for metric in metrics}
    recorded = centred(recorded)
    alarms = 0
    for _ in range(comparisons):
        made = [
            one
            for cell in recorded
            for one in _pairs_of(recorded, cell, hosts, pairs, apart, source, by_name)
        ]
        alarms += any(one.verdict == REGRESSED for one in judge(made))
    return alarms / comparisons


def _pairs_of(
    recorded: Recorded,
    cell: str,
    hosts: int,
    pairs: int,
    apart: float,
    source: random.Random,
    by_name: dict[str, Metric],
) -> list[Pairs]:
    whole = math.log1p(apart)
    offsets = [whole * (place / (hosts - 1) - 0.5) for place in range(hosts)]
    source.shuffle(offsets)
    rows = [
        {name: value + offset for name, value in row.items()}
        for offset in offsets
        for row in draw(recorded[cell], pairs, source)
    ]
    names = [f"host {number}" for number in range(hosts) for _ in range(pairs)]
    return [
        Pairs(cell, by_name[name], values_of(by_name[name], [row[name] for row in rows]),
              hosts=names)
        for name in rows[0]
        if not by_name[name].exact
    ]  # fmt: skip
