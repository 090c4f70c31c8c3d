"""Runs as tables and plots see them: groups (the same work), a series for each runtime in it, and
for each series the runs that count, or the reason why there is none.

A slot of a plan that was run again (resumed, or repeated after an invalid run) counts once, with
its last run. Leaves out statistics of the values and their looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from ..base.errors import UsageError
from ..base.statistics import Summary, summarize
from .cells import NETWORK, PINNED, Asked, Facts, differences_by, suffix_of
from .metrics import Metric
from .results import runs, sessions
from .run_shapes import AskedFields, CellFields
from .runtimes import in_order, runtimes
from .shapes import Record, Run, Session
from .slots import plan_of, taken_slots
from .workloads import SEED, Workload, workloads

# Asked of a run beside its work (cells.py): runs that differ in it are no repeats of each other.
_ALSO_ASKED = (
    "warmup", "hold", "memory", "warmup_requests", "exchange", "worker_command", "arm",
    NETWORK, *PINNED,
)  # fmt: skip
_SINGLE_STEPS = "micro"  # of skein_micro: no group of runtimes that do the same work
_NAMED = 8  # rows with another number of runs, in a sentence
_UNUSUAL_TIMERS = "heap"  # not measured together with the wheel that others have


@cache
def same_work() -> tuple[str, ...]:
    """The fields of a cell in which runs of the same work agree. What a runtime's property decides
    (its stacks) is not among them, unless those without it have a value as well; nor is the seed,
    which each round has anew."""
    fields = (each for workload in workloads().values() for each in workload.fields)
    names = (
        each.name
        for each in fields
        if not (each.measuring or each.kind == SEED or each.setting in _ALSO_ASKED)
        and (each.of is None or each.auto_default)
    )
    return tuple(dict.fromkeys(("workload", *names)))


@dataclass
class Series:
    """The runs of one runtime on one group's work."""

    runtime: str
    runs: list[Run] = field(default_factory=list)
    reason: str | None = None  # why its settings differ from the group's
    retried: int = 0  # invalid runs that were repeated; they are not among `runs`

    @property
    def ok(self) -> list[Run]:
        """The runs whose numbers count."""
        return [run for run in self.runs if run["status"] == "ok"]

    def values(self, metric: Metric) -> list[float]:
        """What the runs that count and have it say."""
        found = (metric.read(run) for run in self.ok)
        return [value for value in found if value is not None]

    def summary(self, metric: Metric) -> Summary | None:
        """Of the repeats of a metric."""
        return summarize(self.values(metric))

    def median(self, metric: Metric) -> float | None:
        """Of the repeats of a metric."""
        summary = self.summary(metric)
        return summary.median if summary else None

    @property
    def cell(self) -> CellFields | None:
        """The cell of any of the runs: they are alike in all but the seed."""
        return self.runs[0]["cell"] if self.runs else None

    @property
    def asked(self) -> AskedFields:
        """The same; without a run, nothing is known to be asked."""
        return self.cell or {}

    def status_counts(self) -> str:
        """Statuses with their counts, ok first."""
        counts: dict[str, int] = {}
        for run in self.runs:
            counts[run["status"]] = counts.get(run["status"], 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (item[0] != "ok", item[0]))
        text = ", ".join(f"{count} {status}" for status, count in ordered) or "not run"
        return f"{text}, {self.retried} repeated" if self.retried else text

    def why_missing(self) -> str | None:
        """Why there is no number, in a few words; None where there is one."""
        if self.ok:
            return None
        if not self.runs:
            return "not run"
        last = self.runs[-1]
        return f"{last['status']}: {last['reasons'][0]}" if last["reasons"] else last["status"]


@dataclass
class Group:
    """The same work on several runtimes."""

    name: str
    workload: str
    series: list[Series]  # in the order of the runtimes
    apart: str = ""  # what tells it from a group whose work reads the same

    def of(self, runtime: str) -> Series | None:
        """The series of a runtime, if it was planned or run."""
        return next((one for one in self.series if one.runtime == runtime), None)

    @property
    def cell(self) -> CellFields | None:
        """The cell of a series that has the group's own settings."""
        run = self.any_run
        return run["cell"] if run else None

    @property
    def asked(self) -> AskedFields:
        """The same; without a run, nothing is known to be asked."""
        return self.cell or {}

    @property
    def any_run(self) -> Run | None:
        """A run of a series that has the group's own settings, if there is one."""
        plain = [one.runs[0] for one in self.series if one.runs and not one.reason]
        others = [one.runs[0] for one in self.series if one.runs]
        return next(iter(plain or others), None)

    @property
    def declared(self) -> Workload | None:
        """What its folder says of the workload; None for one that is not known here."""
        return workloads().get(self.workload)

    @property
    def task(self) -> str:
        """What one of the tasks is called."""
        return self.declared.task if self.declared else "task"

    @property
    def shape(self) -> str:
        """The mode or pattern."""
        return str(self.asked.get(self.declared.shape) or "") if self.declared else ""

    @property
    def has_load(self) -> bool:
        """Whether requests are sent in it. Where none are, waiting itself is measured."""
        return self.declared is not None and self.declared.run == "served" and self.shape != "idle"

    @property
    def repeats(self) -> int:
        """The most runs that count of any series."""
        return max((len(one.ok) for one in self.series), default=0)

    def title(self) -> str:
        """The work in words."""
        cell = self.cell
        return describe_work(cell) + self.apart if cell else self.name


def repeats_text(groups: Sequence[Group]) -> str:
    """How many runs are behind the figures of groups: "n = 3 runs of each runtime (libuv 2)". Of
    many that have others, the first few: each figure has its own in the tables."""
    most = max(group.repeats for group in groups)
    fewer = [
        f"{one.runtime}{where} {len(one.ok)}"
        for group in groups
        for where in [f" in {group.name.split(',')[0]}" if len(groups) > 1 else ""]
        for one in group.series
        if len(one.ok) != most
    ]
    if len(fewer) > _NAMED:
        fewer = [*fewer[:_NAMED], f"{len(fewer) - _NAMED} more have others"]
    of_some = f" ({', '.join(fewer)})" if fewer else ""
    return f"n = {most} runs of each runtime{of_some}"


def describe_work(cell: CellFields) -> str:
    """The work of a cell in words, without the runtime."""
    return workloads()[cell["workload"]].in_words(cell)


def group_runs(records: Sequence[Record]) -> list[Group]:
    """Groups of a file, in the order of its plan, then those of runs outside any plan. Counted runs
    have no times, and single steps are no work: both stand apart."""
    opened = sessions(records)
    _require_one_machine(opened)
    groups: dict[object, Group] = {}
    for session in opened:
        _add_planned(session, groups)
    asked, stacks = Asked(opened), _stack_sizes(records)
    plans = {session["session_id"]: plan_of(session) for session in opened}
    measured = [
        run
        for run in runs(records)
        if not run.get("counted") and run["cell"]["workload"] != _SINGLE_STEPS
    ]
    for slot in taken_slots(measured, opened):
        key = asked.key_of(slot.run) if slot.run["arm"] == "single" else None
        group = (
            groups[plans[slot.run["session_id"]], key.rpartition("/")[0]]
            if key
            else _group_of_work(slot.run, asked.facts(slot.run), groups, stacks)
        )
        series = _series_of(group, slot.run["cell"]["runtime"])
        series.runs.append(slot.run)
        series.retried += slot.repeated
    for group in groups.values():
        _sort(group)
    _tell_apart(list(groups.values()), asked)
    return _joined(groups.values())


def _add_planned(session: Session, groups: dict[object, Group]) -> None:
    plan = session.get("plan")
    if plan is None or plan["design"] == "abba":
        return  # none, or of two arms, which share no series
    for cell in plan.get("cells", []):
        name = cell["group"]
        group = groups.setdefault((plan_of(session), name), Group(name, cell["workload"], []))
        _series_of(group, cell["runtime"]).reason = cell.get("reason")


def _tell_apart(groups: Sequence[Group], asked: Asked) -> None:
    """Groups whose work reads the same say in what they differ."""
    facts = {id(one): asked.facts(run) for one in groups if (run := one.any_run) is not None}
    named = [(group, group.title()) for group in groups if id(group) in facts]
    differing = differences_by((title, facts[id(group)]) for group, title in named)
    for group, title in named:
        group.apart = suffix_of(facts[id(group)], differing[title])


def _sort(group: Group) -> None:
    by_runtime = {one.runtime: one for one in group.series}
    group.series = [by_runtime[runtime] for runtime in in_order(by_runtime)]


def _joined(groups: Iterable[Group]) -> list[Group]:
    """What still looks the same is the same work, of two plans: one group, as its runs are of one
    cell to whoever names them (cells.py)."""
    found: dict[str, Group] = {}
    for group in groups:
        first = found.setdefault(group.title(), group)
        if first is group:
            continue
        for series in group.series:
            whole = _series_of(first, series.runtime)
            whole.runs += series.runs
            whole.retried += series.retried
            whole.reason = whole.reason or series.reason
        _sort(first)
    return list(found.values())


def _series_of(group: Group, runtime: str) -> Series:
    found = group.of(runtime)
    if found is None:
        found = Series(runtime)
        group.series.append(found)
    return found


def _work_of(cell: CellFields) -> str:
    return "\0".join(str(cell.get(name)) for name in same_work())


def _stack_sizes(records: Sequence[Record]) -> dict[str, set[int]]:
    """By work, the sizes of stacks that it was done with."""
    sizes: dict[str, set[int]] = {}
    for run in runs(records):
        if (stack_bytes := run["cell"].get("stack_bytes")) is not None:
            sizes.setdefault(_work_of(run["cell"]), set()).add(stack_bytes)
    return sizes


def _group_of_work(
    run: Run, facts: Facts, groups: dict[object, Group], stacks: dict[str, set[int]]
) -> Group:
    """The group of a run outside any plan: runs with the same work are of one group. A runtime
    without stacks stands beside those that have them; only two sizes of stacks are two groups."""
    cell = run["cell"]
    key = _work_of(cell)
    if len(stacks.get(key, ())) > 1:
        key += f"\0{cell.get('stack_bytes')}"
    if cell.get("timers") == _UNUSUAL_TIMERS:
        key += f"\0{_UNUSUAL_TIMERS}"
    key += "".join(f"\0{name}={facts.get(name)}" for name in _ALSO_ASKED)
    return groups.setdefault(key, Group(describe_work(cell), cell["workload"], []))


def _require_one_machine(opened: list[Session]) -> None:
    machines = {
        (session["environment"]["cpu_model"], session["environment"]["kernel"])
        for session in opened
    }
    if len(machines) > 1:
        names = "; ".join(sorted(f"{cpu}, {kernel}" for cpu, kernel in machines))
        raise UsageError(
            f"the file mixes machines ({names}): numbers of different machines do not belong in"
            " one table, so split it by session"
        )


def missing_runtimes(group: Group) -> list[str]:
    """Runtimes of the binary that the group's plan leaves out."""
    ours = [name for name, runtime in runtimes().items() if not runtime.is_foreign]
    return [name for name in ours if group.of(name) is None]
