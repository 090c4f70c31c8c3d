"""More connections than a descriptor table holds, more tasks than memory, and what is said of them;
at sizes that any machine bears."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest
import skein_binary as skein
from skein_binary import Record

IDLE = ("c10k", "--size", "test", "--mode", "idle", "--connections", "60", "--hold", "100ms")
THREE_LOOPS = ("--loops", "3", "--exchange", "8")


def run_of(results: Path, *words: str) -> tuple[skein.Call, Record]:
    """A run and how its process ended; the record is valid by the schema."""
    done = skein.call("run", *words, *skein.IN_SESSION, "-o", str(results))
    run = skein.run_of(results)
    schema = json.loads(skein.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(run)
    return done, run


def measured(results: Path, *words: str) -> Record:
    """A run with numbers, whatever the machine did meanwhile."""
    _, run = run_of(results, *words)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    return run


@pytest.mark.parametrize("runtime", skein.IN_CPP)
def test_every_runtime_holds_connections_on_several_loops_and_each_answers(
    runtime: str, results: Path
) -> None:
    run = measured(results, *IDLE, *skein.with_runtime(runtime), *THREE_LOOPS)
    assert run["cell"]["loops"] == run["echoed"]["loops"] == 3
    assert run["cell_id"].partition("/stack=")[0].endswith("/60/idle/lent/loops=3")
    assert [point["tasks"] for point in run["memory"]["points"]] == [0, 15, 30, 60]
    assert run["memory"]["mappings"] == run["memory"]["points"][-1]["mappings"] > 0
    assert run["conditions"]["listener"]["tcp_nodelay"] is True
    assert (run["work"]["units"], run["work"]["bytes"]) == (60, 60 * 64)
    assert run["work"]["checksum"] == run["work"]["expected_checksum"] != "0" * 16
    exchange = run["exchange"]
    assert exchange["in_flight"] == 8
    assert exchange["latency"]["count"] == 60
    assert exchange["duration_ns"] > exchange["latency"]["max"] > 0
    assert exchange["cpu_per_op_ns"] > 0
    assert run["load"] == {**run["load"], "model": "idle"}
    assert run["latency"] is None


def with_few_descriptors(*words: str, limit: str = "-n 400") -> None:
    """A call of the binary that may have 400 of them."""
    command = ["sh", "-c", f'ulimit {limit} && exec "$0" "$@"', str(skein.SKEIN), *words]
    subprocess.run(command, timeout=skein.CALL_TIMEOUT_S, check=False, capture_output=True)


def test_connections_beyond_one_descriptor_table_are_held_by_several(results: Path) -> None:
    """Six hundred connections where a process may have 400 descriptors."""
    words = "run c10k --runtime coroutine --mode idle --connections 600 --hold 100ms --exchange 50"
    one, several = results.with_name("one.jsonl"), results.with_name("several.jsonl")
    with_few_descriptors(*words.split(), "-o", str(one))
    with_few_descriptors(*words.split(), "--loops", "auto", "-o", str(several))
    assert skein.run_of(one)["limit"]["name"] == "RLIMIT_NOFILE"
    run = skein.run_of(several)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert run["cell"]["loops"] == 2
    assert run["work"]["units"] == 600


MANY_LOOPS = (*IDLE, "--runtime", "coroutine", "--loops", "48", *skein.IN_SESSION)


def test_a_soft_limit_on_descriptors_is_raised_by_the_conductor_too(results: Path) -> None:
    with_few_descriptors("run", *MANY_LOOPS, "-o", str(results), limit="-Sn 128")
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])


def test_a_hard_limit_on_descriptors_is_named_where_the_conductor_needs_more(results: Path) -> None:
    with_few_descriptors("run", *MANY_LOOPS, "-o", str(results), limit="-n 128")
    run = skein.run_of(results)
    assert run["status"] == "limit", (run["reasons"], run["failure"])
    assert run["limit"]["name"] == "RLIMIT_NOFILE"
    assert run["limit"]["value"] == 128 < run["limit"]["needed"]


def test_an_idle_run_without_an_exchange_has_no_word_of_it(results: Path) -> None:
    run = measured(results, *IDLE, "--runtime", "coroutine")
    assert "exchange" not in run
    assert run["cell"]["loops"] is None
    assert run["work"]["units"] == 0


def test_a_counted_run_keeps_the_times_of_the_exchange_to_itself(results: Path) -> None:
    run = measured(results, *IDLE, "--runtime", "coroutine", *THREE_LOOPS, "--count")
    exchange = run["exchange"]
    assert (exchange["duration_ns"], exchange["latency"]) == (None, None)


def test_a_foreign_worker_that_has_one_loop_says_no_to_several(results: Path) -> None:
    done, run = run_of(results, *IDLE, *skein.plain_worker(), "--loops", "3")
    assert (done.status, run["status"]) == (4, "failed")
    assert "loops" in run["reasons"][0]


def test_a_foreign_worker_exchanges_a_message_on_each_connection(results: Path) -> None:
    run = measured(results, *IDLE, *skein.plain_worker(), "--exchange", "1")
    assert run["work"]["units"] == 60


@pytest.mark.parametrize("fault", ["wrong_byte", "lost_bytes"])
def test_an_exchange_that_went_wrong_is_a_failure(fault: str, results: Path) -> None:
    done, run = run_of(results, *IDLE, *skein.plain_worker(fault), "--exchange", "1")
    assert (done.status, run["status"]) == (4, "failed")
    assert "bytes" in run["reasons"][0]
    assert "exchange" not in run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "fixed", "--loops", "3"], "--loops applies to --mode idle"),
        (["--mode", "open", "--exchange", "3"], "--exchange applies to --mode idle"),
        (["--mode", "idle", "--loops", "0"], "--loops: 0 is out of bounds; from 1 to 64"),
        (["--mode", "idle", "--loops", "61"], "--loops: 61 are more than the connections, 60"),
        (["--mode", "idle", "--loops", "some"], "--loops"),
        (["--mode", "idle", "--exchange", "61"], "--exchange: 61 is out of bounds; from 1 to 60"),
        (["--mode", "idle", "--memory-ceiling", "4"], "--memory-ceiling: 4 is out of bounds"),
        # Quoted as it was written: no 64 bits hold it.
        (["--mode", "idle", "--exchange", "9" * 30], f"--exchange: {'9' * 30} is out of bounds"),
        (["--mode", "idle", "--hold", "9" * 30 + "s"], f"--hold: {'9' * 30}s is out of bounds"),
    ],
)
def test_senseless_loops_and_ceilings_are_refused_with_their_bounds(
    words: list[str], said: str
) -> None:
    done = skein.call("run", "c10k", "--runtime", "coroutine", "--connections", "60", *words)
    assert done.status == 2
    assert said in done.err


def test_more_tasks_than_memory_are_a_limit_before_anything_starts(results: Path) -> None:
    words = ("timers", "--runtime", "fiber", "--tasks", "20000", "--memory-ceiling", "64MiB")
    done, run = run_of(results, *words)
    assert (done.status, run["status"]) == (0, "limit")
    assert run["limit"]["name"] == "memory"
    assert run["limit"]["value"] == 64 * 2**20 < run["limit"]["needed"] == 20_000 * 4096
    assert run["memory"] is None


def test_more_tasks_than_memory_by_their_own_slope_are_a_limit_on_the_way(results: Path) -> None:
    """Ten times what is believed of a coroutine would fit; what a quarter of them took does not."""
    words = ("timers", "--runtime", "coroutine", "--tasks", "200000", "--memory-ceiling", "16MiB")
    done, run = run_of(results, *words)
    assert (done.status, run["status"]) == (0, "limit")
    assert run["limit"]["name"] == "memory"
    points = run["memory"]["points"]
    # A frame of 128 bytes each, whatever else runs on this machine; and what the first tasks touch
    # of the wheel's rings, 9 pages at most, with 3 of the heap's.
    pages = 12 * 4096 / points[-1]["tasks"]
    assert 200_000 * 128 <= run["limit"]["needed"] <= 200_000 * (128 + pages)
    assert 0 < points[-1]["tasks"] < 200_000
    assert "bytes each" in run["reasons"][0]


def test_twenty_thousand_sleepers_are_a_million_in_small(results: Path) -> None:
    words = ("timers", "--runtime", "fiber", "--tasks", "20000", "--window", "1s")
    run = measured(results, *words)
    assert run["lateness"]["early_count"] == 0
    assert run["memory"]["mappings"] < 1000


def test_a_session_knows_its_timer_floor() -> None:
    floor = json.loads(skein.call("session").out)["machine_floor"]
    assert 0 < floor["timer_p50_ns"] <= floor["timer_p99_ns"]


def test_a_run_that_takes_long_says_what_is_awaited(results: Path) -> None:
    words = ("timers", *skein.plain_worker("slow"), "--tasks", "10", "--window", "100ms")
    done, run = run_of(results, *words, "--memory", "off", "--size", "test")
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    assert "skein: waiting for the worker to get ready: 5 s so far" in done.err
    assert "skein: waiting for 10 of 10 tasks to be spawned: 5 s so far" in done.err


def test_a_far_first_deadline_is_said_to_be_awaited(results: Path) -> None:
    """So many tasks have a lead of many seconds, in which nothing else happens."""
    words = ("timers", "--runtime", "epoll_floor", "--tasks", "1500000", "--window", "100ms")
    done, run = run_of(results, *words, "--memory", "off")
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    assert "skein: waiting for the epoch, for which all tasks must be there" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mode", "fixed", "--duration", "200ms"), "loading 64 connections for 0.2 s"),
        (("--mode", "fixed", "--requests", "50"), "loading 64 connections with 50 requests"),
        (("--mode", "idle", "--hold", "100ms"), "holding 64 connections for 0.1 s"),
    ],
)
def test_a_window_says_beforehand_how_long_it_is(words: tuple[str, ...], said: str) -> None:
    done = skein.call("run", "c10k", "--runtime", "coroutine", "--size", "test", *words)
    assert said in done.err


def test_a_window_is_never_spoken_into_however_it_ends(results: Path) -> None:
    """A word would take its time on the load generator's CPU."""
    load = ("--mode", "fixed", "--active", "1", "--requests", "10000", "--warmup", "0s")
    more = ("--warmup-requests", "0", "--memory", "off", "--size", "test")
    words = ("c10k", "--runtime", "epoll_floor", *load, *more)
    with skein.start("run", *words, *skein.IN_SESSION, "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        time.sleep(0.1)
        worker = skein.child_named(process.pid, "worker")
        os.kill(worker, signal.SIGSTOP)
        time.sleep(6)
        os.kill(worker, signal.SIGCONT)
        said = process.communicate(timeout=skein.CALL_TIMEOUT_S)[1]
    assert skein.run_of(results)["window_ns"] > 5.5e9
    assert "waiting for" not in said


@pytest.mark.parametrize("workload", ["timers", "c10k"])
def test_the_peak_does_not_contain_what_a_worker_needed_to_begin(
    workload: str, results: Path
) -> None:
    words = (workload, *skein.plain_worker("large_start"), "--size", "test")
    run = measured(results, *words)
    assert run["memory"]["points"][-1]["rss_bytes"] <= run["memory"]["peak_rss_bytes"] < 100 << 20
