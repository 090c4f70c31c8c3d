"""skein_micro: its rows, their names, and the JSON that other programs read.

Takes skein_micro from the build directory (SKEIN_BUILD_DIR, by default build/release). No figure is
judged here, only that there is one.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release")

STEPS = ("timer_insert", "timer_cancel", "timer_expire")
STRUCTURES = ("timer_wheel", "timer_heap", "libuv_heap", "coroutine_heap")
CONTROLS = (
    *("function_call", "indirect_call", "syscall", "clock_read", "epoll_wait_empty"),
    *("eventfd_write_read", "futex_wake_nobody", "futex_wait_refused"),
    *("wake_same_core", "wake_other_core"),
)
LISTED = (
    json.loads(
        subprocess.run([BUILD / "skein", "list", "--json"], capture_output=True, check=True).stdout
    )["runtimes"]
    if (BUILD / "skein").is_file()
    else []
)
# The floor has no tasks, so its style is none; tasks that move have a part of the interface.
RUNTIMES = {r["id"]: r for r in LISTED if r["style"] != "none" and not r["takes_workers"]}
ONE_THREAD = [name for name, runtime in RUNTIMES.items() if runtime["threads_model"][0] == "1"]
# Whose tasks wait at a place in their code: in a callback style there is none.
IN_PLACE = [name for name in ONE_THREAD if RUNTIMES[name]["style"] != "callback"]
# Whose tasks wait for each other (runtimes/sync).
TALKING = [name for name in RUNTIMES if name not in ("libuv", "future_busy")]
A_THREAD_EACH = [name for name in TALKING if name not in ONE_THREAD]
WOKEN = (*RUNTIMES, "epoll_floor")
TIMERS = {
    **dict.fromkeys(STRUCTURES, (10000, 1000000)),
    **{
        name: (10_000, 100_000 if RUNTIMES[name]["style"] == "direct" else 1_000_000)
        for name in ONE_THREAD
    },
}
STACK_SWITCHES = ("fcontext", *(name for name in ("fiber", "fiber_asm") if name in RUNTIMES))
NAMES = {
    *(f"control/{what}" for what in CONTROLS),
    "switch/coroutine",
    *(f"switch/{what}{then}" for what in STACK_SWITCHES for then in ("", "_after_float")),
    *(f"switch_many/{what}/{n}" for what in ("coroutine", "fcontext") for n in (1, 1_000, 100_000)),
    *(f"wake_{where}_core/{of}" for where in ("same", "other") for of in WOKEN),
    *(f"spawn_finish{kind}/{runtime}" for kind in ("", "_cold") for runtime in RUNTIMES),
    *(f"depth/{runtime}/{levels}" for runtime in IN_PLACE for levels in (1, 4, 16, 64)),
    *(f"join/{runtime}/{children}" for runtime in IN_PLACE for children in (10, 1_000)),
    *(f"first_of/{runtime}" for runtime in IN_PLACE),
    *(f"mutex/{runtime}/1" for runtime in TALKING),
    *(f"mutex/{runtime}/2" for runtime in TALKING if runtime in ONE_THREAD),
    *(f"channel/{runtime}/{room}" for runtime in TALKING for room in (0, 1, 64)),
    *(f"join_finished/{runtime}" for runtime in TALKING),
    *(f"event_{where}_core/{of}" for where in ("same", "other") for of in TALKING),
    *(f"mutex_other_core/{of}" for of in A_THREAD_EACH),
    *(f"channel_other_core/{of}/{room}" for of in A_THREAD_EACH for room in (0, 1, 64)),
    "poll_ready/future",
    "waker_clone_drop/future",
    *(f"yield/{runtime}/{tasks}" for runtime in ONE_THREAD for tasks in (1, 1_000, 100_000)),
    *(f"yield/thread/{tasks}" for tasks in (1, 1_000)),
    *(f"{step}/{of}/{n}" for step in STEPS for of, counts in TIMERS.items() for n in counts),
    *(f"timer_cancel/thread/{tasks}" for tasks in (1_000, 10_000)),
}
LARGE = 10_000  # tasks; what is larger takes seconds or hundreds of megabytes


def is_small(name: str) -> bool:
    last = name.rsplit("/", 1)[1]
    count = int(last) if last.isdigit() else 0
    return count < LARGE or (count == LARGE and "/thread/" not in name)


def find_program() -> Path:
    program = BUILD / "skein_micro"
    if not program.exists():
        cache = BUILD / "CMakeCache.txt"
        if cache.exists() and "SKEIN_MICRO:BOOL=OFF" in cache.read_text():
            pytest.skip(f"{BUILD} is configured without skein_micro (SKEIN_MICRO=OFF)")
        pytest.fail(f"{program} is missing: build it first, or set SKEIN_BUILD_DIR")
    return program


def run(
    *options: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [find_program(), *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=110, check=False, preexec_fn=before
    )


@functools.cache
def shortest() -> str:
    """The shortest run. Google Benchmark 1.8 wants a unit, 1.7 refuses one."""
    with_unit = "--benchmark_min_time=0.001s"
    understood = run(with_unit, "--benchmark_list_tests").returncode == 0
    return with_unit if understood else with_unit.removesuffix("s")


def measure(
    pattern: str, out: Path, *options: str, before: Callable[[], None] | None = None
) -> dict[str, Any]:
    """What the run wrote with --benchmark_out; the exit status was 0."""
    done = run(
        shortest(),
        f"--benchmark_filter={pattern}",
        f"--benchmark_out={out}",
        "--benchmark_out_format=json",
        *options,
        before=before,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(out.read_text())
    return result


def only(names: set[str]) -> str:
    return "^(" + "|".join(sorted(names)) + ")$"


def test_the_rows_are_those_that_the_readme_promises() -> None:
    listed = run("--benchmark_list_tests").stdout.split()
    assert len(listed) == len(set(listed))
    assert set(listed) == NAMES


def test_every_row_of_moderate_size_yields_a_time_per_item(tmp_path: Path) -> None:
    small = {name for name in NAMES if is_small(name)}
    rows = measure(only(small), tmp_path / "micro.json")["benchmarks"]
    assert {row["name"] for row in rows} == small
    for row in rows:
        if "other_core" in row["name"] and len(os.sched_getaffinity(0)) < 2:
            assert row["error_message"].startswith("limit: CPUs of this process"), row
            continue
        assert "error_message" not in row, row
        assert row["run_name"] == row["name"]
        assert row["time_unit"] == "ns"
        assert row["ns_per_item"] > 0, row
        # The library's own clock surrounds ours, and both are per item.
        assert row["real_time"] >= 0.99 * row["ns_per_item"], row


def test_repetitions_share_one_name_and_have_statistics(tmp_path: Path) -> None:
    name = "control/indirect_call"
    rows = measure(only({name}), tmp_path / "micro.json", "--benchmark_repetitions=3")["benchmarks"]
    repetitions = [row for row in rows if row["run_type"] == "iteration"]
    assert [row["name"] for row in repetitions] == [name] * 3
    assert [row["repetition_index"] for row in repetitions] == [0, 1, 2]
    aggregates = {row["aggregate_name"]: row for row in rows if row["run_type"] == "aggregate"}
    assert {"mean", "median", "stddev"} <= aggregates.keys()
    assert aggregates["mean"]["run_name"] == name
    assert aggregates["median"]["ns_per_item"] > 0


def test_it_keeps_to_the_lowest_cpu_it_may_use_and_says_so(tmp_path: Path) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    for chosen in {allowed[0], allowed[-1]}:
        context = measure(
            only({"control/syscall"}),
            tmp_path / f"micro-{chosen}.json",
            before=lambda cpu=chosen: os.sched_setaffinity(0, {cpu}),  # type: ignore[misc]
        )["context"]
        assert context["pinned_cpu"] == str(chosen)


def test_a_limit_of_the_machine_is_named_in_the_row(tmp_path: Path) -> None:
    address_space_bytes = 1 << 30

    def limit_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, address_space_bytes))

    [row] = measure(only({"yield/fiber/100000"}), tmp_path / "micro.json", before=limit_memory)[
        "benchmarks"
    ]
    assert row["error_occurred"]
    assert row["error_message"].startswith("limit: "), row


@pytest.mark.parametrize("wrong", ["--no_such_option", "--benchmark_filter=^no/such/row$"])
def test_what_it_does_not_know_ends_in_status_2(wrong: str) -> None:
    assert run(wrong, shortest()).returncode == 2
