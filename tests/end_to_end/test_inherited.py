"""What whoever starts skein has ignored, blocked or closed, or left of a limit, does not change how
a run goes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skein_binary as skein

TIMERS = ("run", "timers", "--runtime", "coroutine", "--size", "test", "--memory", "off")
C10K = ("run", "c10k", "--runtime", "coroutine", "--size", "test", "--memory", "off")

# Each is run before skein takes its place.
BEGINNINGS = {
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "all signals ignored": "for one in ignorable: signal.signal(one, signal.SIG_IGN)",
    "all signals blocked": "signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())",
    "standard streams closed": "for one in (0, 1, 2): os.close(one)",
    "a umask of 077": "os.umask(0o077)",
    "a timer slack of 1 ms": "ctypes.CDLL(None).prctl(29, 1_000_000)",
    "a soft limit of 40 descriptors": "resource.setrlimit(resource.RLIMIT_NOFILE, (40, most))",
}


def run_after(beginning: str, workload: tuple[str, ...], results: Path) -> skein.Record:
    """A run of a skein that has taken the place of a process which began in this way."""
    program = [str(skein.SKEIN), *workload, *skein.IN_SESSION, "-o", str(results)]
    code = (
        "import ctypes, os, resource, signal\n"
        "ignorable = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}\n"
        "most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        f"{beginning}\n"
        f"os.execv({program[0]!r}, {program!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], timeout=skein.CALL_TIMEOUT_S, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert done.returncode == (0 if run["status"] == "ok" else 4)
    return run


@pytest.mark.parametrize("workload", [TIMERS, C10K], ids=["timers", "c10k"])
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_run_goes_as_ever_whatever_was_inherited(
    beginning: str, workload: tuple[str, ...], results: Path
) -> None:
    run_after(beginning, workload, results)


def test_a_worker_that_does_not_set_its_timer_slack_has_that_of_all_others(results: Path) -> None:
    foreign = ("run", "timers", *skein.plain_worker(), "--size", "test", "--memory", "off")
    run = run_after(BEGINNINGS["a timer slack of 1 ms"], foreign, results)
    assert run["conditions"]["timer_slack_ns"] == 50_000


def run_under(results: Path, *wrapper: str) -> skein.Record:
    """A run whose conductor is started by another program."""
    words = [*wrapper, str(skein.SKEIN), *TIMERS, *skein.IN_SESSION, "-o", str(results)]
    subprocess.run(words, timeout=skein.CALL_TIMEOUT_S, check=False, capture_output=True)
    return skein.run_of(results)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root, unshare")
def test_a_proc_of_another_pid_namespace_is_not_measured_from(results: Path) -> None:
    """The worker's pid names a stranger there."""
    run = run_under(results, "unshare", "-pf", "--kill-child")
    assert run["status"] == "failed"
    assert "is not that of this PID namespace" in run["reasons"][0]
    assert "mount" in run["reasons"][0]
    assert run["memory"] is None
    results.unlink()
    run = run_under(results, "unshare", "-pf", "--kill-child", "--mount-proc")
    assert run["status"] in ("ok", "invalid"), run["reasons"]


def test_a_wrapper_that_stays_is_not_measured_in_place_of_its_worker(results: Path) -> None:
    worker = f"{skein.SKEIN} worker --runtime coroutine"
    for script, status in ((f"{worker}; true", "failed"), (f"exec {worker}", "ok or invalid")):
        results.unlink(missing_ok=True)
        skein.call(*TIMERS, *skein.IN_SESSION, "-o", str(results),
                   "--worker-command", f"sh -c '{script}'")  # fmt: skip
        run = skein.run_of(results)
        assert run["status"] in status, run["reasons"]
        if status == "failed":
            assert "a wrapper must exec the worker" in run["reasons"][0]


LO_IN_NAMESPACE = {
    "127.0.0.1 alone": ("ip link set lo up; ip addr flush dev lo; ip addr add 127.0.0.1/32 dev lo",
                        "127.0.0.2 cannot be connected from"),
    "lo down": ("true", "127.0.0.1 cannot be connected from"),
}  # fmt: skip


@pytest.mark.skipif(
    os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")),
    reason="needs root, unshare, ip",
)
@pytest.mark.parametrize(("set_up", "said"), LO_IN_NAMESPACE.values(), ids=LO_IN_NAMESPACE)
def test_a_missing_loopback_address_is_a_limit_of_that_name(
    set_up: str, said: str, results: Path
) -> None:
    words = [str(skein.SKEIN), *C10K, *skein.IN_SESSION, "-o", str(results)]
    command = ["unshare", "-n", "sh", "-c", f'{set_up}; exec "$0" "$@"', *words]
    done = subprocess.run(command, timeout=skein.CALL_TIMEOUT_S, check=False, capture_output=True)
    run = skein.run_of(results)
    assert (done.returncode, run["status"]) == (0, "limit"), run["reasons"]
    assert run["limit"]["name"] == "loopback addresses"
    assert run["limit"]["value"] < run["limit"]["needed"] == 8
    assert said in run["reasons"][0]
