"""A party of a run that was away in its window, and should have run: each is really stopped
(SIGSTOP, SIGCONT), in each kind of window, and the run is invalid and says who it was.

Tests run on busy machines: a run may be invalid for other reasons, too, and no time is judged."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record

pytestmark = pytest.mark.alone

SHORT = ("--size", "test", *skein.IN_SESSION)
C10K = ("c10k", "--runtime", "epoll_floor", "--connections", "50", *SHORT)
TIMERS = ("timers", "--runtime", "coroutine", "--tasks", "200", *SHORT)
LOAD = ("--active", "5", "--duration", "2s", "--warmup", "200ms", "--memory", "off")
WINDOW = ("--window", "3s", "--memory", "off")
STOP_S = 0.4
LOADS = {
    "fixed": ("--mode", "fixed", *LOAD),
    "open": ("--mode", "open", "--rate", "1000", *LOAD),
    "idle_heavy": ("--mode", "idle_heavy", "--rate", "1000", *LOAD),
    "churn": ("--mode", "churn", *LOAD),
}
HOLD = ("--mode", "idle", "--hold", "2s")
EXCHANGE = ("--mode", "idle", "--hold", "0s", "--exchange", "1")

Meddling = Callable[[int], None]


def meddled(results: Path, words: tuple[str, ...], line: str, meddle: Meddling) -> Record:
    """A run whose parties are meddled with once it has said this line. `meddle` is given the pid of
    the conductor."""
    with skein.start("run", *words, "-o", str(results)) as process:
        assert process.stderr is not None
        if line:
            next(said for said in process.stderr if line in said)
        meddle(process.pid)
        process.communicate(timeout=skein.CALL_TIMEOUT_S)
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert process.returncode == (0 if run["status"] == "ok" else 4)
    return run


def stop(pid: int, seconds: float) -> None:
    """Stops a process for so long."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def stop_child(role: str, after_s: float) -> Meddling:
    """Stops the worker or the generator, once, some time into the run."""

    def meddle(conductor: int) -> None:
        child = wait_for_child(conductor, role)
        time.sleep(after_s)
        stop(child, STOP_S)

    return meddle


def stop_conductor(after_s: float, seconds: float = STOP_S) -> Meddling:
    """Stops the conductor, as Ctrl-Z does: its children go on."""

    def meddle(conductor: int) -> None:
        wait_for_child(conductor, "worker")
        time.sleep(after_s)
        stop(conductor, seconds)

    return meddle


def wait_for_child(conductor: int, role: str) -> int:
    """Its pid, as soon as it is what it will be."""
    for _ in range(1000):
        try:
            return skein.child_named(conductor, role)
        except (AssertionError, FileNotFoundError):
            time.sleep(0.01)
    raise AssertionError(f"no {role}")


def who_was_away(run: Record) -> list[str]:
    """The parties that the reasons name."""
    said = [reason.partition("away: the ")[2] for reason in run["reasons"]
            if reason.startswith(("away: ", "exchange: away: "))]  # fmt: skip
    return [text.partition(" was ")[0] for text in said]


def was_disturbed(run: Record) -> bool:
    """Whether others had a part of the CPUs: then anybody may have been kept from them."""
    return any("host: " in reason for reason in run["reasons"])


def check_away(run: Record, who: str) -> None:
    """This party is named, and the record has the time."""
    named = who_was_away(run)
    assert who in named if was_disturbed(run) else named == [who], run["reasons"]
    assert run["status"] == "invalid"
    assert run["away"][who.rpartition(" ")[2] + "_ns"] > 0.9 * STOP_S * 1e9


@pytest.mark.parametrize("mode", LOADS)
@pytest.mark.parametrize("role", ["generator", "worker"])
def test_a_side_that_was_stopped_under_load_is_named(role: str, mode: str, results: Path) -> None:
    run = meddled(results, (*C10K, *LOADS[mode]), "loading", stop_child(role, 1.0))
    check_away(run, {"generator": "load generator", "worker": "worker"}[role])
    assert run["latency"]["count"] > 0


@pytest.mark.parametrize("cpus", ["0-1", "0"])
def test_a_generator_that_was_stopped_is_named_wherever_the_worker_may_run(
    cpus: str, results: Path
) -> None:
    """The worker's own time on a shared CPU is no excuse."""
    if not {0, 1} <= os.sched_getaffinity(0):
        pytest.skip("CPUs 0 and 1 are not both allowed")
    shared = ("--worker-cpus", cpus, "--generator-cpus", cpus)
    words = (*C10K, *shared, *LOADS["fixed"])
    run = meddled(results, words, "loading", stop_child("generator", 1.0))
    assert "load generator" in who_was_away(run), run["reasons"]
    assert run["away"]["generator_ns"] > 0.9 * STOP_S * 1e9


@pytest.mark.parametrize("mode", ["fixed", "open"])
def test_a_conductor_that_came_late_into_the_window_is_named(mode: str, results: Path) -> None:
    run = meddled(results, (*C10K, *LOADS[mode]), "loading", stop_conductor(0.05, 0.2 + 2 * STOP_S))
    check_away(run, "conductor")


def test_a_conductor_that_was_late_for_the_end_of_a_window_is_named(results: Path) -> None:
    run = meddled(results, (*C10K, *LOADS["fixed"]), "loading", stop_conductor(1.5, 1.5))
    check_away(run, "conductor")


def test_a_conductor_that_slept_within_the_window_harms_nothing(results: Path) -> None:
    run = meddled(results, (*C10K, *LOADS["fixed"]), "loading", stop_conductor(0.8))
    assert who_was_away(run) == [] or was_disturbed(run), run["reasons"]
    assert run["away"]["conductor_ns"] < 0.5 * STOP_S * 1e9


def test_a_worker_that_was_stopped_while_it_held_connections_is_named(results: Path) -> None:
    run = meddled(results, (*C10K, *HOLD), "holding", stop_child("worker", 0.5))
    check_away(run, "worker")


def test_a_conductor_that_was_late_for_the_end_of_a_hold_is_named(results: Path) -> None:
    run = meddled(results, (*C10K, *HOLD), "holding", stop_conductor(1.5, 0.5 + 2 * STOP_S))
    check_away(run, "conductor")


@pytest.mark.parametrize("pattern", skein.PATTERNS)
def test_a_worker_that_was_stopped_while_timers_fire_is_named(pattern: str, results: Path) -> None:
    words = (*TIMERS, *WINDOW, "--pattern", pattern)
    run = meddled(results, words, "", stop_child("worker", 1.0))
    check_away(run, "worker")
    assert run["lateness"]["count"] > 0


@pytest.mark.parametrize("pattern", ["spread", "churn"])
def test_a_conductor_that_was_late_for_the_end_of_timers_is_named(
    pattern: str, results: Path
) -> None:
    words = (*TIMERS, *WINDOW, "--pattern", pattern)
    run = meddled(results, words, "", stop_conductor(1.5, 2.0 + 2 * STOP_S))
    check_away(run, "conductor")


def test_a_conductor_that_came_late_into_the_window_of_timers_is_named(results: Path) -> None:
    # The readings of memory are over half a second before the first deadline; where the machine is
    # too busy for that the run begins anew, undisturbed.
    for _ in range(3):
        results.unlink(missing_ok=True)
        run = meddled(results, (*TIMERS, "--window", "2s"), "", stop_conductor(0.5, 1.2))
        if not any("another try" in reason for reason in run["reasons"]):
            break
    check_away(run, "conductor")


def test_a_foreign_worker_that_was_stopped_is_named(results: Path) -> None:
    words = ("timers", *skein.plain_worker(), "--tasks", "200", *SHORT, *WINDOW)
    run = meddled(results, words, "", lambda conductor: stop_only_child(conductor, 1.2))
    check_away(run, "worker")


def stop_only_child(conductor: int, after_s: float) -> None:
    time.sleep(after_s)
    (child,) = skein.children_of(conductor)
    stop(child, STOP_S)


def test_a_generator_that_was_stopped_while_it_exchanged_messages_is_named(results: Path) -> None:
    words = ("c10k", *skein.plain_worker(), "--connections", "9000", *SHORT, *EXCHANGE)
    run = meddled(results, words, "exchanging", stop_child("generator", 0.1))
    assert "load generator" in who_was_away(run), run["reasons"]
    assert run["status"] == "invalid"
    assert any(reason.startswith("exchange: away: ") for reason in run["reasons"]), run["reasons"]
    assert run["exchange"]["away"]["generator_ns"] > 0.9 * STOP_S * 1e9
    assert run["exchange"]["away"]["conductor_ns"] is None


@pytest.mark.parametrize("tries", [1, 2])
def test_a_disturbed_baseline_is_measured_once_more_and_then_makes_the_run_invalid(
    tries: int, results: Path
) -> None:
    """The rate is a share of what it achieved. Its windows are of 1.5 s, after 0.3 s."""
    open_load = ("--mode", "open", "--rate", "auto:5%", "--duration", "300ms", "--memory", "off")
    loads = 0
    with skein.start("run", *C10K, *open_load, "-o", str(results)) as process:
        assert process.stderr is not None
        for line in process.stderr:
            loads += "loading" in line
            if "loading" in line and loads <= tries:
                time.sleep(0.6)
                stop(skein.child_named(process.pid, "generator"), 0.8)
        process.wait(timeout=skein.CALL_TIMEOUT_S)
    run = skein.run_of(results)
    assert loads == 3, "a baseline, once more, and the run"
    said = [reason for reason in run["reasons"] if reason.startswith("rate: baseline: away: the")]
    if tries == 2:
        assert run["status"] == "invalid"
        assert any("load generator" in reason for reason in said), run["reasons"]
    else:
        assert said == [] or was_disturbed(run), run["reasons"]


@pytest.mark.parametrize("mode", LOADS)
def test_nobody_was_away_from_a_run_that_was_left_alone(mode: str, results: Path) -> None:
    """On a busy machine somebody may well have been: then the machine is named as well."""
    run = meddled(results, (*C10K, *LOADS[mode]), "loading", lambda _: None)
    assert who_was_away(run) == [] or was_disturbed(run), run["reasons"]
    assert run["away"].keys() == {"worker_ns", "generator_ns", "conductor_ns"}
