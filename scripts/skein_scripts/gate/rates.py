"""How often a gate errs: gates drawn from recorded pairs of the same program, with the very rules
of the stages. Without a change any regression is a false alarm; with one put in, its absence is a
miss.

Pairs are drawn in blocks of two (an ABBA block, so that what lasts longer than a pair stays in),
all metrics of a pair together (they move together), and the arms of a block are swapped by the toss
of a coin: of the same program, either order is as likely. Before, the recording is centred on its
medians: of one program they are nothing but chance, and with the arms of whole blocks swapped they
would make the pairs of a block alike. So what lasts longer than two pairs, and what an order does,
is not in it: gates of a program against itself, live, show that.

Leaves out the recording: that is a gate of a program against itself.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ..base.errors import UsageError
from ..base.outputs import write_text
from ..records.cells import CellNames
from ..records.metrics import METRICS, Metric
from ..records.purposes import INSTRUCTIONS, MEMORY
from ..records.results import runs, sessions
from ..records.shapes import Record, Run
from ..records.slots import taken_slots
from .compared import REGRESSED, Comparison, Pairs
from .pair_statistics import log_ratios
from .pairing import make_pairs
from .stages import (
    CONFIRM_FEW,
    SCREEN_FEW,
    PairCounts,
    Result,
    flagged,
    judge_confirmed,
    judge_screened,
    left_open,
    unsure_cells,
)

_COLUMNS = ("cell", "metric", "pair", "log_ratio")
_BLOCK = 2
_LEAST_PAIRS = 10  # recorded, for a cell to be drawn from
_ABOUT_BYTES = 4096.0  # of a task: a least step has its part
# A cell that is for one of these is judged by metrics of that purpose alone.
_NARROW = (MEMORY, INSTRUCTIONS)

# The log ratios of one pair by metric, > 0 being worse.
Row = dict[str, float]
Recorded = dict[str, list[Row]]


def from_recordings(recordings: Iterable[Sequence[Record]], metrics: Sequence[Metric]) -> Recorded:
    """The pairs of several gates, each with all records of its file, by cell. Cells with fewer than
    ten pairs are left out."""
    found: Recorded = {}
    for records in recordings:
        for cell, rows in _pairs_in(records, metrics).items():
            found.setdefault(cell, []).extend(rows)
    return {cell: _alike(rows) for cell, rows in found.items() if len(_alike(rows)) >= _LEAST_PAIRS}


def _alike(rows: Sequence[Row]) -> list[Row]:
    """Those that have the same metrics as the fullest."""
    fullest = max(rows, key=len).keys()
    return [row for row in rows if row.keys() == fullest]


def _pairs_in(records: Sequence[Record], metrics: Sequence[Metric]) -> Recorded:
    arms: dict[str, list[Run]] = {"base": [], "candidate": []}
    in_turns = [run for run in runs(records) if run["arm"] in arms and run.get("pair") is not None]
    for slot in taken_slots(in_turns, sessions(records)):
        arms[slot.run["arm"]].append(slot.run)
    found: dict[str, dict[str, list[float]]] = {}
    purposes = {metric.name: metric.purpose for metric in metrics}
    chosen = [metric for metric in metrics if metric.gated]
    name_of = CellNames(in_turns, sessions(records))
    for pairs in make_pairs(arms["base"], arms["candidate"], name_of, chosen):
        if pairs.values:
            ratios = log_ratios(pairs.values, pairs.metric.worse)
            found.setdefault(pairs.cell, {})[pairs.metric.name] = ratios
    for columns in found.values():
        if narrow := {purposes[name] for name in columns} & set(_NARROW):
            for name in [name for name in columns if purposes[name] not in narrow]:
                del columns[name]
    return {cell: _rows(columns) for cell, columns in found.items()}


def _rows(columns: Mapping[str, Sequence[float]]) -> list[Row]:
    """Of the metrics that every pair has."""
    count = max(map(len, columns.values()))
    whole = {name: values for name, values in columns.items() if len(values) == count}
    return [{name: values[i] for name, values in whole.items()} for i in range(count)]


def write(recorded: Recorded, path: Path) -> None:
    """As CSV, small enough to be kept. Raises MeasureError where that cannot be."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for cell, rows in recorded.items():
        for pair, row in enumerate(rows):
            writer.writerows((cell, metric, pair, f"{value:.5f}") for metric, value in row.items())
    write_text(path, out.getvalue())


def read(path: Path) -> Recorded:
    """What write() wrote. Raises UsageError for anything else."""
    found: dict[str, dict[int, Row]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                row = found.setdefault(line["cell"], {}).setdefault(int(line["pair"]), {})
                row[line["metric"]] = float(line["log_ratio"])
        return {cell: _whole(cell, rows) for cell, rows in found.items()}
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise UsageError(f"{path} is no file of recorded pairs: {error}") from error


def _whole(cell: str, rows: Mapping[int, Row]) -> list[Row]:
    """By number. Raises ValueError where a pair, or a metric of one, is not there: neighbours are
    drawn, with all metrics of a pair together."""
    if sorted(rows) != list(range(len(rows))):
        raise ValueError(f"{cell}: its {len(rows)} pairs are not 0 to {len(rows) - 1}")
    if any(row.keys() != rows[0].keys() for row in rows.values()):
        raise ValueError(f"{cell}: not every pair has the same metrics")
    if not all(math.isfinite(value) for row in rows.values() for value in row.values()):
        raise ValueError(f"{cell}: a log ratio is no number")
    return [rows[pair] for pair in range(len(rows))]


def centred(recorded: Recorded) -> Recorded:
    """With the median of each cell and metric at no change."""
    found: Recorded = {}
    for cell, rows in recorded.items():
        middle = {name: median([row[name] for row in rows]) for name in rows[0]}
        found[cell] = [{name: row[name] - middle[name] for name in middle} for row in rows]
    return found


@dataclass(frozen=True)
class Change:
    """What is put into the candidate: one cell and metric, worse by so much."""

    cell: str
    metric: str
    relative: float


def draw(rows: Sequence[Row], count: int, source: random.Random) -> list[Row]:
    """So many pairs of a cell of the same program."""
    drawn: list[Row] = []
    while len(drawn) < count:
        first = source.randrange(max(1, len(rows) - _BLOCK + 1))
        sign = source.choice((-1, 1))
        drawn += [
            {name: sign * value for name, value in row.items()}
            for row in rows[first : first + _BLOCK]
        ]
    return drawn[:count]


def gate(
    recorded: Recorded,
    counts: tuple[int, int],
    source: random.Random,
    metrics: Mapping[str, Metric],
    change: Change | None = None,
    times: int = 1,
) -> Result:
    """One gate of so many pairs, to screen and to confirm. Of memory and instructions they are as
    few as in the gate. `times`: how often there is time to confirm, where pairs are not sure."""

    def pairs_of(cells: Iterable[str], stage: PairCounts) -> list[Pairs]:
        made = []
        for cell in cells:
            names = list(recorded[cell][0])
            rows = draw(recorded[cell], stage.of_purpose(metrics[names[0]].purpose), source)
            for name in names:
                ratios, added = [row[name] for row in rows], _added(change, cell, name)
                made.append(Pairs(cell, metrics[name], values_of(metrics[name], ratios, added)))
        return made

    screened = judge_screened(pairs_of(recorded, PairCounts(counts[0], SCREEN_FEW)))
    suspects = flagged(screened)
    again = list(dict.fromkeys(one.cell for one in suspects))
    judged = sum(metrics[name].is_tested for cell in again for name in recorded[cell][0])
    stage = PairCounts(counts[1], CONFIRM_FEW).enough_for(judged)
    found: dict[str, Comparison] = {}
    for _ in range(times):
        confirmed = judge_confirmed(pairs_of(again, stage), suspects)
        found |= {one.name: one for one in confirmed}
        if any(one.verdict == REGRESSED for one in confirmed):
            break
        unsure = unsure_cells(confirmed, suspects)
        again = [cell for cell in again if cell in unsure]
    confirmed = list(found.values())
    return Result(screened, confirmed, left_open=left_open(suspects, confirmed))


def _added(change: Change | None, cell: str, metric: str) -> float:
    here = change is not None and (change.cell, change.metric) == (cell, metric)
    return math.log1p(change.relative) if change is not None and here else 0.0


def values_of(
    metric: Metric, ratios: Sequence[float], added: float = 0.0
) -> list[tuple[float, float]]:
    """Values of both arms that have these log ratios, and so much more."""
    base = _ABOUT_BYTES if metric.min_step else 1e9
    return [(base, base * math.exp(metric.worse * (value + added))) for value in ratios]


@dataclass(frozen=True)
class Alike:
    """The shares of gates without a change that confirm a regression anywhere, and that confirm
    none and leave something open."""

    false_alarms: float
    undecided: float


def alike(
    recorded: Recorded,
    counts: tuple[int, int],
    gates: int,
    seed: int,
    metrics: Sequence[Metric],
    times: int = 1,
) -> Alike:
    """What gates of a program against itself end in, over all cells."""
    source, by_name = random.Random(seed), {metric.name: metric for metric in metrics}
    recorded = centred(recorded)
    made = [gate(recorded, counts, source, by_name, times=times) for _ in range(gates)]
    alarms = sum(bool(one.regressions) for one in made)
    undecided = sum(bool(one.left_open) and not one.regressions for one in made)
    return Alike(alarms / gates, undecided / gates)


def power(
    recorded: Recorded,
    counts: tuple[int, int],
    gates: int,
    seed: int,
    metrics: Sequence[Metric],
    change: Change,
) -> float:
    """The share of gates that confirm the change, in its cell and metric."""
    source, by_name = random.Random(seed), {metric.name: metric for metric in metrics}
    recorded, found = centred(recorded), 0
    for _ in range(gates):
        made = gate(recorded, counts, source, by_name, change)
        names = {(one.cell, one.metric.name) for one in made.regressions}
        found += (change.cell, change.metric) in names
    return found / gates


def metrics_in(recorded: Recorded) -> list[Metric]:
    """Those that the pairs are of. Raises UsageError for an unknown one."""
    names = dict.fromkeys(name for rows in recorded.values() for row in rows for name in row)
    known = {metric.name: metric for metric in METRICS}
    found = [known.get(name) for name in names]
    if None in found:
        raise UsageError("the recorded pairs have a metric that is not known here")
    return [metric for metric in found if metric is not None]
