"""Tasks that move among several threads: --workers, where it applies and what its runs say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record
from test_cells import check_common, measure
from test_relay import ended, worker

BOTH = ("--worker-cpus", "0-1")
SYNCED = ("relay", "cancel", "channel", "contention")
needs_two_cpus = pytest.mark.skipif(
    not {0, 1} <= os.sched_getaffinity(0), reason="CPUs 0 and 1 are not both to be had"
)


@pytest.fixture(params=skein.TASKS_ONLY)
def runtime(request: pytest.FixtureRequest) -> str:
    """One whose tasks move."""
    name: str = request.param
    return name


def grown(results: Path, runtime: str, *words: str) -> Record:
    """A run of fanout on several workers, which gave what it should."""
    run = measure(results, "fanout", "--runtime", runtime, *words)
    assert run["echoed"] == run["cell"]
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["work"]["units"] == run["cell"]["tasks"] == 1_000
    return run


def said(run: Record, beginning: str) -> list[str]:
    return [reason for reason in run["reasons"] if reason.startswith(beginning)]


def test_there_are_as_many_workers_as_the_worker_has_cpus(results: Path, runtime: str) -> None:
    run = grown(results, runtime)
    assert run["cell"]["workers"] == 1
    assert run["cell_id"] == f"fanout/{runtime}/1000/wide"


@needs_two_cpus
def test_on_two_cpus_there_are_two_and_the_run_says_that_it_shares_one(
    results: Path, runtime: str
) -> None:
    run = grown(results, runtime, *BOTH)
    assert run["cell"]["workers"] == 2
    assert run["cell_id"].endswith("/wide/workers=2")
    assert said(run, "not apart: worker and generator share CPU 1")
    assert not said(run, "crowded")


def test_more_workers_than_cpus_are_measured_and_said(results: Path, runtime: str) -> None:
    run = grown(results, runtime, "--workers", "8", "--work", "500")
    assert run["cell"]["workers"] == 8
    assert said(run, "crowded: 8 workers on CPU 0")


def test_a_stop_reaches_workers_that_sleep_on_other_threads(results: Path, runtime: str) -> None:
    run = grown(results, runtime, "--workers", "63")
    assert run["cell"]["workers"] == 63


@pytest.mark.parametrize("pattern", skein.PATTERNS)
def test_timers_fire_and_are_cancelled_on_several_workers(
    pattern: str, results: Path, runtime: str
) -> None:
    words = ("--runtime", runtime, "--workers", "4", "--pattern", pattern)
    run = measure(results, "timers", *words)
    check_common(run)
    assert run["cell_id"].endswith("/workers=4")
    assert run["lateness"]["early_count"] == 0


def test_its_tasks_do_not_wait_some_calls_down_and_it_says_so(results: Path, runtime: str) -> None:
    status, run = ended(results, "--runtime", runtime, "--depth", "4", workload="timers")
    assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "depth")


@pytest.mark.parametrize(
    ("workload", "name"),
    [("c10k", "runtime")] + [(each, "sync") for each in SYNCED],
)
def test_what_it_lacks_is_a_limit_by_name(
    workload: str, name: str, results: Path, runtime: str
) -> None:
    status, run = ended(results, "--runtime", runtime, "--workers", "2", workload=workload)
    assert (status, run["status"], run["limit"]["name"]) == (0, "limit", name)
    assert run["limit"]["message"].startswith(f"{runtime} has no ")


def test_the_list_says_whose_tasks_move() -> None:
    moving = [each["id"] for each in skein.listed_runtimes() if each["takes_workers"]]
    assert moving == list(skein.TASKS_ONLY)


def test_a_worker_in_another_language_that_does_not_say_so_is_not_asked(results: Path) -> None:
    status, run = ended(results, *worker(), "--workers", "2", workload="fanout")
    assert (status, run["status"], run["limit"]["name"]) == (0, "limit", "workers")
    results.unlink()
    run = measure(results, "fanout", *worker(), "--workers", "1")
    assert run["cell"]["workers"] == run["echoed"]["workers"] == 1
