"""A session from its first line to its last: the saturation that relative rates need, the session
line, the runs, the closing line. Leaves out what is checked before (preflight.py) and how a run is
made (runner.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from ..base.errors import MeasureError
from ..base.terminal import say, tell
from ..matrix.matrix import Matrix, auto_share
from ..matrix.plan import Slot, seed_of_block
from ..records import session_verdict
from ..records.results import ResultWriter, sessions
from ..records.shapes import Record, Run, Session
from . import saturation, session_end
from .cell_record import skipped_record
from .progress import make_progress
from .runner import Runner, Tally
from .session import session_again
from .skein_process import Skein


class SessionRun:
    """One session of a matrix. `earlier` are the records that it continues."""

    def __init__(
        self,
        skein: Skein,
        matrix: Matrix,
        session: Session,
        earlier: Sequence[Record],
        runner: Runner,
        writer: ResultWriter,
    ) -> None:
        self._skein = skein
        self._matrix = matrix
        self._session = session
        self._earlier = earlier
        self._runner = runner
        self._writer = writer
        self._unknown: dict[str, tuple[str, Run]] = {}  # why, and the probe, by group

    def run(self, slots: list[Slot], console: Console) -> Tally:
        """Runs the slots, with a line before and a line after them. An interrupt is written down as
        such and goes on as KeyboardInterrupt; where results cannot be written there is no closing
        line."""
        slots = self._begin(slots, console)
        try:
            with make_progress(slots, console) as progress:
                self._runner.run([slot for slot in slots if not has_auto_rate(slot)], progress)
            self._skip([slot for slot in slots if has_auto_rate(slot)])
            later = session_again(self._skein, self._session["argv"], self._cpu_options)
        except KeyboardInterrupt:
            self._end(None, len(slots), console)
            raise
        self._end(later, len(slots), console)
        return self._runner.tally

    @property
    def _cpu_options(self) -> list[str]:
        return self._runner.options.cpu_options

    def _begin(self, slots: list[Slot], console: Console) -> list[Slot]:
        """Writes the session line; returns the slots with the rates that they will be run at."""
        levels, probe_runs = self._saturation(console)
        if levels and (plan := self._session["plan"]):
            plan["saturation_per_s"] = levels
        self._writer.append(self._session)
        for record in probe_runs:
            self._writer.append(record)
        absolute = saturation.with_absolute_rates(self._matrix, levels)
        by_key = {cell.key: cell for cell in absolute.cells}
        return [replace(slot, cell=by_key[slot.cell.key]) for slot in slots]

    def _saturation(self, console: Console) -> tuple[dict[str, float], list[Run]]:
        """By group, and the runs that it comes from: none where an earlier session measured it."""
        cells = saturation.probe_cells(self._matrix)
        recorded = saturation.recorded_saturation(sessions(self._earlier), list(cells))
        if recorded or not cells:
            return recorded, []
        levels: dict[str, float] = {}
        kept: list[Run] = []
        for probe in dict.fromkeys(cells.values()):
            tries = [
                self._runner.probe(Slot(probe, None, None), saturation.PROBE, append=False)
                for _ in range(saturation.PROBE_RUNS)
            ]
            kept += [record for one in tries for record in one]
            groups = [group for group, cell in cells.items() if cell == probe]
            try:
                level = saturation.saturation_of([one[-1] for one in tries])
            except MeasureError as error:
                self._unknown |= dict.fromkeys(groups, (str(error), tries[-1][-1]))
                tell(console, f"{', '.join(groups)} skipped: {error}", "red")
                continue
            levels |= dict.fromkeys(groups, level)
            say(console, f"saturation of {probe.runtime}: {level:,.0f}/s ({', '.join(groups)})")
            for note in saturation.notes_on([one[-1] for one in tries]):
                say(console, f"  {note}")
        return levels, kept

    def _skip(self, slots: list[Slot]) -> None:
        """A record for each run that has no rate, with the reason that its saturation has none."""
        for slot in slots:
            why, probe = self._unknown[slot.cell.group]
            seed = seed_of_block(self._matrix, slot.block)
            record = skipped_record(slot, self._session["session_id"], seed, why, probe)
            self._writer.append(record)
            self._runner.written.append(record)
            self._runner.tally.add(record["status"])

    def _end(self, later: Session | str | None, planned: int, console: Console) -> None:
        tally = self._runner.tally
        record = session_end.end_record(
            self._session,
            later,
            [*self._earlier, *self._runner.written],
            tally.by_status,
            tally.retried,
            planned,
        )
        self._writer.append(record)
        tell(console, session_verdict.verdict(self._session, record))


def has_auto_rate(slot: Slot) -> bool:
    """Whether the rate of a run is still a share of something unknown."""
    return auto_share(slot.cell.settings.get("rate")) is not None
