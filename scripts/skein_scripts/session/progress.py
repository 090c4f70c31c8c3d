"""What a person sees while a matrix runs: a bar with the time left on a terminal, one line for each
run elsewhere; and the figures of the run that has just ended. Nothing is asked of a cell that runs,
and nothing is drawn meanwhile: both would take time of a CPU that is measured."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..base.terminal import detail, say, tell, text_of
from ..base.units import format_clock
from ..base.visible import visible
from ..matrix.matrix import Cell
from ..matrix.plan import Slot, estimate_s
from ..records.metric_tables import RESULTS, layout_of
from ..records.results import DONE
from ..records.shapes import Run
from ..records.workloads import shape_of

_STATUS_STYLE = {"ok": "green", "limit": "yellow"}
_LAST_WORDS = 160  # characters of a line; the record has it whole
_MOST_FIGURES = 6


class RemainingTime:
    """The time that the remaining slots take. A cell that has run before is taken to need as long
    again; the others' estimates are scaled by how far off the estimates were so far."""

    def __init__(self, slots: list[Slot]) -> None:
        self._left = list(slots)
        self._measured: dict[str, float] = {}
        self._wall_s = 0.0
        self._estimated_s = 0.0

    def ended(self, slot: Slot, wall_s: float) -> None:
        """Takes a slot off the list."""
        self._left.remove(slot)
        self._measured[slot.cell.key] = wall_s
        self._wall_s += wall_s
        self._estimated_s += estimate_s(slot.cell)

    def seconds(self) -> float:
        """Of all slots that have not ended."""
        return sum(self._of(slot.cell) for slot in self._left)

    def _of(self, cell: Cell) -> float:
        known = self._measured.get(cell.key)
        if known is not None:
            return known
        scale = self._wall_s / self._estimated_s if self._estimated_s else 1.0
        return estimate_s(cell) * scale


def describe(slot: Slot) -> str:
    """A slot in a few words."""
    where = "" if slot.block is None else f" · round {slot.block + 1}"
    return f"{slot.cell.group} · {slot.cell.runtime}{where}"


def outcome(record: Run) -> str:
    """A status, with its first reason where it is not ok, and the last words of a process that
    failed: why a worker could not be started, no exit status tells."""
    reasons = record["reasons"]
    said = f"{record['status']}: {reasons[0]}" if reasons else str(record["status"])
    failure = record.get("failure")
    lines = [line.strip() for line in failure["stderr"]] if failure else []
    last = next((line for line in reversed(lines) if line), "")
    known = not last or last in said
    return said if known else f"{said} ({textwrap.shorten(last, _LAST_WORDS, placeholder=' …')})"


def figures_of(record: Run) -> str:
    """The first figures of a run that its table in the report would have; may be empty."""
    shape = shape_of(record["cell"])
    if shape is None:
        return ""
    layout = layout_of(RESULTS, record["cell"]["workload"], shape)
    found = [
        f"{layout.heading(metric)} {metric.show(value)}"
        for column in layout.columns
        for metric in column
        if metric.is_compared and (value := metric.of(record)) is not None
    ]
    return ", ".join(found[:_MOST_FIGURES])


def call_of(slot: Slot) -> str:
    """The command line of a slot's cell."""
    return f"skein run {' '.join(slot.cell.arguments())}"


class LineProgress:
    """One plain line for each run: for files, pipes and CI."""

    def __init__(self, slots: list[Slot], console: Console) -> None:
        self._total = len(slots)
        self._done = 0
        self._remaining = RemainingTime(slots)
        self._console = console

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing to take down."""

    def begin(self, slot: Slot) -> None:
        """Nothing is printed before there is an outcome, but for the call with --verbose."""
        detail(self._console, call_of(slot))

    def end(self, slot: Slot, record: Run, wall_s: float) -> None:
        """Prints the line."""
        self._done += 1
        self._remaining.ended(slot, wall_s)
        width = len(str(self._total))
        figures = figures_of(record)
        text = (
            f"[{self._done:{width}}/{self._total}] {describe(slot)}: {outcome(record)}"
            f"{'; ' if figures else ''}{figures}"
            f" ({wall_s:.1f} s, {format_clock(self._remaining.seconds())} left)"
        )
        speak = say if record["status"] in DONE else tell
        speak(self._console, text)


class _Bar(Progress):
    """A bar, and below it a line on what was measured last."""

    below = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bar and the line."""
        yield self.make_tasks_table(self.tasks)
        if self.below:
            yield text_of(self.below, "dim")


class BarProgress:
    """A bar at the foot of the terminal; runs that are not ok scroll by above it."""

    def __init__(self, slots: list[Slot], console: Console) -> None:
        self._remaining = RemainingTime(slots)
        self._progress = _Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            console=console,
            auto_refresh=False,  # no thread of ours wakes while a cell is measured
        )
        self._task = self._progress.add_task("starting", total=len(slots), left=self._left())

    def _left(self) -> str:
        return format_clock(self._remaining.seconds())

    def __enter__(self) -> BarProgress:
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._progress.stop()

    def begin(self, slot: Slot) -> None:
        """Shows what runs now."""
        detail(self._progress.console, call_of(slot))
        self._progress.update(self._task, description=visible(describe(slot)), refresh=True)

    def end(self, slot: Slot, record: Run, wall_s: float) -> None:
        """Moves the bar; says so where a run is not ok."""
        self._remaining.ended(slot, wall_s)
        if record["status"] != "ok":
            style = _STATUS_STYLE.get(record["status"], "red")
            line = text_of(f"{describe(slot)}: {outcome(record)}", style)
            self._progress.console.print(line)
        if figures := figures_of(record):
            self._progress.below = f"{describe(slot)}: {figures}"
        self._progress.update(self._task, advance=1, left=self._left(), refresh=True)


def make_progress(slots: list[Slot], console: Console) -> LineProgress | BarProgress:
    """The one that suits where the output goes."""
    draws = console.is_terminal and not console.quiet
    return BarProgress(slots, console) if draws else LineProgress(slots, console)
