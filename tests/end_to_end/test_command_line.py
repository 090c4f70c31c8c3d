"""Bad input, locks, outputs, interrupts: what the command line does before and around measuring."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

import pytest
import skein_binary as skein

from skein_scripts.records.runtimes import foreign
from skein_scripts.records.workloads import workloads

QUICK = ("run", "timers", "--runtime", "coroutine", "--size", "test")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lst"], "nearest: list"),
        (["run", "c12k", "--runtime", "fiber"], "nearest: c10k"),
        (["run", "c10k", "--runtime", "corutine"], "nearest: coroutine"),
        (["run", "c10k", "--runtime", "zzzzzzzz"], "valid: coroutine, coroutine_uring"),
        (["run", "c10k", "--runtime", "python_selectors"], 'command "python3 runtimes/python_'),
        (["run", "c10k", "--runtime", "tokio"], "runtimes/rust/target/release/row_tokio"),
        (["run", "c10k", "--runtime", "fiber", "--conections", "4"], "nearest: --connections"),
        (["run", "c10k", "--runtime", "fiber", "--mode", "opne"], "nearest: open"),
        (["run", "timers", "--runtime", "fiber", "--pattern", "spred"], "nearest: spread"),
        (["run", "timers", "--runtime", "fiber", "--size", "bse"], "nearest: base"),
        (["run", "c10k", "--runtime", "fiber", "--duration", "5"], "no unit"),
        (["run", "c10k", "--runtime", "fiber", "--connections", "-4"], "--connections"),
        (["run", "c10k", "--runtime", "fiber", "--connections", "0"], "from 1 to"),
        (["run", "c10k", "--runtime", "fiber", "--connections", "9" * 30], "from 1 to 100000000"),
        (["run", "c10k", "--runtime", "fiber", "--duration", "9" * 30 + "h"], "from 1ms to 86400s"),
        (["run", "c10k", "--runtime", "fiber", "--active", "20k"], "from 1 to 10000"),
        (["run", "c10k", "--runtime", "fiber", "--rate", "5"], "--mode open"),
        (["run", "c10k", "--runtime", "fiber", "--rate", "auto:60%"], "--mode open"),
        (
            ["run", "c10k", "--runtime", "fiber", "--mode", "churn", "--pipeline", "2"],
            "--mode open, idle_heavy and fixed",
        ),
        (["run", "c10k", "--runtime", "fiber", "--mode", "open", "--rate", "auto"], "auto:60%"),
        (["run", "c10k", "--runtime", "fiber", "--mode", "open", "--rate", "auto:0%"], "auto:60%"),
        (
            ["run", "c10k", "--runtime", "fiber", "--mode", "open", "--rate", "5000M"],
            "out of bounds",
        ),
        (
            ["run", "c10k", "--runtime", "fiber", "--mode", "open", "--rate-baseline", "libuv"],
            "--rate auto",
        ),
        (
            [
                "run",
                "c10k",
                "--runtime",
                "fiber",
                "--mode",
                "open",
                "--rate",
                "auto:60%",
                "--rate-baseline",
                "epol_floor",
            ],
            "nearest: epoll_floor",
        ),
        (
            ["run", "c10k", "--runtime", "fiber", "--mode", "idle_heavy", "--active", "2001"],
            "from 100 to 2000",
        ),
        (
            ["run", "c10k", "--runtime", "fiber", "--mode", "idle_heavy", "--connections", "4"],
            "too few",
        ),
        (["run", "c10k", "--runtime", "fiber", "--stack-bytes", "4KiB"], "from 8KiB to 64MiB"),
        (["run", "c10k", "--runtime", "fiber", "--stack-bytes", "9000"], "multiple of the page"),
        (["run", "c10k", "--runtime", "thread", "--stack", "2GiB"], "from 8KiB to 64MiB"),
        (
            ["run", "timers", "--runtime", "fiber", "--stack", "64MiB", "--tasks", "10M"],
            "beyond the address space or the memory of this machine; from 8KiB to ",
        ),
        (["run", "c10k", "--runtime", "fiber", "--worker-cpus", "1000"], "may use"),
        (["run", "c10k", "--runtime", "fiber", "--worker-cpus", "2-x"], "is not a CPU"),
        (["run", "timers", "--runtime", "fiber", "--grid", "6s"], "from 1ns to 5s"),
        (
            ["run", "timers", "--runtime", "fiber", "--pattern", "churn", "--window", "17ms"],
            "needs 18 times the grid",
        ),
        (["run", "timers", "--runtime", "fiber", "--pattern", "churn", "--tasks", "1"], "at least"),
        (
            ["run", "timers", "--runtime", "libuv", "--timers", "heap"],
            "libuv has no such choice; it applies to coroutine",
        ),
        (["run", "timers", "--runtime", "coroutine", "--timers", "hep"], "nearest: heap"),
        (
            ["run", "c10k", "--runtime", "fiber", "--strategy", "lifo"],
            "fiber has no such choice; it applies to coroutine, future",
        ),
        (
            ["run", "fanout", "--runtime", "fiber", "--workers", "2"],
            "fiber has no such choice; it applies to coroutine_stealing, future_stealing",
        ),
        (
            ["run", "fanout", "--runtime", "fiber", "--workers", "auto"],
            "fiber has no such choice; it applies to coroutine_stealing, future_stealing",
        ),
        (["run", "fanout", "--runtime", "coroutine_stealing", "--workers", "64"], "from 1 to 63"),
        (["run", "fanout", "--runtime", "coroutine_stealing", "--workers", "all"], "not a count"),
        (["run", "c10k"], "--runtime is required"),
        (["run"], "needs a workload"),
        ([], "see skein --help"),
        (["worker"], "--runtime is required"),
        (["worker", "--runtime", "libvu"], "nearest: libuv"),
        (["explain"], "valid: c10k, c10k/open"),
        (["explain", "timers/chrun"], "nearest: churn"),
        (["explain", "tokoi"], "nearest: tokio"),
        (["explain", "c10k/fiber/10000/fixd"], "'fixd' is no part of the id of a cell of c10k"),
        (["explain", "c10k", "timers"], "explain takes no argument 'timers'"),
        (["completion"], "valid: bash, zsh, fish"),
        (["completion", "bsah"], "nearest: bash"),
    ],
)
def test_bad_input_is_refused_with_what_would_be_right(words: list[str], said: str) -> None:
    done = skein.call(*words)
    assert done.status == 2
    assert said in done.err
    assert done.err.startswith("skein: ")


def commands_below(*path: str) -> list[tuple[str, ...]]:
    """A command and every one below it, as their helps list them."""
    listed = skein.call(*path, "--help").out.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines() if line[2:3].strip()]
    return [path, *(below for name in names for below in commands_below(*path, name))]


COMMANDS = commands_below() if skein.SKEIN.is_file() else []


def test_all_commands_are_found_in_the_helps() -> None:
    assert {("list",), ("explain",), ("completion",), ("generator",)} <= set(COMMANDS)
    assert {("run", name) for name in workloads()} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_ends_with_an_example(words: tuple[str, ...]) -> None:
    done = skein.call(*words, "--help")
    assert done.status == 0
    assert "skein " in done.out.rstrip().rpartition("Example")[2]


def test_list_names_style_loop_timer_source_and_library() -> None:
    listed = json.loads(skein.call("list", "--json").out)
    assert [runtime["id"] for runtime in listed["runtimes"]] == list(skein.RUNTIMES)
    for runtime in listed["runtimes"]:
        for fact in ("style", "loop", "timer_source", "library", "library_version", "description"):
            assert runtime[fact]
    assert {workload["id"] for workload in listed["workloads"]} == set(workloads())
    for workload in listed["workloads"]:
        declared = workloads()[workload["id"]]
        assert [field["name"] for field in workload["fields"]] == [
            field.name for field in declared.fields
        ]
    assert [each["id"] for each in listed["foreign"]] == list(foreign())


def test_doctor_says_what_is_needed_and_what_would_help() -> None:
    done = skein.call("doctor", "--json")
    report = json.loads(done.out)
    assert done.status == 0
    assert report["ok"] == all(check["ok"] for check in report["checks"])
    assert {"RLIMIT_NOFILE", "vm.max_map_count"} <= {check["name"] for check in report["checks"]}
    assert all(check["remedy"] for check in report["checks"] if not check["ok"])
    assert report["stack_guard"] in ("lightweight", "mapped")
    assert (report["most_guarded_stacks"] is None) == (report["stack_guard"] == "lightweight")
    assert "guarded" in skein.call("doctor").out


def test_session_prints_one_line_with_what_it_was_given() -> None:
    done = skein.call("session", "--argv", '["scripts/bench", "--preset", "quick"]', "--seed", "7")
    session = json.loads(done.out)
    assert session["argv"] == ["scripts/bench", "--preset", "quick"]
    assert session["seed"] == 7
    assert session["machine_floor"]["stall_p99_ns"] > 0


@pytest.mark.parametrize(
    "worker", [["--runtime", "fiber"], skein.plain_worker()], ids=["ours", "plain"]
)
@pytest.mark.parametrize("workload", ["timers", "c10k"])
def test_a_seed_of_64_bits_survives_to_the_record(
    workload: str, worker: list[str], results: Path
) -> None:
    """Neither is a number that a double has."""
    for seed in (2**53 + 1, 2**64 - 1):
        results.unlink(missing_ok=True)
        words = ("--size", "test", "--memory", "off", "--seed", str(seed), *skein.IN_SESSION)
        skein.call("run", workload, *worker, *words, "-o", str(results))
        run = skein.run_of(results)
        assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
        assert run["cell"]["seed"] == run["echoed"]["seed"] == seed
    session = json.loads(skein.call("session", "--seed", str(2**64 - 1)).out)
    assert session["seed"] == 2**64 - 1


@pytest.mark.parametrize("words", [("run", "timers", "--runtime", "fiber"), ("session",)])
def test_a_seed_of_more_bits_is_refused_with_the_bound(words: tuple[str, ...]) -> None:
    done = skein.call(*words, "--seed", str(2**64))
    assert done.status == 2
    assert "from 0 to 18446744073709551615" in done.err


def test_a_second_run_says_who_holds_the_lock(results: Path) -> None:
    with skein.start(
        "run", "c10k", "--runtime", "coroutine", "--size", "test", "--mode", "idle", "--hold", "20s"
    ) as first:
        assert first.stderr is not None
        next(line for line in first.stderr if "holding" in line)
        second = skein.call(*QUICK, "-o", str(results))
        skein.interrupt(first)
        first.wait(timeout=skein.CALL_TIMEOUT_S)
    assert second.status == 4
    assert f"pid {first.pid}" in second.err
    assert not results.exists()


def test_a_lock_held_by_the_caller_is_used(own_lock: Path) -> None:
    with own_lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = skein.call(*QUICK)
        allowed = skein.call(
            *QUICK, "--lock-fd", str(held.fileno()), "--json", pass_fds=(held.fileno(),)
        )
    assert refused.status == 4
    assert json.loads(allowed.out)["status"] in ("ok", "invalid")


@pytest.mark.parametrize("path", ["/nowhere/at/all.jsonl", "/proc/version", "/dev/full"])
def test_an_unwritable_output_is_known_before_measuring(path: str) -> None:
    begin = time.monotonic()
    done = skein.call(*QUICK, "-o", path)
    assert done.status == 4
    assert f"cannot write results to {path}" in done.err
    assert done.out == ""
    assert time.monotonic() - begin < 20


def test_a_line_cut_short_by_an_earlier_crash_is_taken_out(results: Path) -> None:
    results.write_text('{"kind": "run", "cut sho', encoding="utf-8")
    skein.call(*QUICK, "-o", str(results), "--session", "s")
    lines = results.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["session_id"] for line in lines] == ["s"]


def test_ctrl_c_ends_with_130_and_leaves_neither_line_nor_process(results: Path) -> None:
    words = ("run", "c10k", "--runtime", "thread", "--size", "test", "--mode", "idle")
    with skein.start(*words, "--hold", "60s", "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "holding" in line)
        children = skein.children_of(process.pid)
        skein.interrupt(process)
        status = process.wait(timeout=30)
    assert status == 130
    assert len(children) == 2
    assert not any(skein.exists(pid) for pid in children)
    assert [record["kind"] for record in skein.records(results)] == ["session"]


def test_a_hung_worker_does_not_survive_ctrl_c() -> None:
    words = ("run", "timers", *skein.plain_worker("hang"), "--size", "test")
    with skein.start(*words) as process:
        skein.wait_for(lambda: bool(skein.children_of(process.pid)))
        children = skein.children_of(process.pid)
        time.sleep(0.5)
        skein.interrupt(process)
        status = process.wait(timeout=30)
    assert status == 130
    assert not any(skein.exists(pid) for pid in children)


def test_children_die_with_a_conductor_that_is_killed() -> None:
    words = ("run", "c10k", "--runtime", "coroutine", "--size", "test", "--mode", "idle")
    with skein.start(*words, "--hold", "60s") as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "holding" in line)
        children = skein.children_of(process.pid)
        process.kill()
        process.wait(timeout=30)
    skein.wait_for(lambda: not any(skein.exists(pid) for pid in children))


def test_one_cpu_is_said_and_marked(results: Path) -> None:
    only = min(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(only), str(skein.SKEIN), *QUICK, "-o", str(results)]
    if only != 0:
        pytest.skip("CPU 0 is not ours")
    done = os.spawnvp(os.P_WAIT, command[0], command)
    run = skein.run_of(results)
    assert done in (0, 4)
    assert any(reason.startswith("not pinned: generator") for reason in run["reasons"])


def test_the_worker_says_hello_and_ends_with_its_channel() -> None:
    done = skein.call("worker", "--runtime", "fiber")
    assert done.status == 0
    hello = json.loads(done.out)
    assert hello["type"] == "hello"
    assert hello["early_by_at_most_ns"] == 0


def wait_for(holds: object, bound_s: float = 20.0) -> None:
    """Until it holds, for a bounded time."""
    assert callable(holds)
    end = time.monotonic() + bound_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
