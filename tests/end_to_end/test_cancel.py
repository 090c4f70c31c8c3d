"""The workload cancel: every runtime whose tasks can wait for each other, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import check_common, measure, with_every_runtime
from test_relay import SILENT, ended, worker

NO_FIRST_OF_TWO = ("thread", "thread_default", "asio_await", "asio_await_any", "asio_cb")


@pytest.mark.parametrize(
    ("runtime", "wait"), with_every_runtime(("sleep", "receive", "lock"), "sleep")
)
def test_every_runtime_cancels_all_waits_or_says_what_it_lacks(
    runtime: str, wait: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--wait", wait]
    if runtime in SILENT or (wait == "lock" and runtime in NO_FIRST_OF_TWO):
        status, run = ended(results, *words, workload="cancel")
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "sync")
        assert runtime in run["limit"]["message"]
        return
    run = measure(results, "cancel", *words)
    check_common(run)
    assert run["cell_id"].endswith(f"/100/{wait}")
    assert run["work"]["units"] == run["cell"]["tasks"] == 100
    assert run["lateness"] is None
    assert run["timer_costs"]["wall_per_op_ns"] == pytest.approx(run["window_ns"] / 100)
    assert run["timer_costs"]["cpu_ns_per_arm_cancel"] is None


def test_a_worker_in_another_language_finds_all_it_needs_in_the_readme(results: Path) -> None:
    run = measure(results, "cancel", *worker())
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("wait_too_few", "finished with 99 units of work done, not 100"),
        ("wait_twice", "is not the expected"),
    ],
)
def test_a_wait_that_did_not_end_once_fails_the_run(fault: str, said: str, results: Path) -> None:
    status, run = ended(results, *worker(fault), workload="cancel")
    assert (status, run["status"]) == (4, "failed")
    assert said in run["failure"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "0"), "--tasks: 0 is out of bounds; from 1 to 1000000"),
        (("--tasks", "1000001"), "--tasks: 1000001 is out of bounds; from 1 to 1000000"),
        (("--wait", "read"), "--wait: unknown wait 'read'; valid: sleep, receive, lock"),
        (("--depth", "2"), "--depth: 2 is none of 1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "cancel", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
