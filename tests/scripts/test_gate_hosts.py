"""The options of a gate on several hosts, and the share that each of them measures."""

import json

import pytest
from gate_support import GateRun

from skein_scripts.records import results

CLUSTER = ("--cluster", "tcp://127.0.0.1:1", "--hosts", "2", "--host-class", "c6i")


@pytest.fixture
def gate(matrix_run, monkeypatch, capsys):
    return GateRun(matrix_run, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--hosts", "2"), "--hosts belongs to --cluster"),
        (("--within", "5s"), "--within belongs to --cluster or --share"),
        (("--stream",), "--stream belongs to --cluster or --share"),
        ((*CLUSTER, "--share", "0-1"), "name one of them"),
        (CLUSTER[:2], "--cluster needs --hosts as well"),
        (CLUSTER[:4], "--cluster needs --host-class as well"),
        ((*CLUSTER, "--stream"), "--stream is for a share"),
        ((*CLUSTER, "--hosts", "1"), "at least 2"),
        ((*CLUSTER, "--cluster", "tcp://10.0.0.1:1"), "only tls:// is spoken"),
        ((*CLUSTER, "--base-binary", "build/skein"), "write the whole path"),
        ((*CLUSTER, "--inject-cpu", "100ns"), "for one host"),
        (("--share", "4"), "write it like 0-9"),
        (("--share", "7-4"), "write it like 0-9"),
        (("--share", "0-3", "--hosts", "2"), "--hosts belongs to --cluster"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_the_remedy(gate, words, why):
    done = gate(gate.arm("base"), gate.arm("candidate"), *words)
    assert done.returncode == 2, done.stdout
    assert why in done.stderr
    assert not (gate.output / "shares").exists()


def test_hosts_build_nothing(gate, monkeypatch):
    monkeypatch.setattr(
        type(gate), "command",
        lambda self, *_arms: ["gate.py", "x", "--base", "HEAD", "--candidate", "HEAD", *CLUSTER],
    )  # fmt: skip
    done = gate("", "")
    assert done.returncode == 2
    assert "build both revisions on each host" in done.stderr


def test_a_share_has_the_pairs_that_were_asked_for_and_no_verdict(gate):
    words = ("--share", "4-6", "--filter", "group=fixed", "--host-name", "left", "--stream")
    done = gate(gate.arm("base"), gate.arm("slow", COST={"coroutine": 2.0}), *words)
    assert done.returncode == 0, done.stderr
    assert "pair 5: fixed" in done.stderr
    assert "screened" not in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["host"]["name"] for line in lines if line["kind"] == "session"} == {"left"}
    assert [(run["pair"], run["arm"]) for run in gate.runs()] == [
        (4, "base"), (4, "candidate"), (5, "candidate"), (5, "base"), (6, "base"), (6, "candidate"),
    ]  # fmt: skip
    assert len(lines) == len(results.load(gate.output / results.RESULTS_NAME))
