"""The sections of the report's page: the questions a run is made to answer, each with the figures
and tables that answer it. Leaves out drawing (all_figures.py), what stands in tables
(results_table.py, spread.py, factorial.py) and the page (page.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..base.table import Table
from ..base.units import MISSING, format_duration, format_share
from ..records.groups import Group
from ..records.results import endings
from ..records.shapes import Record
from . import factorial, micro_table, results_table, spread
from .claims import table as claims
from .plots import (
    cost_vs_field,
    cpu_above_floor,
    latency_spectrum,
    latency_vs_load,
    lateness,
    memory_per_task,
    memory_vs_n,
    micro_costs,
)

CAPTIONS = {
    memory_per_task.NAME: "What one waiting task costs, in user and kernel memory.",
    memory_vs_n.NAME: "Memory against the number of waiting tasks.",
    cpu_above_floor.NAME: "CPU time of a request, and what the runtime adds to the floor.",
    latency_spectrum.NAME: "Latency at every percentile.",
    latency_vs_load.NAME: "Latency against the rate of requests; hollow: the server is saturated.",
    **{plot.name: plot.caption for plot in cost_vs_field.PLOTS},
    lateness.NAME: "How late timers fire, and how many fire early.",
    micro_costs.NAME: "What one step costs, beside a call, a system call and a wake-up.",
    micro_costs.NAME_OF_SWITCHES: "What a switch costs with many tasks.",
}
_Fits = Callable[[Group], bool]


@dataclass(frozen=True)
class Question:
    """One section: how it is called and what it is about; `figures`: the plots whose figures stand
    in it; `fits`: the groups whose table of results stands in it."""

    anchor: str
    title: str
    lead: str
    figures: tuple[str, ...] = ()
    fits: _Fits | None = None


@dataclass(frozen=True)
class Section:
    """A question with what this run has to say to it."""

    question: Question
    figures: list[Path]
    tables: list[Table]


def _has_rate(group: Group) -> bool:
    return group.asked.get("rate_per_s") is not None


def _is_served(group: Group) -> bool:
    return group.declared is not None and group.declared.run == "served"


def _has_samples(group: Group) -> bool:
    return group.declared is None or bool(group.declared.samples)


_BY_GROUP = (
    Question(
        "memory",
        "Memory per task",
        "What each further task costs that only waits: the slope over several numbers of tasks, so"
        " the fixed cost of a process is not in it. The tables of timers stand under"
        " Lateness of timers.",
        (memory_per_task.NAME, *(plot.name for plot in cost_vs_field.OF_MEMORY)),
        lambda group: _is_served(group) and not group.has_load,
    ),
    Question(
        "memory-against-n",
        "Memory against the number of tasks",
        "Whether that cost stays the same as tasks become many.",
        (memory_vs_n.NAME,),
    ),
    Question(
        "cpu",
        "CPU above the floor",
        "CPU time of a request, in a closed loop and at each offered rate; the floor is the"
        " hand-written epoll loop of the same round. The tables of offered rates stand under"
        " Latency.",
        (
            cpu_above_floor.NAME,
            *(plot.name for plot in (*cost_vs_field.OF_WAKE_UPS, *cost_vs_field.OF_HANDLERS)),
        ),
        lambda group: group.has_load and not _has_rate(group),
    ),
    Question(
        "latency",
        "Latency",
        "At an offered rate, from the time at which a request was meant to be sent. Service time"
        " counts from when it was sent: the difference is what waited in line. In a closed loop a"
        " request is sent when the reply to the one before is there, so nothing waits in line; its"
        " tables stand under CPU above the floor.",
        (latency_spectrum.NAME,),
        lambda group: group.has_load and _has_rate(group),
    ),
    Question(
        "latency-against-load",
        "Latency against load",
        "The same work offered at several rates, the same for every runtime.",
        (latency_vs_load.NAME,),
    ),
    Question(
        "lateness",
        "Lateness of timers",
        "How long after its deadline a task runs; a timer that fires early is an error.",
        (lateness.NAME,),
        lambda group: not _is_served(group) and _has_samples(group),
    ),
    Question(
        "talk",
        "Tasks that wait for each other",
        "What a hand-over takes, from one task to another and on one thread: a hop of a token, a"
        " leaf of a tree, a message, a mutex, a wait that is cancelled.",
        tuple(plot.name for plot in cost_vs_field.OF_TALK),
        lambda group: not _is_served(group) and not _has_samples(group),
    ),
)
_SPREAD = Question(
    "spread",
    "Spread over the rounds",
    "How far each figure ranges from round to round, and how far the machine itself drifted: what"
    " difference is worth looking at.",
)
_STYLE_BY_LOOP = Question(
    "style-by-loop",
    "Style by loop",
    "What a calling style costs is read down a column, what a loop costs along a row.",
)
_MICRO = Question(
    "micro",
    "Single steps",
    "What one step costs alone, without any load.",
    (micro_costs.NAME, micro_costs.NAME_OF_SWITCHES),
)
_CLAIMS = Question(
    "claims",
    "Claims",
    "What is said about runtimes, and what the rounds of this run say to it.",
)
_OTHERS = Question("figures", "Further figures", "")


def sections(
    records: Sequence[Record], groups: Sequence[Group], figures: Sequence[Path]
) -> list[Section]:
    """All sections in reading order; one for figures that belong to none, where there are any."""
    left = list(figures)
    found = [_by_group(question, groups, left) for question in _BY_GROUP]
    spreads = [spread.make_table(group) for group in groups]
    found.append(Section(_SPREAD, [], [*spreads, *drift_tables(records)]))
    found.append(Section(_STYLE_BY_LOOP, [], factorial.make_tables(list(groups))))
    steps = _by_group(_MICRO, groups, left)
    found.append(replace(steps, tables=micro_table.make_tables(records)))
    if asked := claims.make_tables(records):
        found.append(Section(_CLAIMS, [], asked))
    return [*found, Section(_OTHERS, left, [])] if left else found


def _by_group(question: Question, groups: Sequence[Group], left: list[Path]) -> Section:
    """A section, which takes its figures from those that are left."""
    mine = [path for path in left if _plot_of(path) in question.figures]
    left[:] = [path for path in left if path not in mine]
    fits = question.fits
    chosen = [group for group in groups if fits(group)] if fits else []
    return Section(question, mine, [results_table.make_table(group) for group in chosen])


def drift_tables(records: Sequence[Record]) -> list[Table]:
    """For each session the anchor of its rounds: one cell that never changes."""
    return [
        Table(
            title="Drift · CPU time of a request of the anchor, round by round",
            columns=["cell", *(_round(value["block"]) for value in anchor["values"])],
            rows=[
                [
                    anchor["cell_id"],
                    *(format_duration(value["per_op_ns"]) for value in anchor["values"]),
                ]
            ],
            notes=[
                f"drift {MISSING if drift is None else format_share(drift)}, at most"
                f" {format_share(anchor['limit'])}: beyond that the session is inconclusive"
            ],
        )
        for anchor in (ending["anchor"] for ending in endings(records))
        for drift in [anchor["drift"]]
        if anchor["values"]
    ]


def _round(block: int | None) -> str:
    return "round" if block is None else f"round {block + 1}"


def caption_of(path: Path) -> str:
    """What a figure shows, in a sentence."""
    return CAPTIONS.get(_plot_of(path), "")


def _plot_of(path: Path) -> str:
    """The plot of a figure; behind it stands what the figure shows (all_figures.py)."""
    return path.stem.partition("-")[0]
