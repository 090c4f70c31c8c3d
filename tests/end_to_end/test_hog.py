"""The workload hog: every runtime in every form, a worker in another language, and the bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from test_cells import check_common, measure, with_every_runtime
from test_relay import SILENT, ended, worker

ALL = (*skein.TASKS_ONLY, *skein.IN_CPP)
POOLLESS = (*skein.TASKS_ONLY, *SILENT)
FORMS = ("none", "blocking", "yielding", "offloaded")
FIRES = 400  # of 100 timers in 200 ms


@pytest.mark.parametrize(("runtime", "form"), with_every_runtime(FORMS, "offloaded", ALL))
def test_every_runtime_fires_all_timers_beside_a_hog_or_says_what_it_lacks(
    runtime: str, form: str, results: Path
) -> None:
    words = [*skein.with_runtime(runtime), "--form", form]
    if runtime == "epoll_floor" or (form == "offloaded" and runtime in POOLLESS):
        status, run = ended(results, *words, workload="hog")
        lacking = "sync" if form == "offloaded" else "runtime"
        assert (status, run["status"], run["limit"]["name"]) == (0, "limit", lacking)
        assert runtime in run["limit"]["message"]
        return
    run = measure(results, "hog", *words)
    check_common(run)
    assert run["work"]["units"] == FIRES + (form != "none")
    assert run["lateness"]["count"] == FIRES
    assert run["lateness"]["early_count"] == 0
    assert run["timer_costs"]["wall_per_op_ns"] is None
    if form == "none":
        assert run["cell_id"].endswith("/100/none/200ms")
        assert "hog" not in run
        return
    assert run["hog"]["took_ns"] > 0
    assert run["hog"]["yields"] == (19 if form == "yielding" else 0)
    every = "/every=50000" if form == "yielding" else ""
    assert run["cell_id"].endswith(f"/100/{form}/200ms/work=1000000{every}")


def test_a_worker_in_another_language_finds_all_it_needs_in_the_readme(results: Path) -> None:
    for form, yields in (("blocking", 0), ("yielding", 19)):
        words = ["--form", form, "--work", "20000"]
        words += ["--yield-every", "1000"] if form == "yielding" else []
        run = measure(results, "hog", *worker(), *words)
        assert run["work"]["checksum"] == run["work"]["expected_checksum"]
        assert run["hog"]["yields"] == yields
        results.unlink()
    run = measure(results, "hog", *worker(), "--form", "none")
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert "hog" not in run


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("fire_too_few", "finished with 400 units of work done, not 401"),
        ("hog_too_short", "is not the expected"),
        ("odd_hog", "hog"),
    ],
)
def test_a_hog_that_did_less_or_says_odd_things_fails_the_run(
    fault: str, said: str, results: Path
) -> None:
    status, run = ended(results, *worker(fault), "--work", "20000", workload="hog")
    assert (status, run["status"]) == (4, "failed")
    assert said in run["failure"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tasks", "0"), "--tasks: 0 is out of bounds; from 1 to 1000000"),
        (("--work", "0"), "--work: 0 is out of bounds; from 1 to 1000000000"),
        (("--window", "49ms"), "--window: 49ms is out of bounds; from 50ms to "),
        (("--form", "greedy"), "unknown form 'greedy'; valid: none, blocking, yielding, offloaded"),
        (("--form", "none", "--work", "5"), "--work applies to --form blocking, yielding and offl"),
        (("--form", "blocking", "--yield-every", "5"), "--yield-every applies to --form yielding"),
        (
            ("--form", "yielding", "--work", "10", "--yield-every", "11"),
            "--yield-every: 11 is out of bounds; from 1 to 10",
        ),
        (("--depth", "2"), "--depth: 2 is none of 1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_bounds(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", "hog", "--runtime", "coroutine", *words)
    assert done.status == 2
    assert said in done.err
