"""The arms of a comparison of what is already measured: two files, two runtimes of one file, or the
two arms that one file has; our own results, or Google Benchmark's JSON. Whether they may be
compared at all: the same machine, kernel and compiler, pinned to the same CPUs.

Leaves out measuring (paired_session.py, paired_runs.py) and pairing (pairing.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast

from ..base.errors import MeasureError, UsageError
from ..base.names import check_name
from ..matrix.selection import matching
from ..records import google_benchmark_rows
from ..records.cells import PINNED, pins_of
from ..records.google_benchmark_rows import Benchmark, Repetition, read_benchmarks, read_document
from ..records.results import find_results, load, runs, sessions
from ..records.runtimes import in_order
from ..records.session_verdict import inconclusive
from ..records.shapes import Record, Run, Session
from ..records.slots import taken_slots
from ..records.workloads import shape_of
from .paired_runs import ARMS

# Facts without which two figures are not of the same thing.
_MACHINE = ("cpu_model", "cpus_online", "kernel", "virtualization", "compiler", "libc")
_BUILD = ("compiler", "flags", "type")


@dataclass(frozen=True)
class RecordedArm:
    """One side of a comparison."""

    label: str
    sessions: list[Session]
    runs: list[Run]  # those that count, or would: without tries that were repeated
    tries: list[Run] = field(default_factory=list)  # all of them
    notes: list[str] = field(default_factory=list)  # what a reader of its figures must know


def arm_of_file(path: Path) -> RecordedArm:
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
    every = runs(records)
    tries = [run for run in every if not run.get("counted")]
    counted = len(every) - len(tries)
    notes = [f"{path}: {counted} counted runs are left out, which have no times"] if counted else []
    if not tries:
        raise MeasureError(f"{found} has no runs to compare{f' ({notes[0]})' if counted else ''}")
    notes += [f"{path} HAS AN INCONCLUSIVE SESSION: {why}" for why in inconclusive(records)]
    return _arm_of(str(path), sessions(records), tries, notes)


def _arm_of(
    label: str, opened: list[Session], tries: list[Run], notes: Sequence[str] = ()
) -> RecordedArm:
    taken = [slot.run for slot in taken_slots(tries, opened)]
    return RecordedArm(label, opened, taken, tries, list(notes))


def arms_of_file(path: Path) -> tuple[RecordedArm, RecordedArm]:
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


def _arm_in(records: Sequence[Record], arm: str, path: Path) -> RecordedArm:
    measured = [run for run in runs(records) if run["arm"] == arm]
    known = {run["session_id"] for run in measured}
    opened = [session for session in sessions(records) if session["session_id"] in known]
    return _arm_of(f"{arm} of {path}", opened, measured)


def _arm_of_google_benchmark(path: Path) -> RecordedArm:
    """Its repetitions as rounds of cells that have a time and nothing else."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no Google Benchmark JSON: not UTF-8") from error
    found = read_benchmarks(read_document(text, str(path)))
    if not found:
        raise MeasureError(f"{path} has no benchmarks to compare")
    measured = [_as_run(one, each) for one in found for each in one.repetitions]
    return RecordedArm(str(path), [google_benchmark_rows.session_of(text, str(path))], measured)


def _as_run(benchmark: Benchmark, one: Repetition) -> Run:
    clock = "real" if benchmark.is_of_real_time else "cpu"
    run = {
        "run_id": f"{benchmark.name}/{one.index}",
        "cell_id": benchmark.name,
        "cell": {},
        "arm": "single",
        "block": one.index,
        "status": one.status,
        "reasons": [one.reason] if one.reason else [],
        clock: {"per_op_ns": one.time_ns},
    }
    return cast(Run, run)  # as far as a comparison reads it


def arm_of_runtime(whole: RecordedArm, runtime: str) -> RecordedArm:
    """The runs of one runtime."""
    known = in_order(run["cell"].get("runtime", "") for run in whole.runs)
    check_name("runtime", runtime, known)
    return replace(_only(whole, lambda run: run["cell"].get("runtime") == runtime), label=runtime)


def _only(arm: RecordedArm, keep: Callable[[Run], bool]) -> RecordedArm:
    return replace(
        arm,
        runs=[run for run in arm.runs if keep(run)],
        tries=[run for run in arm.tries if keep(run)],
    )


def narrowed(
    arms: tuple[RecordedArm, RecordedArm], filters: Sequence[str]
) -> tuple[RecordedArm, RecordedArm]:
    """Only the cells that match any of the filters, by what their records say: workload, shape,
    runtime and so on, or `cell`, the id. Raises UsageError where none is left."""
    every = [run for arm in arms for run in (*arm.runs, *arm.tries)]
    kept = {
        id(run) for run in matching(every, filters, _facts_of_run, ("workload", "runtime", "shape"))
    }
    base, candidate = (_only(arm, lambda run: id(run) in kept) for arm in arms)
    return base, candidate


def _facts_of_run(run: Run) -> dict[str, str]:
    cell = run["cell"]
    known = {name: str(value) for name, value in cell.items() if value is not None}
    return {**known, "shape": str(shape_of(cell)), "cell": str(run["cell_id"])}


def differences(base: RecordedArm, candidate: RecordedArm) -> list[str]:
    """What of the environments differs and must not."""
    found = []
    for name, of_base, of_candidate in _facts(base, candidate):
        if of_base != of_candidate:
            found.append(f"{name}: {_text(of_base)} and {_text(of_candidate)}")
    return found + [
        f"{name}: {_text(of_base)} and {_text(of_candidate)}"
        for name, of_base, of_candidate in _pins(base, candidate)
        if of_base and of_candidate and of_base != of_candidate  # older files do not say
    ]


def hosts_of_sessions(sessions: Sequence[Session]) -> dict[str, str]:
    """The name of the host by session, as far as files say it."""
    return {one["session_id"]: host["name"] for one in sessions if (host := one.get("host"))}


def _pins(base: RecordedArm, candidate: RecordedArm) -> list[tuple[str, set[str], set[str]]]:
    def values(arm: RecordedArm, name: str) -> set[str]:
        return {cpus for one in arm.sessions if (cpus := pins_of(one)[name]) is not None}

    return [(name, values(base, name), values(candidate, name)) for name in PINNED]


def same_in_each_arm(base: RecordedArm, candidate: RecordedArm) -> list[str]:
    """The CPU sets of which neither arm has two: they tell no cells of an arm apart. Where the arms
    differ in them, `differences` says so."""
    return [
        name for name, *of_arms in _pins(base, candidate) if all(len(one) <= 1 for one in of_arms)
    ]


def _facts(base: RecordedArm, candidate: RecordedArm) -> list[tuple[str, set[str], set[str]]]:
    def values(arm: RecordedArm, part: Literal["environment", "build"], name: str) -> set[str]:
        described = [session.get(part) for session in arm.sessions]
        return {str(one.get(name) if one else None) for one in described}

    places: list[tuple[Literal["environment", "build"], str]] = [
        *(("environment", name) for name in _MACHINE),
        *(("build", name) for name in _BUILD),
    ]
    return [
        (f"{part} {name}", values(base, part, name), values(candidate, part, name))
        for part, name in places
    ]


def _text(values: set[str]) -> str:
    return " / ".join(sorted(values)) or "not recorded"


def check_same_environment(base: RecordedArm, candidate: RecordedArm, allowed: bool) -> list[str]:
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
