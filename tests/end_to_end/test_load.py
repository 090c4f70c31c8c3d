"""The method of the load, proved on real runs: a stopped worker is paid for by all who would have
come meanwhile, and a generator that cannot keep up says so."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import skein_binary as skein
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]
from skein_binary import Record

pytestmark = pytest.mark.alone

WINDOW_S = 4.0
STOP_S = 0.4
RATE_PER_S = 1000
TOLERANCES = {99: 0.10, 95: 0.15}
TRIES = 3
MS = 1e6
RUN = ("run", "c10k", "--size", "test", *skein.IN_SESSION)


def stopped_run(results: Path, *words: str) -> tuple[Record, float]:
    """A run of a 4 s window whose worker is stopped for 400 ms in the middle of it, and for how
    long that really was."""
    command = (*RUN, "--runtime", "coroutine", *words)
    window = ("--duration", f"{WINDOW_S:.0f}s", "--warmup", "100ms", "-o", str(results))
    with skein.start(*command, *window) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        worker = skein.child_named(process.pid, "worker")
        time.sleep(1.5)
        os.kill(worker, signal.SIGSTOP)
        begin = time.monotonic()
        time.sleep(STOP_S)
        os.kill(worker, signal.SIGCONT)
        stopped_s = time.monotonic() - begin
        process.communicate(timeout=skein.CALL_TIMEOUT_S)
    run = skein.run_of(results)
    # A worker that rests is no failure; what else the machine did is not this test's business.
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    return run, stopped_s


def was_disturbed(run: Record) -> bool:
    """Others had the CPUs of the run for so long that it says so."""
    return any(reason.startswith("host: ") for reason in run["reasons"])


def percentile_ms(run: Record, what: str, percent: float) -> float:
    """From the payload: the record leaves percentiles of so few samples out."""
    decoded = HdrHistogram.decode(run[what]["histogram"])
    assert decoded.get_total_count() == run[what]["count"] > 0
    return float(decoded.get_value_at_percentile(percent)) / MS


def stall_percentile_ms(percent: float, stopped_s: float) -> float:
    """With evenly spaced arrivals, those during a stop of S in a window of D wait from S down to 0:
    S less the part of D that lies above the percentile."""
    return 1000 * (stopped_s - (1 - percent / 100) * WINDOW_S)


@pytest.mark.parametrize(
    "pipeline", [[], ["--active", "4", "--pipeline", "1"]], ids=["no bound", "one in flight"]
)
def test_a_stopped_worker_is_paid_for_by_all_who_would_have_come(
    pipeline: list[str], results: Path
) -> None:
    words = ["--mode", "open", "--rate", str(RATE_PER_S), "--arrival", "uniform", *pipeline]
    for attempt in range(TRIES):
        run, stopped_s = stopped_run(results.with_name(f"{attempt}.jsonl"), *words)
        seen = {percent: percentile_ms(run, "latency", percent) for percent in TOLERANCES}
        wanted = {
            percent: pytest.approx(stall_percentile_ms(percent, stopped_s), rel=tolerance)
            for percent, tolerance in TOLERANCES.items()
        }
        if seen == wanted or not was_disturbed(run):
            break
    else:
        pytest.skip("the machine kept the worker from its CPU for longer than the test did")
    assert seen == wanted
    if pipeline:
        # Whoever asks one thing at a time sees the same stop in four requests of four thousand.
        assert percentile_ms(run, "service_time", 95) < 20


def test_a_closed_loop_hides_a_stopped_worker(results: Path) -> None:
    run, _ = stopped_run(results, "--mode", "fixed", "--active", "4")
    assert percentile_ms(run, "service_time", 95) < 20
    assert percentile_ms(run, "latency", 95) < 20
    assert run["latency"]["max"] > 0.9 * STOP_S * 1000 * MS


def test_a_rate_that_no_machine_can_offer_is_never_ok(results: Path) -> None:
    words = ("--runtime", "epoll_floor", "--mode", "open", "--rate", "50M")
    done = skein.call(*RUN, *words, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (4, "invalid"), run["reasons"]
    assert any(reason.startswith("client-bound: ") for reason in run["reasons"]), run["reasons"]
    assert run["load"]["offered_per_s"] == pytest.approx(50e6, rel=0.05)
    assert run["load"]["achieved_per_s"] < 0.5 * run["load"]["offered_per_s"]
    assert run["load"]["unsent"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mode", "open", "--rate", "0.001"), "load: no request fell into the window"),
        (("--mode", "idle_heavy", "--rate", "0.001"), "load: no request fell into the window"),
        (("--mode", "fixed"), "load: nothing was completed in the window"),
        (("--mode", "churn"), "load: nothing was completed in the window"),
    ],
    ids=["open", "idle_heavy", "fixed", "churn"],
)
def test_a_window_without_an_operation_is_never_ok(
    words: tuple[str, ...], said: str, results: Path
) -> None:
    """Too thin a load, or one whose worker is stopped for all of the window."""
    window = ("--duration", "300ms", "--warmup", "100ms", "--warmup-requests", "0")
    command = (*RUN, "--runtime", "epoll_floor", *words, *window, "--memory", "off")
    with skein.start(*command, "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        if "nothing" in said:
            worker = skein.child_named(process.pid, "worker")
            os.kill(worker, signal.SIGSTOP)
            time.sleep(1.0)
            os.kill(worker, signal.SIGCONT)
        process.communicate(timeout=skein.CALL_TIMEOUT_S)
    run = skein.run_of(results)
    assert (process.returncode, run["status"]) == (4, "invalid"), run["reasons"]
    assert any(reason.startswith(said) for reason in run["reasons"]), run["reasons"]


def test_a_killed_generator_fails_the_run_and_leaves_no_process(results: Path) -> None:
    command = (*RUN, "--runtime", "thread", "--mode", "open")
    with skein.start(*command, "--duration", "60s", "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        children = skein.children_of(process.pid)
        os.kill(skein.child_named(process.pid, "generator"), signal.SIGKILL)
        status = process.wait(timeout=30)
    run = skein.run_of(results)
    assert (status, run["status"]) == (4, "failed")
    assert run["failure"]["process"] == "generator"
    assert run["failure"]["signal"] == "SIGKILL"
    assert run["latency"] is None
    assert len(children) == 2
    assert not any(skein.exists(pid) for pid in children)


def test_a_generator_that_is_held_up_is_seen(results: Path) -> None:
    """A planted slow generator: stopped again and again, it sends late, and the run says so."""
    command = (*RUN, "--runtime", "coroutine", "--mode", "open")
    with skein.start(*command, "--duration", "3s", "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        hold_up(process, skein.child_named(process.pid, "generator"))
    run = skein.run_of(results)
    assert run["status"] == "invalid"
    assert run["load"]["late_50us_fraction"] > 0.05
    reasons = [reason for reason in run["reasons"] if "more than 50 us late" in reason]
    assert reasons, run["reasons"]


def hold_up(process: subprocess.Popen[str], generator: int) -> None:
    """Lets it run for 20 ms of every 40, until the run is over."""
    while process.poll() is None:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            try:
                os.kill(generator, number)
            except ProcessLookupError:
                break
            time.sleep(0.02)
    process.communicate(timeout=skein.CALL_TIMEOUT_S)
