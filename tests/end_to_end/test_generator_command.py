"""A load generator that a command starts: measured as any other, and whatever goes wrong with the
command, its program or the way between them ends in a status with a name."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record

FAKE_SSH = Path(__file__).parent / "workers" / "fake_ssh.py"
RUN = ("run", "c10k", "--runtime", "epoll_floor", "--size", "test", *skein.IN_SESSION)


def by(command: list[str]) -> list[str]:
    return ["--generator-command", shlex.join(command)]


def over_ssh(fault: str) -> list[str]:
    """The generator through a client that has this fault."""
    return by([sys.executable, str(FAKE_SSH), fault, str(skein.SKEIN), "generator"])


def through_a_shell() -> list[str]:
    return by(["sh", "-c", f"exec {shlex.quote(str(skein.SKEIN))} generator"])


def broken_run(results: Path, words: list[str], *more: str) -> Record:
    """A run that could not be measured, and says whose fault it was."""
    done = skein.call(*RUN, *words, "-o", str(results), *more)
    run = skein.run_of(results)
    assert done.status == 4
    assert run["failure"]["process"] == "generator"
    assert run["latency"] is None
    return run


@pytest.mark.parametrize("mode", skein.MODES)
def test_a_generator_that_a_command_starts_makes_the_same_load(mode: str, results: Path) -> None:
    words = ("--mode", mode, "--connections", "100", *through_a_shell())
    done = skein.call(*RUN, *words, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert done.status == (0 if run["status"] == "ok" else 4)
    if mode != "idle":
        assert run["warmup_ns"] >= 100e6
        assert run["window_ns"] >= 500e6
        assert run["latency"]["count"] > 0
        assert run["work"]["checksum"] == run["work"]["expected_checksum"]


def test_each_loop_has_a_generator_of_the_command(results: Path) -> None:
    words = ("--mode", "idle", "--loops", "2", "--hold", "0s", "--exchange", "4")
    skein.call(*RUN, *words, *over_ssh("none"), "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert run["exchange"]["latency"]["count"] == 64


@pytest.mark.parametrize(
    ("cpus", "together", "first"),
    [("0", 1, ["connect", "connected"]), ("0-1", 2, ["connect", "connect"])],
    ids=["one-cpu", "two-cpus"],
)
def test_as_many_generators_connect_at_once_as_have_a_cpu(
    cpus: str, together: int, first: list[str], results: Path
) -> None:
    witness = results.with_suffix(".witness")
    command = ["env", f"WITNESS={witness}", f"TOGETHER={together}", sys.executable, str(FAKE_SSH)]
    words = ("--mode", "idle", "--loops", "3", "--hold", "0s", "--generator-cpus", cpus)
    skein.call(*RUN, *words, *by([*command, "witness", str(skein.SKEIN), "generator"]),
               "-o", str(results))  # fmt: skip
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    noted = witness.read_text(encoding="utf-8").split()
    assert noted[:2] == first
    most = max(
        noted[:i].count("connect") - noted[:i].count("connected") for i in range(len(noted))
    )
    assert most == together
    assert noted.count("connected") == 9  # three generators, in three steps


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("banner", "failed", "answered something that is no message: Welcome to host b"),
        ("refused", "failed", "exited with status 255"),
        ("stall", "timeout", "did not answer with 'hello' in time"),
    ],
)
def test_a_client_that_does_not_get_through_is_named_with_its_command(
    fault: str, status: str, said: str, results: Path
) -> None:
    run = broken_run(results, over_ssh(fault), "--timeout", "2s")
    assert run["status"] == status
    assert said in run["reasons"][0]
    assert "it had not said hello yet" in run["reasons"][0]
    assert f"fake_ssh.py {fault}" in run["reasons"][0]
    if fault == "refused":
        assert run["failure"]["exit_status"] == 255
        assert "Connection refused" in run["failure"]["stderr"][-1]


def test_a_command_that_is_not_there_is_failed(results: Path) -> None:
    run = broken_run(results, by(["/nowhere/ssh", "b"]))
    assert (run["status"], run["failure"]["exit_status"]) == ("failed", 127)
    assert "No such file" in run["failure"]["stderr"][-1]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("old_build", "is skein 0.0.1 of "),
        ("other_commit", "of commit 4711"),
        ("other_file", "is another program of the same commit"),
    ],
)
def test_another_build_at_the_other_end_is_refused_before_anything_is_measured(
    fault: str, said: str, results: Path
) -> None:
    done = skein.call(*RUN, *over_ssh(fault), "-o", str(results))
    assert done.status == 2
    assert done.err.splitlines()[-1].startswith("skein: --generator-command: the load generator ")
    assert said in done.err
    assert "copy this program to where the command finds it" in done.err
    assert results.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("command", ["skein generator | cat", "$(skein)", "'"])
def test_what_is_no_plain_command_is_refused(command: str) -> None:
    done = skein.call(*RUN, "--generator-command", command)
    assert done.status == 2
    assert done.err.startswith("skein: --generator-command: ")
    assert "is no plain command" in done.err


def test_a_workload_without_a_load_has_no_generator() -> None:
    done = skein.call("run", "timers", "--runtime", "coroutine", *through_a_shell())
    assert done.status == 2
    assert "--generator-command" in done.err


def test_a_generator_that_is_killed_in_its_window_fails_the_run(results: Path) -> None:
    words = [*over_ssh("none"), "--mode", "open", "--duration", "60s"]
    with skein.start(*RUN, *words, "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        os.kill(skein.child_named(process.pid, "generator"), signal.SIGKILL)
        status = process.wait(timeout=30)
    run = skein.run_of(results)
    assert (status, run["status"]) == (4, "failed")
    assert run["failure"]["process"] == "generator"
    assert run["failure"]["signal"] == "SIGKILL"


def test_a_way_that_is_lost_in_the_window_is_a_timeout_within_its_bound(results: Path) -> None:
    words = [*over_ssh("deaf"), "--mode", "open", "--duration", "60s"]
    run = broken_run(results, words)
    assert run["status"] == "timeout"
    assert "the generator has given no sign of life for 15." in run["reasons"][0]
    assert "the network to it is gone" in run["reasons"][0]


def test_a_generator_ends_when_its_conductor_is_gone(results: Path) -> None:
    """The client dies with the conductor. What it had started elsewhere ends by itself."""
    words = [*over_ssh("other_end"), "--mode", "open", "--duration", "60s"]
    with skein.start(*RUN, *words, "-o", str(results)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        (client,) = (pid for pid in skein.children_of(process.pid) if skein.children_of(pid))
        (generator,) = skein.children_of(client)
        process.kill()
        process.wait(timeout=30)
    skein.wait_for(lambda: not skein.exists(generator))
