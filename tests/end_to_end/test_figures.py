"""The figures of results/figures.toml, measured by the present build: what a task and a request
cost in memory, mappings, system calls, allocations and instructions. They repeat from run to run,
so one that moved was moved by the code. Leaves out everything that takes time.

A figure that is to be renewed, or that a new runtime's row has not yet, is printed as the file
writes it.
"""

from __future__ import annotations

import json
import platform
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import skein_binary as skein
from instruction_count import instructions_per_request, needs_valgrind

FIGURES: dict[str, Any] = tomllib.loads(
    (skein.ROOT / "results" / "figures.toml").read_text(encoding="utf-8")
)
TOLERANCE: dict[str, dict[str, float]] = FIGURES["tolerance"]
MADE_WITH: dict[str, str] = FIGURES["made_with"]
NOT_RUNTIMES = ("made_with", "tolerance")
PER_REQUEST = ("allocations_per_request", "system_calls_per_request", "instructions_per_request")
COUNTABLE = [name for name in skein.IN_CPP if name not in skein.UNCOUNTABLE]
PUBLISHED = {name: table for name, table in FIGURES.items() if name not in NOT_RUNTIMES}

CONNECTIONS = ("--connections", "4000", "--mode", "idle", "--hold", "0s")
REQUESTS = (
    "--connections", "1", "--active", "1", "--mode", "fixed", "--requests", "20000",
    "--warmup", "0s", "--warmup-requests", "100", "--memory", "off",
)  # fmt: skip


@cache
def this_build() -> dict[str, str]:
    """What the figures depend on, of the build under test."""
    session = json.loads(skein.call("session").out)
    runtimes = json.loads(skein.call("list", "--json").out)["runtimes"]
    versions = {each["library"]: each["library_version"] for each in runtimes}
    return {
        "compiler": session["build"]["compiler"],
        "architecture": platform.machine(),
        "libuv": versions["libuv"],
        "boost": versions["Boost.Context"],
    }


def require_alike() -> None:
    """Skips where the build is not of the kind that the figures were made with."""
    for what, wanted in MADE_WITH.items():
        if not this_build()[what].startswith(wanted):
            pytest.skip(f"figures are of {what} {wanted}, this build is of {this_build()[what]}")


def counted(results: Path, workload: str, runtime: str, *words: str) -> skein.Record:
    """A counted run, whatever the machine did meanwhile."""
    # However long the machine takes: counts do not depend on it.
    words = (*words, "--count", "--timeout", "100s", *skein.IN_SESSION)
    skein.call("run", workload, *skein.with_runtime(runtime), *words, "-o", str(results))
    run = skein.run_of(results)
    if run["status"] == "limit":
        pytest.skip(run["limit"]["message"])
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    return run


def compare(runtime: str, measured: dict[str, float]) -> None:
    """Fails where a figure is further from the file's than it may be, with what to write there."""
    row, moved = PUBLISHED.get(runtime, {}), []
    for name, value in measured.items():
        known = row.get(name)
        if known is None:
            moved.append(f"{name} = {value:.10g}")
            continue
        allowed = max(TOLERANCE[name]["share"] * known, TOLERANCE[name]["step"])
        if abs(value - known) > allowed:
            moved.append(f"{name} = {value:.10g}  # was {known}, may differ by {allowed:.4g}")
    assert not moved, "\n".join([f"[{runtime}]", *moved])


def test_a_runtime_without_a_row_is_told_what_to_write_there() -> None:
    with pytest.raises(AssertionError) as told:
        compare("newcomer", {"mappings": 21, "allocations_per_request": 0.0})
    lines = [line.strip() for line in str(told.value).splitlines()]
    assert lines[:3] == ["[newcomer]", "mappings = 21", "allocations_per_request = 0"]


def test_the_file_has_every_figure_of_every_runtime() -> None:
    assert set(PUBLISHED) == {*skein.WITH_CONNECTIONS, *skein.REFERENCE_ROWS}
    for runtime, figures in PUBLISHED.items():
        wanted = set(TOLERANCE) - set(PER_REQUEST if runtime in skein.UNCOUNTABLE else ())
        assert set(figures) == wanted, runtime


@pytest.mark.parametrize("runtime", skein.IN_CPP)
def test_a_connection_and_a_sleeper_take_what_is_published(runtime: str, results: Path) -> None:
    require_alike()
    tasks = "4000" if runtime.startswith("thread") else "20000"
    idle = counted(results, "c10k", runtime, *CONNECTIONS)["memory"]
    results.unlink()
    sleeping = counted(results, "timers", runtime, "--tasks", tasks)["memory"]
    compare(
        runtime,
        {
            "user_bytes_per_connection": idle["per_task"]["user_bytes"],
            "user_bytes_per_sleeper": sleeping["per_task"]["user_bytes"],
            "fixed_bytes": idle["fixed_bytes"],
            "mappings": idle["mappings"],
            "allocations_per_connection": idle["allocations_per_task"],
            "allocations_per_sleeper": sleeping["allocations_per_task"],
        },
    )


@pytest.mark.parametrize("runtime", COUNTABLE)
def test_a_request_takes_the_calls_that_are_published(runtime: str, results: Path) -> None:
    require_alike()
    run = counted(results, "c10k", runtime, *REQUESTS)
    measured = {"allocations_per_request": run["cpu"]["allocations_per_op"]}
    if run["cpu"]["syscalls_per_op"] is not None:
        measured["system_calls_per_request"] = run["cpu"]["syscalls_per_op"]
    compare(runtime, measured)


@needs_valgrind
@pytest.mark.parametrize("runtime", COUNTABLE)
def test_a_request_takes_the_instructions_that_are_published(runtime: str, tmp_path: Path) -> None:
    require_alike()
    compare(runtime, {"instructions_per_request": instructions_per_request(runtime, tmp_path)})
