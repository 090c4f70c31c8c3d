"""The workload relay: every runtime whose tasks can wait for each other, and workers that lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record
from test_cells import check_common, measure, with_every_runtime

WORKER = Path(__file__).parent / "workers" / "talking_worker.py"
# What each lacks is in its run: a limit named sync.
SILENT = ("epoll_floor", "libuv", "future_busy", "boost_fiber")


def worker(fault: str | None = None) -> list[str]:
    """Options that measure the worker in Python."""
    command = f"{sys.executable} {WORKER}" + (f" --fault {fault}" if fault else "")
    return ["--runtime", "plain_talker", "--worker-command", command]


def ended(results: Path, *words: str, workload: str = "relay") -> tuple[int, Record]:
    """The exit status of a run, however it ended, and its record."""
    call = ("run", workload, "--size", "test", *words, *skein.IN_SESSION, "-o", str(results))
    return skein.call(*call).status, skein.run_of(results)


@pytest.mark.parametrize(("runtime", "order"), with_every_runtime(("near", "far"), "far"))
def test_every_runtime_hands_the_token_on_or_says_what_it_lacks(
    runtime: str, order: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--order", order]
    if runtime in SILENT:
        status, run = ended(results, *words)
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "sync")
        assert runtime in run["limit"]["message"]
        return
    run = measure(results, "relay", *words)
    check_common(run)
    assert run["cell_id"].endswith(f"/100/{order}/hops=2000")
    assert run["work"]["units"] == run["cell"]["hops"] == 2_000
    assert run["lateness"] is None
    assert run["timer_costs"]["wall_per_op_ns"] == pytest.approx(run["window_ns"] / 2_000)
    assert run["timer_costs"]["cpu_ns_per_fire"] is None


def test_a_worker_in_another_language_finds_all_it_needs_in_the_readme(results: Path) -> None:
    for order in ("near", "far"):
        run = measure(results, "relay", *worker(), "--order", order)
        assert run["work"]["checksum"] == run["work"]["expected_checksum"]
        results.unlink()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("hop_too_few", "finished with 1999 units of work done, not 2000"),
        ("wrong_task", "is not the expected"),
    ],
)
def test_a_hop_that_was_not_made_fails_the_run(fault: str, said: str, results: Path) -> None:
    status, run = ended(results, *worker(fault))
    assert (status, run["status"]) == (4, "failed")
    assert said in run["failure"]["message"]


@pytest.mark.slow
def test_a_token_that_is_lost_ends_the_run_with_what_is_missing(results: Path) -> None:
    status, run = ended(results, *worker("lost_token"))
    assert (status, run["status"]) == (4, "failed")
    assert "has 1 of 2000 units of work missing" in run["failure"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "1"), "--tasks: 1 is out of bounds; from 2 to 1000000"),
        (("--tasks", "1000001"), "--tasks: 1000001 is out of bounds; from 2 to 1000000"),
        (("--hops", "0"), "--hops: 0 is out of bounds; from 1 to 1000000000000"),
        (("--order", "nearby"), "--order: unknown order 'nearby'; valid: near, far"),
        (("--depth", "2"), "--depth: 2 is none of 1"),
        (("--held-bytes", "64"), "--held-bytes: 64 is none of 0B"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "relay", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
