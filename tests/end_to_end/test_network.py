"""A load from another host, which is a network namespace of this machine: what is recorded of the
network, what delay and loss do to a run, and what happens when a part of it is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import skein_binary as skein
import two_hosts
from skein_binary import Record
from two_hosts import TwoHosts

pytestmark = pytest.mark.alone

RUN = ("run", "c10k", "--runtime", "epoll_floor", "--size", "test", *skein.IN_SESSION)


def open_load(rate: int = 200, duration: str = "2s") -> tuple[str, ...]:
    """Requests at a rate on few connections, without the readings of memory."""
    return ("--mode", "open", "--rate", str(rate), "--connections", "16", "--active", "16",
            "--warmup", "300ms", "--duration", duration, "--memory", "off")  # fmt: skip


@pytest.fixture
def wired() -> Iterator[TwoHosts]:
    with two_hosts.ethernet() as hosts:
        yield hosts


@pytest.fixture
def relayed() -> Iterator[TwoHosts]:
    with two_hosts.relayed() as hosts:
        yield hosts


def measured(hosts: TwoHosts, results: Path, *words: str) -> Record:
    """A run over the wire. On a busy machine it may be invalid; its figures are there all the
    same, and its record is one that can be read."""
    done = hosts.call(*RUN, *hosts.words(), *words, "-o", str(results))
    run = skein.run_of(results)
    schema = json.loads(skein.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(run)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"], done.err)
    return run


@pytest.mark.parametrize("runtime", skein.WITH_CONNECTIONS)
def test_every_runtime_serves_a_load_from_another_host(
    runtime: str, wired: TwoHosts, results: Path
) -> None:
    words = ("run", "c10k", "--runtime", runtime, "--size", "test", *skein.IN_SESSION)
    wired.call(*words, "--mode", "fixed", *wired.words(), "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert run["work"]["units"] > 0
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]


def test_a_generator_on_the_workers_own_host_is_refused(wired: TwoHosts) -> None:
    words = ("--listen", two_hosts.SERVER, "--network", "lab")
    said = refused(wired, *words, "--generator-command", f"{skein.SKEIN} generator")
    assert f"the load generator is on the host of {two_hosts.SERVER}" in said


@pytest.mark.parametrize("mode", skein.MODES)
def test_every_mode_is_measured_over_a_network(mode: str, wired: TwoHosts, results: Path) -> None:
    run = measured(wired, results, "--mode", mode, "--connections", "100")
    assert run["network"]["name"] == "lab"
    assert run["network"]["generators"][0]["round_trip_ns"]["count"] == 100
    if mode != "idle":
        assert run["latency"]["count"] > 0
        assert run["network"]["generators"][0]["retransmitted"] is not None


def test_a_record_says_what_the_network_and_both_its_ends_are(
    wired: TwoHosts, results: Path
) -> None:
    two_hosts.ip("-n", wired.server, "link", "set", "wire", "mtu", "1400")
    network = measured(wired, results, *open_load())["network"]
    (far,) = network["generators"]
    for end in (network["worker"], far):
        assert end["interface"] == "wire"
        assert end["congestion_control"]
        assert isinstance(end["offloads"], list)
        assert end["dropped"] is not None
    assert (network["worker"]["mtu"], far["mtu"]) == (1400, 1500)
    trips = far["round_trip_ns"]
    assert 0 < trips["min"] <= trips["p50"] <= trips["max"]
    assert far["environment"]["kernel"].startswith("Linux ")
    assert re.fullmatch("[0-9a-f]{16}", far["environment_hash"])
    assert far["cpus"]
    assert far["host"]["foreign_cpu_ns"].keys()


def test_connections_come_from_all_addresses_and_leave_none_open(
    wired: TwoHosts, results: Path
) -> None:
    measured(wired, results, *open_load())
    listing = ["ip", "netns", "exec", wired.client, "cat", "/proc/net/tcp"]
    rows = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.splitlines()
    addresses = {row.split()[1].partition(":")[0] for row in rows[1:]}
    assert len(addresses) == two_hosts.CLIENTS  # in TIME_WAIT: closed in good order
    assert {row.split()[3] for row in rows[1:]} == {"06"}


def test_several_generators_share_a_load(wired: TwoHosts, results: Path) -> None:
    """On one host here, and so on one CPU: that both are late is not what this is about."""
    words = [*wired.words(generators=2), *open_load(), "--arrival", "uniform"]
    wired.call(*RUN, *words, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert len(run["network"]["generators"]) == 2
    assert run["load"]["offered_per_s"] == pytest.approx(200, rel=0.05)
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert run["latency"]["count"] == run["load"]["completed"] > 0


DELAY_MS = 20.0
TRIES = 3


def test_a_delay_of_the_network_is_in_the_latency_and_nothing_else(
    relayed: TwoHosts, results: Path
) -> None:
    for attempt in range(TRIES):
        p50_ms, disturbed = [], False
        for delay_ms in (0.0, DELAY_MS):
            file = results.with_name(f"{attempt}-{delay_ms}.jsonl")
            with two_hosts.relay(relayed, delay_ms / 2):
                run = measured(relayed, file, *open_load())
            p50_ms.append(run["latency"]["p50"] / 1e6)
            # The relay is no process of the run: whoever keeps it from its CPU is named by this.
            disturbed = disturbed or any(one.startswith("host: ") for one in run["reasons"])
            assert run["network"]["generators"][0]["round_trip_ns"]["min"] >= delay_ms * 1e6
            assert sum(run["load"]["errors"].values()) == 0
        if p50_ms[1] - p50_ms[0] == pytest.approx(DELAY_MS, rel=0.05):
            return
        assert disturbed, p50_ms
    pytest.skip("the machine kept the relay from its CPU")


def test_loss_shows_as_segments_sent_again_and_everything_still_closes(
    relayed: TwoHosts, results: Path
) -> None:
    with two_hosts.relay(relayed, delay_ms=1, loss=0.01):
        run = measured(relayed, results, *open_load(rate=500))
    network = run["network"]
    ends = (network["worker"], *network["generators"])
    assert sum(end["retransmitted"] for end in ends) > 0
    assert run["work"]["checksum"] == run["work"]["expected_checksum"]
    assert sum(run["load"]["errors"].values()) == 0, run["reasons"]


def test_churn_over_a_network_that_loses_is_a_limit(relayed: TwoHosts, results: Path) -> None:
    words = ("--mode", "churn", "--connections", "16", "--active", "4", "--requests", "200")
    with two_hosts.relay(relayed, loss=0.02):
        done = relayed.call(*RUN, *relayed.words(), *words, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit"), run["reasons"]
    assert run["limit"]["name"] == "network loss"
    assert "sent again" in run["reasons"][0]


def test_a_narrow_wire_is_the_bottleneck(wired: TwoHosts, results: Path) -> None:
    shaped = ["tc", "-n", wired.server, "qdisc", "add", "dev", "wire", "root", "tbf",
              "rate", "20mbit", "burst", "32kb", "latency", "100ms"]  # fmt: skip
    if subprocess.run(shaped, capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel has no token bucket")
    words = ("--mode", "fixed", "--connections", "8", "--active", "8", "--duration", "2s")
    sizes = ("--payload-bytes", "16KiB", "--buffer-bytes", "16KiB")
    run = measured(wired, results, *words, *sizes)
    bits_per_s = run["load"]["achieved_per_s"] * 16 * 1024 * 8
    assert 10e6 < bits_per_s < 21e6


def meddled(hosts: TwoHosts, results: Path, meddle: str) -> Record:
    """A run in whose window something is lost; it ends within its bound."""
    words = (*RUN, *open_load(duration="3s"), *hosts.words(), "-o", str(results))
    begin = time.monotonic()
    with hosts.start(*words) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "loading" in line)
        time.sleep(1.0)
        if meddle == "link":
            two_hosts.ip("-n", hosts.client, "link", "set", "wire", "down")
        else:
            os.kill(skein.child_named(process.pid, "generator"), signal.SIGKILL)
        assert process.wait(timeout=skein.CALL_TIMEOUT_S) == 4
    assert time.monotonic() - begin < 40
    return skein.run_of(results)


def test_a_generator_that_is_killed_is_named(wired: TwoHosts, results: Path) -> None:
    run = meddled(wired, results, "generator")
    assert run["status"] == "failed"
    assert run["failure"]["process"] == "generator"
    assert run["failure"]["signal"] == "SIGKILL"


def test_a_link_that_goes_down_is_the_networks_and_not_the_workers(
    wired: TwoHosts, results: Path
) -> None:
    run = meddled(wired, results, "link")
    assert run["status"] == "invalid"
    assert any(reason.startswith("network: ") for reason in run["reasons"]), run["reasons"]
    assert run["network"]["worker"]["link_changes"] > 0


def refused(hosts: TwoHosts, *words: str) -> str:
    """A call that makes no sense: nothing is measured. Answers what it says."""
    done = hosts.call(*RUN, *open_load(), *words)
    assert done.status == 2, done.err
    assert done.err.splitlines()[-1].startswith("skein: --")
    return done.err


def test_addresses_that_nobody_has_are_refused_with_the_remedy(wired: TwoHosts) -> None:
    words = wired.words()
    said = refused(wired, *words[:1], "10.77.0.99", *words[2:])
    assert "--listen: this machine cannot listen on 10.77.0.99" in said
    assert two_hosts.SERVER in said
    said = refused(wired, *words[:-1], "10.77.0.5-10.77.0.6")
    assert "--generator-addresses: the load generator's host cannot use 10.77.0.6" in said


def test_a_worker_that_listens_on_loopback_alone_is_a_limit(wired: TwoHosts, results: Path) -> None:
    words = ("run", "c10k", *skein.plain_worker(), "--size", "test", *wired.words())
    done = wired.call(*words, *skein.IN_SESSION, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (0, "limit"), run["reasons"]
    assert run["limit"]["name"] == "listen"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--listen", "10.77.0.1", "--network", "lab"), "--generator-command 'ssh -T HOST"),
        (("--network", "lab"), "--network applies to a load with --listen only"),
        (("--generator-addresses", "10.77.0.2"), "--generator-addresses applies to a load with"),
        (
            ("--listen", "10.77.0.1", "--generator-command", "skein generator"),
            "give the network a name with --network",
        ),
        (
            (
                *("--listen", "10.77.0.1", "--network", "lab"),
                *("--generator-command", "x", "--generator-command", "y"),
                *("--generator-addresses", "10.77.0.2"),
            ),
            "1 ranges for 2 of --generator-command",
        ),
        (
            ("--generator-command", "x", "--generator-command", "y", "--active", "1"),
            "2 load generators share 1 connections",
        ),
        (
            (
                *("--mode", "fixed", "--requests", "1"),
                *("--generator-command", "x", "--generator-command", "y"),
            ),
            "--requests: 1 for 2 load generators",
        ),
        (
            ("--listen", "127.0.0.1", "--generator-command", "x", "--network", "lab"),
            "not reached from another host",
        ),
    ],
)
def test_half_a_network_is_refused(words: tuple[str, ...], said: str) -> None:
    done = skein.call(*RUN, *words)
    assert done.status == 2
    assert said in done.err
