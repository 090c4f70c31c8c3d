"""The arms of a comparison of what is already measured: two files, two runtimes of one file, or the
two arms that one file has; our own results, or Google Benchmark's JSON. Whether they may be
compared at all: the same machine, kernel and compiler.

Leaves out measuring (arena.py, duel.py) and pairing (pairing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import MeasureError, UsageError
from ..exports import google_benchmark
from ..names import check_name, in_order
from ..results import Record, find_results, load, runs, sessions
from ..selection import matching
from .duel import ARMS

# Facts without which two figures are not of the same thing.
_MACHINE = ("cpu_model", "cpus_online", "kernel", "virtualization", "compiler", "libc")
_BUILD = ("compiler", "flags", "type")


@dataclass(frozen=True)
class Arm:
    """One side of a comparison."""

    label: str
    sessions: list[Record]
    runs: list[Record]


def arm_of_file(path: Path) -> Arm:
    """All runs of cells of a file, or of the folder that has it. Raises UsageError where they are
    of two arms: those are compared with each other, and mixed they are neither."""
    if path.suffix == ".json":
        return _arm_of_google_benchmark(path)
    found = find_results(path)
    records = load(found)
    if any(run["arm"] in ARMS for run in runs(records)):
        raise UsageError(
            f"{found} has both arms of one comparison: 'scripts/compare.py {path}', with no other"
            " file, compares them"
        )
    measured = [run for run in runs(records) if not run.get("counted")]
    if not measured:
        raise MeasureError(f"{found} has no runs to compare")
    return Arm(str(path), sessions(records), measured)


def arms_of_file(path: Path) -> tuple[Arm, Arm]:
    """Base and candidate of a file that gate.py or compare.py measured in turns, finished or not.
    Raises UsageError where it has no such arms."""
    records = [] if path.suffix == ".json" else load(find_results(path))
    base, candidate = (_arm_in(records, arm, path) for arm in ARMS)
    if not base.runs or not candidate.runs:
        raise UsageError(
            f"{path} does not have two arms: name another file, program or revision to compare it"
            " with, or two of its runtimes with --runtimes A,B"
        )
    return base, candidate


def _arm_in(records: Sequence[Record], arm: str, path: Path) -> Arm:
    measured = [run for run in runs(records) if run["arm"] == arm]
    known = {run["session_id"] for run in measured}
    opened = [session for session in sessions(records) if session["session_id"] in known]
    return Arm(f"{arm} of {path}", opened, measured)


def _arm_of_google_benchmark(path: Path) -> Arm:
    """Its repetitions as rounds of cells that have a CPU time and nothing else."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    times = google_benchmark.read(text, str(path))
    measured = [
        {"run_id": f"{name}/{block}", "cell_id": name, "cell": {}, "block": block, "status": "ok",
         "reasons": [], "cpu": {"per_op_ns": cpu_ns}}
        for name, values in times.items()
        for block, cpu_ns in enumerate(values)
    ]  # fmt: skip
    if not measured:
        raise MeasureError(f"{path} has no benchmarks to compare")
    return Arm(str(path), [google_benchmark.session_of(text, str(path))], measured)


def arm_of_runtime(whole: Arm, runtime: str) -> Arm:
    """The runs of one runtime."""
    known = in_order(run["cell"].get("runtime", "") for run in whole.runs)
    check_name("runtime", runtime, known)
    chosen = [run for run in whole.runs if run["cell"].get("runtime") == runtime]
    return Arm(runtime, whole.sessions, chosen)


def narrowed(arms: tuple[Arm, Arm], filters: Sequence[str]) -> tuple[Arm, Arm]:
    """Only the cells that match any of the filters, by what their records say: workload, shape,
    runtime and so on, or `cell`, the id. Raises UsageError where none is left."""
    every = [run for arm in arms for run in arm.runs]
    kept = {
        id(run) for run in matching(every, filters, _facts_of_run, ("workload", "runtime", "shape"))
    }
    base, candidate = (
        replace(arm, runs=[run for run in arm.runs if id(run) in kept]) for arm in arms
    )
    return base, candidate


def _facts_of_run(run: Record) -> dict[str, str]:
    cell = run["cell"]
    shape = cell.get("mode") or cell.get("pattern")
    known = {name: str(value) for name, value in cell.items() if value is not None}
    return {**known, "shape": str(shape), "cell": str(run["cell_id"])}


def differences(base: Arm, candidate: Arm) -> list[str]:
    """What of the environments differs and must not."""
    found = []
    for name, of_base, of_candidate in _facts(base, candidate):
        if of_base != of_candidate:
            found.append(f"{name}: {_text(of_base)} and {_text(of_candidate)}")
    return found


def _facts(base: Arm, candidate: Arm) -> list[tuple[str, set[str], set[str]]]:
    def values(arm: Arm, part: str, name: str) -> set[str]:
        return {str((session.get(part) or {}).get(name)) for session in arm.sessions}

    places = [("environment", name) for name in _MACHINE] + [("build", name) for name in _BUILD]
    return [
        (f"{part} {name}", values(base, part, name), values(candidate, part, name))
        for part, name in places
    ]


def _text(values: set[str]) -> str:
    return " / ".join(sorted(values)) or "not recorded"


def check_same_environment(base: Arm, candidate: Arm, allowed: bool) -> list[str]:
    """The differences, to be shown everywhere; none where there are none. Raises UsageError where
    there are some and nobody allowed them."""
    found = differences(base, candidate)
    if found and not allowed:
        raise UsageError(
            "the arms are of different environments, so a difference would say nothing of the"
            f" code ({'; '.join(found)}); measure both on one machine, or go on regardless with"
            " --allow-environment-mismatch"
        )
    return found
