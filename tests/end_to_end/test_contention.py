"""The workload contention: every runtime whose tasks can wait for each other, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import check_common, measure, with_every_runtime
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
        (("--across", "sleep"), "--across: unknown across 'sleep'; valid: yield"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "contention", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
