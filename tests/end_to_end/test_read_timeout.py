"""Reads that give up: --read-timeout of c10k."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record
from test_cells import check_common, measure, unless_sanitized

LONG = ("--read-timeout", "1min")
TAKES = ["read_timeout_ns"]
EVERY_RUNTIME = pytest.mark.parametrize(
    "runtime",
    [
        pytest.param(one, marks=unless_sanitized(one in skein.VARIANTS))
        for one in skein.WITH_CONNECTIONS
    ],
)


@EVERY_RUNTIME
def test_every_runtime_withdraws_the_timeouts_of_its_reads(runtime: str, results: Path) -> None:
    run = measure(results, "c10k", "--runtime", runtime, *LONG)
    check_common(run)
    assert run["cell"]["read_timeout_ns"] == 60_000_000_000
    assert run["cell_id"].endswith("/read-timeout=60s")


@pytest.mark.parametrize("mode", ["open", "idle_heavy", "churn"])
def test_timeouts_are_measured_under_every_load(mode: str, results: Path) -> None:
    rate = () if mode == "churn" else ("--rate", "100")
    words = ("--mode", mode, *rate, "--buffer", "own", *LONG)
    run = measure(results, "c10k", "--runtime", "coroutine", *words)
    assert run["cell"]["read_timeout_ns"] == 60_000_000_000


def ended(results: Path, *words: str) -> Record:
    skein.call("run", "c10k", *words, *skein.IN_SESSION, "--size", "test", "-o", str(results))
    return skein.run_of(results)


@EVERY_RUNTIME
def test_a_connection_that_is_silent_for_too_long_is_closed_and_an_error(
    runtime: str, results: Path
) -> None:
    run = ended(results, "--runtime", runtime, "--read-timeout", "20ms")  # 48 of 64 carry nothing
    assert run["status"] == "failed"
    # The generator sees the end of one, or the worker has counted all of them before.
    reason = run["reasons"][0]
    assert "the server hung up on connection" in reason or "Connection timed out" in reason


def test_a_worker_that_does_not_say_that_it_has_timeouts_meets_a_limit(results: Path) -> None:
    run = ended(results, *skein.plain_worker(), *LONG)
    assert (run["status"], run["limit"]["name"]) == ("limit", TAKES[0])


@pytest.mark.parametrize("runtime", skein.REFERENCES)
def test_a_reference_row_in_our_language_does_not_take_them(runtime: str, results: Path) -> None:
    run = ended(results, *skein.with_runtime(runtime), *LONG)
    assert (run["status"], run["limit"]["name"]) == ("limit", TAKES[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("c10k", "--read-timeout", "-1s"), "'-1s' is not a duration"),
        (("c10k", "--read-timeout", "0s"), "0s is out of bounds; from 1ms to 3600s"),
        (("c10k", "--read-timeout", "3601s"), "3601s is out of bounds; from 1ms to 3600s"),
        (("c10k", *LONG, "--mode", "idle"), "open, idle_heavy, fixed and churn only"),
        (("c10k", *LONG, "--handler-wait", "1ms"), "no --handler-wait and no --handler-work"),
        (("c10k", *LONG, "--depth", "2"), "--read-timeout cannot be together with --depth"),
        (
            ("c10k", *LONG, "--held-bytes", "64"),
            "--read-timeout cannot be together with --held-bytes",
        ),
        (("timers", *LONG), "unknown option '--read-timeout'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", words[0], "--runtime", "fiber", *words[1:])
    assert done.status == 2
    assert said in done.err
