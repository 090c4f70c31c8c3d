"""What goes wrong is a result with a reason, and never a time: planted workers, one fault each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import skein_binary as skein
from skein_binary import Record

WORKLOADS = ("c10k", "timers")


def measure_fault(fault: str, workload: str, results: Path, *more: str) -> Record:
    """A run that could not be measured: recorded, exit status 4, without any time in it. Whatever
    the worker said, the record is one that can be read."""
    words = ["run", workload, *skein.plain_worker(fault), "--size", "test", "-o", str(results)]
    done = skein.call(*words, *skein.IN_SESSION, *more)
    run = skein.run_of(results)
    schema = json.loads(skein.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(run)
    assert run["status"] in ("failed", "timeout"), run["reasons"]
    assert done.status == 4
    assert run["reasons"]
    for times in ("latency", "service_time", "lateness", "cpu"):
        assert run[times] is None
    return run


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_crash_is_failed_with_its_signal_and_last_words(workload: str, results: Path) -> None:
    run = measure_fault("crash", workload, results)
    assert run["status"] == "failed"
    assert run["failure"]["process"] == "worker"
    assert run["failure"]["signal"] == "SIGSEGV"
    assert run["failure"]["stderr"][-1] == "planted: about to crash"


@pytest.mark.parametrize("workload", WORKLOADS)
def test_an_early_exit_is_failed_with_its_status(workload: str, results: Path) -> None:
    run = measure_fault("exit", workload, results)
    assert run["failure"]["exit_status"] == 3
    assert run["failure"]["stderr"] == ["planted: I am leaving"]


@pytest.mark.parametrize("fault", ["hang", "hang_at_hello"])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_hang_is_a_timeout(workload: str, fault: str, results: Path) -> None:
    run = measure_fault(fault, workload, results, "--timeout", "2s")
    assert run["status"] == "timeout"
    assert "in time" in run["reasons"][0]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_worker_that_does_not_settle_when_asked_is_a_timeout(
    workload: str, results: Path
) -> None:
    run = measure_fault("settle_unheard", workload, results, "--timeout", "2s")
    assert run["status"] == "timeout"
    assert "did not answer with 'settled' in time" in run["reasons"][0]


@pytest.mark.parametrize("settles", [True, False])
def test_a_worker_that_says_settled_unasked_is_failed(settles: bool, results: Path) -> None:
    words = skein.plain_worker("settled_ahead", hello={"settles": settles})
    done = skein.call("run", "timers", *words, *skein.IN_SESSION, "--size", "test", "-o",
                      str(results))  # fmt: skip
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (4, "failed")
    assert "settled" in run["reasons"][0]


@pytest.mark.parametrize(
    ("fault", "workload", "said"),
    [
        ("nonsense", "c10k", "no message: Segmentation fault"),
        ("nonsense", "timers", "no message: Segmentation fault"),
        ("unasked", "timers", "applause"),
        ("settled_unasked", "timers", 'said: {"type":"settled"}'),
        ("settled_unasked", "c10k", 'said: {"type":"settled"}'),
        ("wrong_echo", "c10k", "mislabelled: connections: asked"),
        ("wrong_echo", "timers", "mislabelled: tasks: asked 1000, echoed 999"),
        ("strange_echo", "timers", 'mislabelled: workload: asked "timers", echoed null'),
        (
            "wrong_condition",
            "c10k",
            "mislabelled: buffer_bytes: asked 1024, the worker has 77",
        ),
        ("wrong_runtime", "timers", "mislabelled: asked for runtime plain_python"),
        ("wrong_byte", "c10k", "wrong byte"),
        ("lost_bytes", "c10k", "bytes"),
        ("lost_timer", "timers", "1 of 1000 units of work missing"),
        ("wrong_checksum", "timers", "checksum"),
        ("finished_at_zero", "timers", "says it finished at t_ns 0, which is not between the"),
        ("finished_by_wall_clock", "timers", "t_ns is of CLOCK_MONOTONIC"),
        ("finished_in_words", "timers", "sent a message without a usable 't_ns'"),
        ("finished_in_parts", "timers", "sent a message without a usable 't_ns'"),
        ("loop_in_numbers", "timers", "sent a message without a usable 'loop'"),
        ("missing_sample", "timers", "999 samples for 1000 completions"),
        ("early", "timers", "1 fired early, by up to 2000000 ns, and the worker may by 0 ns"),
        ("overflow", "timers", "lateness: 1 beyond 60 s"),
        ("unknown_figure", "timers", "a message in which lateness.p95 is not known"),
        ("missing_figure", "timers", "a message in which lateness.p90 is missing"),
        ("counted_error", "timers", "counted 1 errors, first: planted error"),
        ("counted_error", "c10k", "counted 1 errors, first: planted error"),
        ("late_error", "timers", "counted 1 errors, first: planted error"),
        ("late_error", "c10k", "counted 1 errors, first: planted error"),
        ("error", "timers", "planted error"),
        ("tasks_left", "timers", "1 tasks and 0 connections alive"),
        ("bad_exit", "timers", "exited with status 7"),
    ],
)
def test_a_fault_is_failed_and_named(fault: str, workload: str, said: str, results: Path) -> None:
    run = measure_fault(fault, workload, results)
    assert run["status"] == "failed"
    assert said in run["reasons"][0]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("never_wakes", "; tasks waiting: 1, none of them runnable (it took "),
        ("never_wakes_and_spins", "; tasks waiting: 1, and it runs on (it took "),
    ],
)
def test_a_task_that_is_never_woken_is_a_timeout_that_says_how_many_wait(
    fault: str, said: str, results: Path
) -> None:
    run = measure_fault(fault, "timers", results)
    assert run["status"] == "timeout"
    assert "has 1 of 1000 units of work missing after the last deadline" + said in run["reasons"][0]


@pytest.mark.parametrize(
    ("hello", "said"),
    [
        ({"warms_up": 0}, "sent a message without a usable 'warms_up'"),
        ({"settles": "yes"}, "sent a message without a usable 'settles'"),
        ({"growing_stacks": "yes"}, "sent a message without a usable 'growing_stacks'"),
        ({"growing_stacks": 1, "style": "direct"}, "without a usable 'growing_stacks'"),
        ({"growing_stacks": True}, "its stacks grow, and tasks of style callback have none"),
    ],
)
def test_a_trait_that_cannot_be_is_failed_and_named(
    hello: Record, said: str, results: Path
) -> None:
    words = ["run", "timers", *skein.plain_worker(hello=hello), "--size", "test"]
    done = skein.call(*words, *skein.IN_SESSION, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (4, "failed")
    assert said in run["reasons"][0]


@pytest.mark.parametrize("fault", [None, "finished_untold"])
def test_the_window_of_timers_ends_when_the_worker_says(fault: str | None, results: Path) -> None:
    words = ["run", "timers", *skein.plain_worker(fault), "--size", "test", *skein.IN_SESSION]
    skein.call(*words, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    assert run["away"]["conductor_ns"] is not None
    if fault is None:  # its two figures are of one reading of its clock
        assert run["window_ns"] == run["fire_ns"]
    else:
        assert run["window_ns"] > run["fire_ns"]


def test_tasks_that_are_spawned_too_late_are_not_the_conductors_lateness(results: Path) -> None:
    words = ["run", "timers", *skein.plain_worker("late_spawn"), "--size", "test"]
    done = skein.call(*words, *skein.IN_SESSION, "--memory", "off", "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (4, "invalid")
    assert [reason for reason in run["reasons"] if reason.startswith("spawning")] == [
        "spawning was given another try, with 4 times the lead",
        "spawning was given another try, with 16 times the lead",
        "spawning ended after the first deadline",
    ]
    assert not any("conductor" in reason for reason in run["reasons"]), run["reasons"]
    assert run["away"]["conductor_ns"] is None


def test_a_worker_may_be_as_early_as_it_says(results: Path) -> None:
    words = ["run", "timers", *skein.plain_worker("early_declared"), "--size", "test"]
    skein.call(*words, *skein.IN_SESSION, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    assert run["early_by_at_most_ns"] == 2_000_000
    assert run["lateness"]["early_count"] == 1


def measure_recursion(runtime: str, results: Path, *more: str) -> Record:
    """A run of a worker that overflows a stack, with a healthy run before and after in its file."""
    if not skein.RECURSING_WORKER.is_file():
        pytest.skip(f"{skein.RECURSING_WORKER} is not built")
    words = ["--runtime", runtime, *skein.IN_SESSION, "--size", "test", "-o", str(results)]
    planted = ["--worker-command", f"{skein.RECURSING_WORKER} --runtime {runtime}"]
    statuses = [skein.call("run", "timers", *words, *each, *more).status
                for each in ([], planted, [])]  # fmt: skip
    before, run, after = (each for each in skein.records(results) if each["kind"] == "run")
    assert before["status"] in ("ok", "invalid")
    assert after["status"] in ("ok", "invalid")
    assert statuses[1] == 4
    return run


@pytest.mark.parametrize(
    ("runtime", "remedy"),
    [
        ("fiber", "left its stack of 16KiB; --stack-bytes gives it more"),
        ("fiber_asm", "left its stack of 16KiB; --stack-bytes gives it more"),
        ("thread", "left its stack of 16KiB; --stack-bytes gives it more"),
        ("thread_default", "whose size is the system's; ulimit -s gives it more"),
    ],
)
def test_a_stack_overflow_is_named_and_the_next_cell_is_measured(
    runtime: str, remedy: str, results: Path
) -> None:
    if runtime not in skein.RUNTIMES:
        pytest.skip(f"{runtime} does not exist on this processor")
    run = measure_recursion(runtime, results)
    assert run["status"] == "failed"
    if is_sanitized():  # has a handler of its own, and words of its own
        return
    assert f"stack overflow: a task of {runtime}" in run["failure"]["message"]
    assert remedy in run["reasons"][0]
    assert run["failure"]["signal"] == "SIGSEGV"
    assert "stack overflow" in run["failure"]["stderr"][-1]


def is_sanitized() -> bool:
    cache = skein.BUILD / "CMakeCache.txt"
    return re.search(r"SKEIN_SANITIZE:STRING=\w", cache.read_text(encoding="utf-8")) is not None


def test_mapped_guards_are_said_and_end_in_the_limit_of_mappings(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKEIN_STACK_GUARD", "mapped")
    report = json.loads(skein.call("doctor", "--json").out)
    assert report["stack_guard"] == "mapped"
    most = report["most_guarded_stacks"]
    skein.call("run", "timers", "--runtime", "fiber", "--size", "test", "-o", str(results))
    assert skein.run_of(results)["conditions"]["stack_guard"] == "mapped"
    if most > 200_000 or is_sanitized():
        return  # a machine that was set up for more, or a build that is slow
    results.unlink()
    tasks = str(most + 5_000)
    done = skein.call("run", "timers", "--runtime", "fiber", "--tasks", tasks, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit"), run["reasons"]
    assert run["limit"]["name"] == "vm.max_map_count"
    assert run["limit"]["value"] < run["limit"]["needed"]


def test_a_limit_that_the_worker_meets_is_a_result(results: Path) -> None:
    words = skein.plain_worker("limit")
    done = skein.call("run", "timers", *words, "--size", "test", "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit")
    assert run["limit"]["name"] == "planted limit"


def test_a_limit_met_while_connections_are_opened_is_the_workers(results: Path) -> None:
    words = skein.plain_worker("limit_at_accept")
    done = skein.call("run", "c10k", *words, "--size", "test", "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit"), run["reasons"]
    assert run["limit"]["name"] == "planted limit"


def test_a_crash_while_connections_are_opened_is_the_workers(results: Path) -> None:
    run = measure_fault("crash_at_accept", "c10k", results)
    assert run["failure"]["process"] == "worker"
    assert run["failure"]["signal"] == "SIGSEGV"
    assert run["failure"]["stderr"][-1] == "planted: about to crash"


def test_a_command_that_cannot_be_executed_is_failed(results: Path) -> None:
    words = ["--runtime", "other", "--worker-command", "/nowhere/worker --flag"]
    done = skein.call("run", "timers", *words, "--size", "test", "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["failure"]["exit_status"]) == (4, 127)
    assert "No such file" in run["failure"]["stderr"][0]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        # Whichever of the two is lower on this machine.
        (
            ["c10k", "--runtime", "coroutine", "--connections", "50M"],
            ("RLIMIT_NOFILE", "net.ipv4.ip_local_port_range"),
        ),
        (["timers", "--runtime", "thread", "--tasks", "1M"], ("skein thread ceiling",)),
        (["timers", "--runtime", "thread_default", "--tasks", "1M"], ("skein thread ceiling",)),
        (["timers", "--runtime", "fiber", "--tasks", "100M"], ("memory",)),
        (["c10k", "--runtime", "fiber", "--size", "test", "--buffer", "runtime"], ("buffer",)),
        (["c10k", *skein.plain_worker(), "--size", "test", "--buffer", "own"], ("buffer",)),
    ],
)
def test_more_than_a_limit_allows_is_a_result(
    words: list[str], names: tuple[str, ...], results: Path
) -> None:
    done = skein.call("run", *words, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit")
    assert run["limit"]["name"] in names
    has_no_number = run["limit"]["value"] is None and names == ("buffer",)
    assert has_no_number or run["limit"]["value"] < run["limit"]["needed"]
    assert run["limit"]["name"] in run["reasons"][0]
