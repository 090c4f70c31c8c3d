"""The workload contention: every runtime whose tasks can wait for each other, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import check_common, measure, validate, with_every_runtime
from test_relay import SILENT, ended, worker

THREADS = ("thread", "thread_default")


@pytest.mark.parametrize(("runtime", "across"), with_every_runtime(("yield",), "yield"))
def test_every_runtime_hands_the_mutex_on_or_says_what_it_lacks(
    runtime: str, across: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--across", across]
    if runtime in SILENT:
        status, run = ended(results, *words, workload="contention")
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "sync")
        return
    run = measure(results, "contention", *words)
    check_common(run)
    assert run["cell_id"].endswith("/100/yield/locks=20")
    assert run["work"]["units"] == 2_000
    assert run["timer_costs"]["wall_per_op_ns"] == pytest.approx(run["window_ns"] / 2_000)
    if runtime not in THREADS:
        # All others have it before a task has it again.
        assert run["shares"] == {"least": 99, "most": 99, "ratio": 1.0}


@pytest.mark.parametrize(("runtime", "across"), with_every_runtime(("blocking",), "yield"))
def test_a_blocking_mutex_across_a_yield_is_a_deadlock_that_is_named_or_none_for_threads(
    runtime: str, across: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--across", across]
    if runtime in THREADS:
        run = measure(results, "contention", *words, "--lock-timeout", "10s")
        check_common(run)
        assert run["work"]["units"] == 2_000
        assert run["cell_id"].endswith("/100/blocking/locks=20/lock-timeout=10s")
        return
    words += ["--lock-timeout", "50ms"]
    status, run = ended(results, *words, workload="contention")
    if runtime == "epoll_floor":
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "runtime")
        return
    assert (status, run["status"]) == (4, "failed")
    message = run["failure"]["message"]
    assert "deadlock: task " in message
    assert "each blocking its thread: 1 (task " in message
    assert "waiting for a thread: 98; nobody unlocked for 50 ms" in message
    assert message == run["reasons"][0]
    validate(results)


def test_a_bound_that_nobody_says_is_a_second_and_not_in_the_id(results: Path) -> None:
    words = ("--runtime", "coroutine", "--across", "blocking", "--tasks", "2", "--memory", "off")
    status, run = ended(results, *words, workload="contention")
    assert (status, run["status"]) == (4, "failed")
    assert run["cell"]["lock_timeout_ns"] == 1_000_000_000
    assert run["cell_id"] == "contention/coroutine/2/blocking/locks=20"
    assert "nobody unlocked for 1000 ms" in run["failure"]["message"]


@pytest.mark.parametrize("runtime", skein.TASKS_ONLY)
def test_tasks_that_move_deadlock_on_one_worker_too(runtime: str, results: Path) -> None:
    words = ("--runtime", runtime, "--workers", "1", "--across", "blocking")
    status, run = ended(results, *words, "--lock-timeout", "50ms", workload="contention")
    assert (status, run["status"]) == (4, "failed")
    assert "deadlock: task " in run["failure"]["message"]


def test_a_worker_in_another_language_finds_all_it_needs_in_the_readme(results: Path) -> None:
    run = measure(results, "contention", *worker())
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert "shares" not in run


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("turn_too_few", "finished with 1999 units of work done, not 2000"),
        ("turn_of_another", "is not the expected"),
    ],
)
def test_a_turn_that_was_not_had_fails_the_run(fault: str, said: str, results: Path) -> None:
    status, run = ended(results, *worker(fault), workload="contention")
    assert (status, run["status"]) == (4, "failed")
    assert said in run["failure"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "1"), "--tasks: 1 is out of bounds; from 2 to 1000000"),
        (("--tasks", "1000001"), "--tasks: 1000001 is out of bounds; from 2 to 1000000"),
        (("--locks", "0"), "--locks: 0 is out of bounds; from 1 to 1000000"),
        (("--lock-timeout", "1s"), "--lock-timeout applies to --across blocking"),
        (
            ("--across", "blocking", "--lock-timeout", "9ms"),
            "--lock-timeout: 9ms is out of bounds; from 10ms to ",
        ),
        (("--across", "blocking", "--lock-timeout", "61s"), "is out of bounds; from 10ms to "),
        (("--across", "blocking", "--lock-timeout", "soon"), "--lock-timeout"),
        (("--across", "sleep"), "--across: unknown across 'sleep'; valid: yield, blocking"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "contention", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
