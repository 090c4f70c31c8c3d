"""Where two arms are measured in turns: takes the lock, opens the results, writes a session line
for each arm, and hands out what measures their cells, each in the way its purpose asks for. The
gate and compare.py share it.

Leaves out the pairs (paired_runs.py) and what is made of them (stages.py, judge.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..base.errors import UsageError
from ..base.names import check_name
from ..matrix.matrix import Cell, Matrix
from ..matrix.plan import Slot
from ..records.metrics import named
from ..records.purposes import INSTRUCTIONS
from ..records.results import RESULTS_NAME, ResultWriter, StreamingWriter
from ..records.shapes import ArmName, Run, Session, SessionHost
from ..session.lock import MeasuringLock, lock_path
from ..session.preflight import prepare_folder
from ..session.runner import CellOptions, Runner
from ..session.session import make_session, read_runtimes
from ..session.skein_process import Skein
from .builds import Build
from .counting import InstructionCounter, is_available
from .injection import Injection, PerRequest, has_requests, library_beside
from .paired_runs import Arm, PairedRuns

_CPU = named("cpu_per_op")
_COUNTED = named("instructions_per_op")


def without_unmeasurable(matrix: Matrix) -> tuple[Matrix, list[str]]:
    """The cells that this machine can measure, and why others are left out: without valgrind none
    counts instructions. Raises UsageError where nothing is left."""
    counted = [cell for cell in matrix.cells if cell.purpose == INSTRUCTIONS]
    if not counted or is_available():
        return matrix, []
    kept = tuple(cell for cell in matrix.cells if cell.purpose != INSTRUCTIONS)
    if not kept:
        raise UsageError("all cells count instructions, and that needs valgrind: install it")
    why = "valgrind is not installed: instructions per operation are left out (scripts/setup --dev)"
    return replace(matrix, cells=kept), [why]


def without_new(matrix: Matrix, base: Build) -> tuple[Matrix, list[str]]:
    """The cells whose runtime the base has, and what is said of the others: they have nothing to be
    worse than. Raises UsageError where nothing is left."""
    known = read_runtimes(Skein(base.skein))
    kept = tuple(cell for cell in matrix.cells if cell.runtime in known)
    if not kept:
        raise UsageError(f"{base.label} has none of the runtimes of {matrix.name}")
    new = [cell.key for cell in matrix.cells if cell.runtime not in known]
    notes = [f"NEW, with nothing to compare with: {', '.join(new)}"] if new else []
    return replace(matrix, cells=kept), notes


def prepare_results(folder: Path, matrix: Matrix) -> Path:
    """Where the results will be. Raises UsageError where there are some, MeasureError where none
    can be written."""
    prepare_folder(folder, len(matrix.cells) * 100)
    path = folder / RESULTS_NAME
    if path.is_file() and path.stat().st_size > 0:
        raise UsageError(f"{path} has results: choose another --output")
    return path


class _ByPurpose:
    """Measures a cell in the way its purpose asks for."""

    def __init__(self, runner: Runner, counter: InstructionCounter) -> None:
        self._runner = runner
        self._counter = counter

    def measure(self, slot: Slot) -> Run:
        """One record."""
        if slot.cell.purpose == INSTRUCTIONS:
            return self._counter.measure(slot)
        return self._runner.measure(slot)


@dataclass
class PairedSession:
    """What both arms share: the lock, the results, and what their cells are started with."""

    matrix: Matrix
    folder: Path
    cpu_options: list[str]
    injection: Injection = field(default_factory=Injection)
    other_runtime: str | None = None  # of the candidate's cells, where runtimes are compared
    sessions: dict[str, list[Session]] = field(default_factory=dict)  # by arm
    host: SessionHost | None = None  # as it is recorded; the usual, if not given
    is_streamed: bool = False  # whether each record is printed as well
    _per_request: dict[str, PerRequest] = field(default_factory=dict)  # by runtime
    _library: Path | None = None  # where anything is injected

    @contextmanager
    def measuring(self, base: Build, candidate: Build) -> Iterator[PairedRuns]:
        """The two arms, ready to be measured, under the lock. Raises UsageError where the folder
        has results or the builds cannot be compared."""
        path = prepare_results(self.folder, self.matrix)
        lock = MeasuringLock(lock_path(), [Path(sys.argv[0]).name, *sys.argv[1:]])
        try:
            writer = (StreamingWriter if self.is_streamed else ResultWriter)(path)
            try:
                yield self._open({"base": base, "candidate": candidate}, writer, lock)
            finally:
                writer.close()
        finally:
            lock.release()

    def _open(
        self, builds: dict[ArmName, Build], writer: ResultWriter, lock: MeasuringLock
    ) -> PairedRuns:
        if self.injection:
            self._library = library_beside(builds["candidate"].skein)
        opened = [self._open_arm(arm, build, writer, lock) for arm, build in builds.items()]
        self._require_one_build()
        self._calibrate(opened[0])
        return PairedRuns(opened, self.matrix, writer)

    def _open_arm(
        self, arm: ArmName, build: Build, writer: ResultWriter, lock: MeasuringLock
    ) -> Arm:
        skein = Skein(build.skein)
        known = read_runtimes(skein)
        for cell in self.matrix.cells:
            check_name(f"runtime of {build.label}", self._cell_of(arm, cell).runtime, known)
        session = make_session(skein, self.matrix, [], sys.argv, self.cpu_options, self.host)
        plan = session["plan"]
        assert plan is not None  # make_session() has made it
        plan |= {"design": "abba", "order": []}
        if build.commit:
            session["tool"] |= {"commit": build.commit, "dirty": False}
        writer.append(session)
        self.sessions.setdefault(arm, []).append(session)
        options = CellOptions(self.cpu_options, None, lock.descriptor, with_anchor=False)

        def runner_with(extra: Sequence[str]) -> Runner:
            return Runner(
                skein,
                self.matrix,
                session["session_id"],
                writer,
                self.folder,
                replace(options, extra=tuple(extra)),
            )

        counter = InstructionCounter(skein, self.folder, runner_with)
        return Arm(
            arm,
            _ByPurpose(runner_with(()), counter),
            lambda cell: self._prepare(arm, skein, cell),
            lambda cell: self._cell_of(arm, cell),
        )

    def _cell_of(self, arm: str, cell: Cell) -> Cell:
        if arm == "base" or self.other_runtime is None:
            return cell
        return replace(cell, runtime=self.other_runtime)

    def _prepare(self, arm: str, skein: Skein, cell: Cell) -> None:
        """What the arm's next run, of this cell, is started with."""
        skein.environment = {}
        if self._library is None or not has_requests(cell):
            return
        known = self._per_request.get(cell.runtime, PerRequest())
        added = self.injection.in_figures(known) if arm == "candidate" else Injection()
        if cell.purpose == INSTRUCTIONS:  # a busy wait would be counted, however long it takes
            added = replace(added, cpu_ns=0)
        skein.environment = added.environment(self._library)

    def _calibrate(self, base: Arm) -> None:
        """What a request takes on each runtime, once, for an injection that is a share of it."""
        for cell in self.matrix.cells:
            known = self._per_request.get(cell.runtime, PerRequest())
            if not self.injection.needs(cell, known):
                continue
            base.prepare(cell)
            for _ in range(self.matrix.retry_invalid + 1):
                record = base.measurer.measure(Slot(cell, 0, None, arm="base"))
                if record["status"] != "invalid":
                    break
            self._per_request[cell.runtime] = PerRequest(
                known.cpu_ns or _CPU.read(record),
                known.instructions or _COUNTED.read(record),
            )

    def _require_one_build(self) -> None:
        base, candidate = (
            self.sessions[arm][0].get("build") or {} for arm in ("base", "candidate")
        )
        for name in ("compiler", "type"):
            if base.get(name) != candidate.get(name):
                raise UsageError(
                    f"the two programs are not built alike: {name} {base.get(name)} and"
                    f" {candidate.get(name)}; build both anew"
                )
