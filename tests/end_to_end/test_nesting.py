"""Tasks that wait some calls down and hold something meanwhile: --depth and --held-bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record
from test_cells import check_common, measure, unless_sanitized

NESTED = ("--depth", "4", "--held-bytes", "256")
FLOOR = "epoll_floor"
TAKERS = tuple(runtime for runtime in skein.WITH_CONNECTIONS if runtime != FLOOR)
# Stacks are whole pages, so that what is held may find room in what is there anyhow.
IN_OBJECTS = ("coroutine", "future", "callback", "libuv")


@pytest.mark.parametrize("workload", ["c10k", "timers"])
@pytest.mark.parametrize(
    "runtime", [pytest.param(one, marks=unless_sanitized(one in skein.VARIANTS)) for one in TAKERS]
)
def test_every_style_waits_some_calls_down(workload: str, runtime: str, results: Path) -> None:
    room = ("--stack-bytes", "64KiB")  # sanitizers want some
    run = measure(results, workload, "--runtime", runtime, *NESTED, *room)
    check_common(run)
    assert (run["cell"]["depth"], run["cell"]["held_bytes"]) == (4, 256)
    assert run["cell_id"].endswith("/depth=4/held=256B")


def user_bytes(results: Path, runtime: str, *words: str) -> float:
    results.unlink(missing_ok=True)
    run = measure(results, "timers", "--runtime", runtime, "--tasks", "4000", *words)
    slope: float = run["memory"]["per_task"]["user_bytes"]
    return slope


@pytest.mark.release_only
@pytest.mark.parametrize("runtime", IN_OBJECTS)
def test_a_task_takes_what_it_holds_beside_what_it_takes_anyhow(
    runtime: str, results: Path
) -> None:
    plain = user_bytes(results, runtime)
    held = user_bytes(results, runtime, "--held-bytes", "1024")
    assert 0.95 * 1024 <= held - plain <= 1.15 * 1024
    deep = user_bytes(results, runtime, "--depth", "16")
    assert deep - plain >= 15 * 8  # a level has a state at least


@pytest.mark.release_only
@pytest.mark.parametrize("runtime", ["fiber", "thread"])
def test_what_is_held_on_a_stack_touches_its_pages(runtime: str, results: Path) -> None:
    plain = user_bytes(results, runtime)
    held = user_bytes(results, runtime, "--held-bytes", "4096")
    assert 0.95 * 4096 <= held - plain <= 2.1 * 4096


@pytest.mark.parametrize("workload", ["c10k", "timers"])
def test_the_floor_has_no_levels_and_says_so(workload: str, results: Path) -> None:
    run = refused(results, workload, "--runtime", FLOOR, *NESTED)
    assert run["limit"]["name"] == "depth"


def refused(results: Path, *words: str) -> Record:
    done = skein.call("run", *words, *skein.IN_SESSION, "--size", "test", "-o", str(results))
    assert done.status == 0, done.err
    run = skein.run_of(results)
    assert run["status"] == "limit", run["reasons"]
    return run


@pytest.mark.parametrize("workload", ["c10k", "timers"])
@pytest.mark.parametrize(
    ("words", "name"), [(NESTED, "depth"), (("--held-bytes", "64"), "held_bytes")]
)
def test_a_worker_that_does_not_say_that_it_takes_an_axis_meets_a_limit_of_its_name(
    workload: str, words: tuple[str, ...], name: str, results: Path
) -> None:
    run = refused(results, workload, *skein.plain_worker(), *words)
    assert run["limit"]["name"] == name
    assert f"plain_python does not take --{name.replace('_', '-')}" in run["reasons"][0]


def test_a_worker_that_takes_one_axis_is_not_asked_for_the_other(results: Path) -> None:
    words = skein.plain_worker(hello={"takes": ["depth"]})
    assert refused(results, "timers", *words, *NESTED)["limit"]["name"] == "held_bytes"


def test_a_worker_that_says_so_is_asked(results: Path) -> None:
    words = skein.plain_worker(hello={"takes": ["depth", "held_bytes"]})
    run = measure(results, "timers", *words, *NESTED)  # it sends back what it does not know
    assert run["echoed"]["depth"] == 4


@pytest.mark.parametrize("runtime", skein.REFERENCES)
def test_a_reference_row_in_our_language_does_not_take_them(runtime: str, results: Path) -> None:
    run = refused(results, "timers", *skein.with_runtime(runtime), *NESTED)
    assert run["limit"]["name"] == "depth"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("timers", "--depth", "0"), "--depth: 0 is none of 1, 2, 4, 8, 16, 32, 64"),
        (("timers", "--depth", "65"), "is none of 1, 2"),
        (("c10k", "--depth", "3"), "is none of 1, 2"),
        (("c10k", "--held-bytes", "3"), "is none of 0B, 64B, 256B, 1KiB, 4KiB, 16KiB"),
        (("timers", "--held-bytes", "16KiB"), "at most 12160B there at depth 1"),
        (("timers", "--held-bytes", "16KiB"), "--stack-bytes at least 24KiB"),
        (("timers", "--depth", "64", "--stack-bytes", "8KiB"), "--stack-bytes at least 12KiB"),
        (("timers", "--depth", "4", "--pattern", "churn"), "--pattern spread and storm only"),
        (("timers", "--held-bytes", "64", "--pattern", "periodic"), "spread and storm only"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", words[0], "--runtime", "fiber", *words[1:])
    assert done.status == 2
    assert said in done.err
