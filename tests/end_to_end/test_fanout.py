"""The workload fanout: every runtime whose tasks can wait for each other, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import measure, with_every_runtime
from test_relay import SILENT, ended, worker

ALL = (*skein.TASKS_ONLY, *skein.IN_CPP)


@pytest.mark.parametrize(("runtime", "order"), with_every_runtime(("wide",), "wide", ALL))
def test_every_runtime_adds_the_tree_up_or_says_what_it_lacks(
    runtime: str, order: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--order", order]
    if runtime in SILENT:
        status, run = ended(results, *words, workload="fanout")
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "sync")
        return
    run = measure(results, "fanout", *words)
    assert run["echoed"] == run["cell"]
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["work"]["units"] == run["cell"]["tasks"] == 1_000
    assert run["timer_costs"]["wall_per_op_ns"] == pytest.approx(run["window_ns"] / 1_000)
    assert run["timer_costs"]["spawn_ns_per_task"] is None
    # No task is there before the epoch, and no slope is made of none.
    memory = run["memory"]
    assert [point["tasks"] for point in memory["points"]] == [0]
    assert memory["per_task"]["user_bytes"] is None
    grown = memory["peak_rss_bytes"] - memory["points"][0]["rss_bytes"]
    assert memory["peak_bytes_per_task"] == pytest.approx(grown / 1_000)
    assert not any(reason.startswith("memory: ") for reason in run["reasons"])


def test_a_worker_that_leaves_a_leaf_out_fails_the_run(results: Path) -> None:
    status, run = ended(results, *worker("leaf_too_few"), workload="fanout")
    assert (status, run["status"]) == (4, "failed")
    assert "finished with 999 units of work done, not 1000" in run["failure"]["message"]


def test_each_leaf_takes_the_steps_of_work_that_are_asked_for(results: Path) -> None:
    run = measure(results, "fanout", "--runtime", "coroutine", "--work", "5000")
    assert run["cell"]["work"] == run["echoed"]["work"] == 5_000
    assert "/work=5000" in run["cell_id"]
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["timer_costs"]["wall_per_op_ns"] > 2_000


def test_a_worker_that_does_not_know_of_work_is_not_asked_for_it(results: Path) -> None:
    status, run = ended(results, *worker(), "--work", "500", workload="fanout")
    assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "work")


def test_a_worker_in_another_language_adds_up_what_the_readme_says(results: Path) -> None:
    run = measure(results, "fanout", *worker())
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "0"), "--tasks: 0 is out of bounds; from 1 to 10000000"),
        (("--tasks", "10000001"), "--tasks: 10000001 is out of bounds; from 1 to 10000000"),
        (("--work", "1000001"), "--work: 1000001 is out of bounds; from 0 to 1000000"),
        (("--order", "deep"), "--order: unknown order 'deep'; valid: wide"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "fanout", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
