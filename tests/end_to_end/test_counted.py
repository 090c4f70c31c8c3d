"""Counted runs, `skein run --count`: what they count, and that they publish no time."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest
import skein_binary as skein
from skein_binary import Record

pytestmark = pytest.mark.alone

UNCOUNTABLE = "count: no system calls"


def count(results: Path, workload: str, *words: str) -> Record:
    """A counted run, valid by the schema, whatever the machine did meanwhile."""
    words = (*words, *skein.IN_SESSION, "--size", "test", "--count")
    skein.call("run", workload, *words, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    schema = json.loads(skein.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(run)
    assert run["counted"] is True
    for times in ("latency", "service_time", "lateness", "spawn_ns", "fire_ns"):
        assert run[times] is None
    assert run["cpu"]["per_op_ns"] is None
    return run


def syscalls_per_op(run: Record) -> float:
    """Where this kernel lets us count them; the test is skipped where it says why not."""
    reasons = [reason for reason in run["reasons"] if reason.startswith(UNCOUNTABLE)]
    calls = run["cpu"]["syscalls_per_op"]
    assert (calls is None) == bool(reasons)
    if calls is None:
        pytest.skip(reasons[0])
    return float(calls)


@pytest.mark.parametrize("runtime", skein.WITH_CONNECTIONS)
def test_a_request_takes_a_read_a_write_a_share_of_a_wait_and_no_allocation(
    runtime: str, results: Path
) -> None:
    run = count(results, "c10k", "--runtime", runtime)
    assert run["conditions"]["allocator"].startswith("glibc malloc")
    assert run["cpu"]["allocations_per_op"] == pytest.approx(0, abs=0.05)
    assert 0 <= run["memory"]["allocations_per_task"] < 20
    counts = [point["allocations"] for point in run["memory"]["points"]]
    assert counts == sorted(counts)
    assert counts[0] > 0
    # Last, as it skips where the kernel refuses. The counter is read a moment after the window's
    # ends: some requests of a short window are counted on one side only. On io_uring reads and
    # writes are no calls; a batch of them takes one.
    least, most = (0.0, 1.0) if runtime.endswith("_uring") else (1.8, 3.5)
    if runtime in skein.UNCOUNTABLE:
        most = math.inf
    assert least < syscalls_per_op(run) < most


def test_a_worker_in_another_language_that_asks_malloc_is_counted_too(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    run = count(results, "c10k", *skein.plain_worker())
    assert run["conditions"]["allocator"].startswith("glibc malloc 2.")
    assert run["cpu"]["allocations_per_op"] > 1  # each chunk is an object
    assert run["memory"]["points"][0]["allocations"] > 1_000  # an interpreter was started
    assert run["memory"]["allocations_per_task"] is not None


@pytest.mark.parametrize(
    ("fault", "why"),
    [(None, "allocates with pymalloc"), ("untold_allocator", "does not say its allocator")],
)
@pytest.mark.parametrize("workload", ["c10k", "timers"])
def test_a_worker_that_does_not_ask_malloc_has_no_count_of_allocations_and_not_none(
    workload: str, fault: str | None, why: str, results: Path
) -> None:
    run = count(results, workload, *skein.plain_worker(fault))
    assert run["cpu"]["allocations_per_op"] is None
    assert run["memory"]["allocations_per_task"] is None
    assert all(point.get("allocations") is None for point in run["memory"]["points"])
    assert any(f"count: no allocations, the worker {why}" in each for each in run["reasons"])


def test_timers_are_counted_over_their_firing(results: Path) -> None:
    run = count(results, "timers", "--runtime", "thread")
    # Each thread's wake is a call that was made before, and its end takes some.
    assert syscalls_per_op(run) > 0.5


def test_a_run_that_is_not_counted_says_nothing_of_counts(results: Path) -> None:
    words = ("--runtime", "coroutine", *skein.IN_SESSION, "--size", "test")
    skein.call("run", "timers", *words, "-o", str(results))
    run = skein.run_of(results)
    assert "counted" not in run
    assert "syscalls_per_op" not in run["cpu"]
    assert "allocations" not in run["memory"]["points"][0]
    assert run["memory"]["allocations_per_task"] is None


def test_a_coroutine_costs_its_frame_in_the_pool(results: Path) -> None:
    words = ("--runtime", "coroutine", "--tasks", "40000", "--window", "500ms")
    skein.call("run", "timers", *words, *skein.IN_SESSION, "-o", str(results))
    memory = skein.run_of(results)["memory"]
    # The pool hands frames out in steps of 16 bytes and has no header of its own.
    in_pool = -(-memory["frame_bytes"] // 16) * 16
    assert memory["per_task"]["user_bytes"] == pytest.approx(in_pool, rel=0.02)
