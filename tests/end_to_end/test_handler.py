"""Requests that wait and compute between their read and their write: --handler-wait and
--handler-work of c10k."""

from __future__ import annotations

from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record
from test_cells import check_common, measure, unless_sanitized

WAIT_NS = 5_000_000
HANDLED = ("--handler-wait", "5ms", "--handler-work", "5000")
STEPS = 50_000
OF_TEN = ("--mode", "open", "--pipeline", "1", "--connections", "10")
TAKES = ["handler_wait_ns", "handler_work"]
EVERY_RUNTIME = pytest.mark.parametrize(
    "runtime",
    [
        pytest.param(one, marks=unless_sanitized(one in skein.VARIANTS))
        for one in skein.WITH_CONNECTIONS
    ],
)


def early_ns(runtime: str) -> int:
    listed = {each["id"]: each["early_by_at_most_ns"] for each in skein.listed_runtimes()}
    return int(listed.get(runtime, 0))


@EVERY_RUNTIME
def test_every_request_waits_and_computes_in_every_runtime(runtime: str, results: Path) -> None:
    run = measure(results, "c10k", "--runtime", runtime, *HANDLED)
    check_common(run)
    assert (run["cell"]["handler_wait_ns"], run["cell"]["handler_work"]) == (WAIT_NS, 5000)
    assert run["cell_id"].endswith("/handler-wait=5ms/handler-work=5000")
    assert run["service_time"]["min"] >= WAIT_NS - early_ns(runtime)
    assert run["latency"]["p50"] >= WAIT_NS - early_ns(runtime)
    assert run["load"]["handler_step_ns"] > 0


@pytest.mark.parametrize("mode", ["open", "idle_heavy", "churn"])
def test_handlers_are_measured_under_every_load(mode: str, results: Path) -> None:
    pipeline = () if mode == "churn" else ("--pipeline", "1")
    rate = () if mode == "churn" else ("--rate", "100")
    words = ("--mode", mode, *pipeline, *rate, "--buffer", "own", *HANDLED)
    run = measure(results, "c10k", "--runtime", "coroutine", *words)
    assert run["service_time"]["min"] >= WAIT_NS
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


def cpu_per_request_ns(results: Path, runtime: str, *words: str) -> tuple[float, float | None]:
    """And how long a step took."""
    results.unlink(missing_ok=True)
    fixed = ("--requests", "2000", "--memory", "off")
    run = measure(results, "c10k", "--runtime", runtime, *fixed, *words)
    return run["cpu"]["per_op_ns"], run["load"]["handler_step_ns"]


@pytest.mark.release_only
@EVERY_RUNTIME
def test_a_request_costs_as_much_more_as_its_steps(runtime: str, results: Path) -> None:
    plain_ns, no_step_ns = cpu_per_request_ns(results, runtime)
    assert no_step_ns is None
    worked_ns, step_ns = cpu_per_request_ns(results, runtime, "--handler-work", str(STEPS))
    assert step_ns is not None
    assert worked_ns - plain_ns >= 0.5 * STEPS * step_ns  # CPUs change their pace


def test_without_a_wait_and_without_steps_a_cell_is_the_ordinary_one(results: Path) -> None:
    run = measure(
        results, "c10k", "--runtime", "fiber", "--handler-wait", "0s", "--handler-work", "0"
    )
    assert (run["cell"]["handler_wait_ns"], run["cell"]["handler_work"]) == (None, None)
    assert "handler" not in run["cell_id"]


def ended(results: Path, *words: str) -> Record:
    skein.call("run", "c10k", *words, *skein.IN_SESSION, "--size", "test", "-o", str(results))
    return skein.run_of(results)


def test_a_worker_that_skips_the_wait_fails_by_its_soonest_reply(results: Path) -> None:
    liar = skein.plain_worker(hello={"takes": TAKES})  # it echoes what it does not know, at once
    run = ended(results, *liar, "--handler-wait", "50ms")
    assert run["status"] == "failed"
    assert "and a handler waits 50000000 ns" in run["reasons"][0]


def test_a_worker_that_skips_the_work_fails_by_its_bytes(results: Path) -> None:
    liar = skein.plain_worker(hello={"takes": TAKES})
    run = ended(results, *liar, "--handler-work", "1000")
    assert run["status"] == "failed"
    assert "wrong bytes" in run["reasons"][0]


@pytest.mark.parametrize(("words", "name"), [(HANDLED[:2], TAKES[0]), (HANDLED[2:], TAKES[1])])
def test_a_worker_that_does_not_say_that_it_has_handlers_meets_a_limit(
    words: tuple[str, ...], name: str, results: Path
) -> None:
    run = ended(results, *skein.plain_worker(), *words)
    assert (run["status"], run["limit"]["name"]) == ("limit", name)


@pytest.mark.parametrize("runtime", skein.REFERENCES)
def test_a_reference_row_in_our_language_does_not_take_them(runtime: str, results: Path) -> None:
    run = ended(results, *skein.with_runtime(runtime), *HANDLED)
    assert (run["status"], run["limit"]["name"]) == ("limit", TAKES[0])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("c10k", "--handler-wait", "-1ms"), "'-1ms' is not a duration"),
        (("c10k", "--handler-wait", "1001ms"), "1001ms is out of bounds; from 0s to 1s"),
        (("c10k", "--handler-work", "-1"), "--handler-work: "),
        (("c10k", "--handler-work", "1000001"), "1000001 is out of bounds; from 0 to 1000000"),
        (("c10k", *HANDLED, "--mode", "idle"), "open, idle_heavy, fixed and churn only"),
        (("c10k", *HANDLED, "--mode", "open"), "one request at a time: --pipeline 1"),
        (("c10k", *HANDLED, "--pipeline", "2"), "one request at a time: --pipeline 1"),
        (("c10k", *HANDLED, *OF_TEN, "--rate", "2001"), "serve 2000 requests a second together"),
        (("c10k", *HANDLED, "--buffer-bytes", "2KiB"), "--buffer-bytes at most so many"),
        (("c10k", *HANDLED, "--payload-bytes", "3"), "--payload-bytes at least so many"),
        (("c10k", *HANDLED, "--depth", "2"), "--handler-wait cannot be together with --depth"),
        (
            ("c10k", *HANDLED[2:], "--held-bytes", "64"),
            "--handler-work cannot be together with --held-bytes",
        ),
        (("timers", *HANDLED[:2]), "unknown option '--handler-wait'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(
    words: tuple[str, ...], said: str
) -> None:
    done = skein.call("run", words[0], "--runtime", "fiber", *words[1:])
    assert done.status == 2
    assert said in done.err
