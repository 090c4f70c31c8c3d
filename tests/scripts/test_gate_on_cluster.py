"""A gate whose pairs are measured on the workers of a Dask cluster."""

import json
import stat
import subprocess
import sys

import pytest
from gate_support import SMALL_GATE

from cluster_support import Cluster, wait_for
from matrix_support import ROOT
from skein_scripts.records import results

pytest.importorskip(
    "distributed", reason="needs scripts/requirements-cluster.txt, which nothing installs by itself"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SLOW = 'FAKE_SKEIN_COST={"coroutine": 1.2}'


class GateOnCluster:
    """scripts/gate.py on hosts that are workers on this machine."""

    def __init__(self, folder):
        self.cluster = Cluster(folder)
        self.folder = folder
        self.output = folder / "gate"
        self.matrix = folder / "gate.toml"
        self.matrix.write_text(SMALL_GATE)

    def arm(self, name, environment="", when="true"):
        """A binary that has this in its environment where `when` holds."""
        path = self.folder / name
        export = f"export '{environment}'" if environment else "true"
        path.write_text(
            f'#!/bin/sh\nif {when}; then {export}; fi\nexec "{self.cluster.run.skein}" "$@"\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def start(self, base, candidate, *words, hosts=2):
        command = [
            sys.executable, str(ROOT / "scripts" / "gate.py"), "--base-binary", str(base),
            "--candidate-binary", str(candidate), "--matrix", str(self.matrix), "--output",
            str(self.output), "--pairs", "8,10", "--cluster", self.cluster.address, "--hosts",
            str(hosts), "--host-class", "here", "--filter", "group=fixed", *words,
        ]  # fmt: skip
        return subprocess.Popen(
            command, env=self.cluster.run.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, *arguments, **more):
        running = self.start(*arguments, **more)
        out, err = running.communicate(timeout=240)
        return subprocess.CompletedProcess([], running.returncode, out, err)

    def pairs_of_hosts(self):
        """The numbers of the pairs, by host and arm."""
        records = results.load(self.output / results.RESULTS_NAME)
        host_of = {one["session_id"]: one["host"]["name"] for one in results.sessions(records)}
        found = {}
        for run in results.runs(records):
            of_host = found.setdefault(host_of[run["session_id"]], {"base": [], "candidate": []})
            of_host[run["arm"]].append(run["pair"])
        return found


@pytest.fixture
def gate(tmp_path):
    made = GateOnCluster(tmp_path)
    yield made
    made.cluster.stop()


def test_a_regression_on_every_host_is_confirmed_on_fresh_pairs(gate):
    for name in ("left", "right"):
        gate.cluster.start_worker(name)
    found = gate.folder / "found.jsonl"
    done = gate(gate.arm("base"), gate.arm("slow", SLOW), "--json", str(found))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "REGRESSION CONFIRMED" in done.stdout
    lines = [json.loads(line) for line in found.read_text().splitlines()[1:]]
    confirmed = [
        one for one in lines if one["stage"] == "confirm" and one["metric"] == "cpu_per_op"
    ]
    assert [one["host"] for one in confirmed[0]["hosts"]] == ["left", "right"]
    pairs = gate.pairs_of_hosts()
    assert set(pairs) == {"left", "right"}
    assert all(sorted(one["base"]) == sorted(one["candidate"]) for one in pairs.values())
    assert not set(pairs["left"]["base"]) & set(pairs["right"]["base"])


def test_builds_that_behave_alike_pass(gate):
    for name in ("left", "right"):
        gate.cluster.start_worker(name)
    done = gate(gate.arm("base"), gate.arm("candidate"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no regression confirmed" in done.stdout


def test_what_one_host_alone_shows_is_no_regression_of_all(gate):
    gate.cluster.start_worker("left", SLOW_HERE="1")
    for name in ("middle", "right"):
        gate.cluster.start_worker(name)
    candidate = gate.arm("candidate", SLOW, when='[ "$SLOW_HERE" = 1 ]')
    found = gate.folder / "found.jsonl"
    words = ("--pairs", "24,30", "--strict", "--json", str(found))
    done = gate(gate.arm("base"), candidate, *words, hosts=3)
    assert done.returncode == 3, done.stdout + done.stderr
    lines = [json.loads(line) for line in found.read_text().splitlines()[1:]]
    cpu = next(one for one in lines if one["metric"] == "cpu_per_op")
    assert cpu["verdict"] == "inconclusive"
    assert cpu["reasons"][0].startswith("hosts disagree: left +")


def test_a_host_that_is_lost_is_named_and_the_others_decide(gate):
    for name in ("left", "middle", "right"):
        gate.cluster.start_worker(name, FAKE_SKEIN_SLEEP="0.3")
    gate.cluster.await_workers("left", "middle", "right")
    running = gate.start(gate.arm("base"), gate.arm("candidate"), "--lost-after", "1", hosts=3)
    shares = gate.output / "shares"
    wait_for(lambda: list(shares.glob("left-*.jsonl")), "a record of it has arrived")
    gate.cluster.kill_host("left")
    out, err = running.communicate(timeout=240)
    assert running.returncode == 0, out + err
    assert "host 'left' is left out from here on: its worker is gone" in out
    assert {"middle", "right"} <= set(gate.pairs_of_hosts())


def test_with_one_host_left_it_ends_in_4_and_what_was_measured_is_kept(gate):
    for name in ("left", "right"):
        gate.cluster.start_worker(name, FAKE_SKEIN_SLEEP="0.3")
    gate.cluster.await_workers("left", "right")
    running = gate.start(gate.arm("base"), gate.arm("candidate"), "--lost-after", "1")
    wait_for(lambda: list((gate.output / "shares").glob("left-*.jsonl")), "it measures")
    gate.cluster.kill_host("left")
    out, err = running.communicate(timeout=240)
    assert running.returncode == 4, out + err
    assert "of 2 hosts 1 are left" in err
    assert "INCOMPLETE" in out
    assert "right" in gate.pairs_of_hosts()
