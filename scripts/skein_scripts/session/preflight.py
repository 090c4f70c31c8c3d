"""What is checked before anything is measured: that results can be written, that they belong to
this matrix, and that the machine and the build are those of the results that are there already."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..base.errors import MeasureError, UsageError
from ..matrix.matrix import Matrix
from ..matrix.plan import Slot
from ..records.cells import pins_of
from ..records.results import DONE, load, runs, sessions
from ..records.shapes import Build, Record, Session

_BYTES_PER_RUN = 64 * 1024
_SPARE_BYTES = 32 * 1024 * 1024


def prepare_folder(folder: Path, run_count: int) -> None:
    """Makes the folder and proves that results can be written there. Raises MeasureError."""
    wanted_bytes = run_count * _BYTES_PER_RUN + _SPARE_BYTES
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 65536)
            probe.flush()
            os.fsync(probe.fileno())
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise MeasureError(f"cannot write results into {folder}: {error.strerror}") from error
    if free_bytes < wanted_bytes:
        raise MeasureError(
            f"{folder} has {free_bytes // 2**20} MiB left, and this matrix needs up to"
            f" {wanted_bytes // 2**20} MiB: free some or choose another --output"
        )


def remaining_slots(
    path: Path, matrix: Matrix, slots: list[Slot], resume: bool
) -> tuple[list[Slot], list[Record]]:
    """The slots still to run, and the records of the sessions they continue. Raises UsageError
    where the folder has results of something else, or has any without --resume."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return slots, []
    if not path.is_file():
        return slots, []  # a device or the like: writing will tell
    if not resume:
        raise UsageError(f"{path} has results: go on with --resume, or choose another --output")
    records = load(path)
    for session in sessions(records):
        if session["config_sha256"] != matrix.config_sha256():
            raise UsageError(
                f"{path} has results of another configuration (other matrix, filters, settings,"
                " repeats or seed): resume with the same options, or choose another --output"
            )
    done = {(r["block"], r["position"]) for r in runs(records) if r["status"] in DONE}
    return [slot for slot in slots if (slot.block, slot.position) not in done], records


def check_same_conditions(session: Session, earlier: Sequence[Session]) -> None:
    """Raises UsageError where going on would put two machines, two builds or other CPUs into one
    table."""
    for before in earlier:
        if before.get("environment_hash") != session.get("environment_hash") or (
            _binary_of(before) != _binary_of(session)
        ):
            raise UsageError(
                "the results so far are of another machine, kernel setting or build of skein:"
                " start anew in another --output"
            )
        was, now = pins_of(before), pins_of(session)
        moved = [
            f"{name} {was[name]}, now {now[name]}"
            for name in was
            if was[name] != now[name] and None not in (was[name], now[name])
        ]
        if moved:
            raise UsageError(
                f"the results so far were pinned to other CPUs ({'; '.join(moved)}): go on with"
                " the same --worker-cpus and --generator-cpus, or start anew in another --output"
            )


def _binary_of(session: Session) -> str | None:
    build: Build = session.get("build") or {}
    return build.get("binary_sha256")
