"""What a run says against itself, and what it says that must add up, on real runs: stolen CPU, the
law of Little, percentiles against the stored payload, a session's own judgement.

Tests run on busy machines: a run may be invalid for other reasons, too, and no time is judged."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import skein_binary as skein
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]
from skein_binary import Record

from skein_scripts.records import histogram

pytestmark = pytest.mark.alone

THREE_DIGITS = 1e-3
_BUSY_LOOP = (
    "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nprint(flush=True)\n"
    "while True: pass\n"
)


@contextlib.contextmanager
def busy_loop_on(cpu: int) -> Iterator[None]:
    """Somebody else's program, which keeps a CPU busy for as long as this lasts."""
    command = [sys.executable, "-c", _BUSY_LOOP, str(cpu)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()


def two_cpus() -> tuple[int, int]:
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        pytest.skip("worker and generator need a CPU each")
    return allowed[0], allowed[1]


def test_a_foreign_busy_loop_on_the_workers_cpu_makes_a_run_invalid(results: Path) -> None:
    worker, generator = two_cpus()
    words = ["--mode", "fixed", "--connections", "200", "--active", "20", "--duration", "2s",
             "--size", "test", "--worker-cpus", str(worker), "--generator-cpus", str(generator),
             *skein.IN_SESSION]  # fmt: skip
    with busy_loop_on(worker):
        done = skein.call("run", "c10k", "--runtime", "epoll_floor", *words, "-o", str(results))
    run = skein.run_of(results)
    assert (done.status, run["status"]) == (4, "invalid")
    stolen = [reason for reason in run["reasons"] if reason.startswith("host: others used")]
    assert any(reason.endswith(f"of CPU {worker}") for reason in stolen), run["reasons"]
    assert run["host"]["foreign_cpu_ns"][str(worker)] > 0.2 * run["window_ns"]


def fixed_run(results: Path, runtime: str = "epoll_floor") -> Record:
    words = ["--mode", "fixed", "--connections", "200", "--active", "20", "--duration", "2s",
             "--size", "test", *skein.IN_SESSION]  # fmt: skip
    skein.call("run", "c10k", "--runtime", runtime, *words, "-o", str(results))
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), run["reasons"]
    return run


@pytest.mark.parametrize("runtime", ["epoll_floor", "thread"])
def test_throughput_times_service_time_is_the_number_in_flight(runtime: str, results: Path) -> None:
    # A generator that loses its CPU between a reply and the next request has fewer in flight.
    for _ in range(3):
        results.unlink(missing_ok=True)
        run = fixed_run(results, runtime)
        in_flight = run["load"]["achieved_per_s"] * run["service_time"]["mean"] / 1e9
        if in_flight == pytest.approx(run["cell"]["active"], rel=0.05):
            return
    assert in_flight == pytest.approx(run["cell"]["active"], rel=0.05)


def check_payload(distribution: Record) -> None:
    decoded = HdrHistogram.decode(distribution["histogram"])
    assert decoded.get_total_count() == distribution["count"] > 0
    compared = 0
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)):
        if distribution[name] is not None:
            theirs = histogram.decode(distribution["histogram"]).percentile_ns(share)
            assert distribution[name] == pytest.approx(theirs, rel=THREE_DIGITS), name
            compared += 1
    assert compared >= 2
    assert distribution["mean"] == pytest.approx(decoded.get_mean_value(), rel=THREE_DIGITS)
    assert distribution["max"] == pytest.approx(decoded.get_max_value(), rel=THREE_DIGITS)


def test_percentiles_of_a_run_equal_those_decoded_from_its_payload(results: Path) -> None:
    run = fixed_run(results)
    check_payload(run["latency"])
    check_payload(run["service_time"])


def test_lateness_of_a_run_equals_that_decoded_from_its_payload(results: Path) -> None:
    skein.call("run", "timers", "--runtime", "coroutine", "--tasks", "20000", "--window", "500ms",
               *skein.IN_SESSION, "-o", str(results))  # fmt: skip
    check_payload(skein.run_of(results)["lateness"])


def test_p90_of_sixteen_is_the_fifteenth_in_the_record_and_in_the_scripts(results: Path) -> None:
    skein.call("run", "timers", "--runtime", "coroutine", "--tasks", "16", "--window", "500ms",
               "--memory", "off", *skein.IN_SESSION, "-o", str(results))  # fmt: skip
    late = skein.run_of(results)["lateness"]
    check_payload(late)
    held = histogram.decode(late["histogram"])
    assert held.total == 16
    assert held.counts[held.values_ns <= held.percentile_ns(0.9)].sum() >= 15


MATRIX = """
seed = 3
repeats = 1
runtimes = ["coroutine"]

[[cell]]
name = "open"
workload = "c10k"
mode = "open"
connections = 50
active = 10
payload_bytes = 64
buffer = "lent"
rate = "auto:5%"
duration = "300ms"
warmup = "100ms"
"""


def test_a_session_of_the_real_binary_judges_itself(tmp_path: Path) -> None:
    two_cpus()
    matrix = tmp_path / "small.toml"
    matrix.write_text(MATRIX)
    # What else runs on this machine may make every probe invalid: then there is no saturation,
    # and no run at a share of it, and that is said.
    done = subprocess.run(
        [sys.executable, str(skein.ROOT / "scripts" / "run_matrix.py"), "--matrix", str(matrix),
         "--skein", str(skein.SKEIN), "--output", str(tmp_path / "out")],
        capture_output=True, text=True, timeout=skein.CALL_TIMEOUT_S, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    if "could not be measured" in said:
        assert done.returncode == 4
        assert "host: " in said, said
        pytest.skip("the machine is too busy to measure a saturation")
    found = skein.records(tmp_path / "out" / "results.jsonl")
    assert [record["kind"] for record in (found[0], found[-1])] == ["session", "session_end"]
    probes = [record.get("probe") for record in found if record["kind"] == "run"]
    # Each once more where the machine disturbed it.
    assert [probe for probe, _ in itertools.groupby(probes)] == ["saturation", "anchor", None]
    assert probes.count("saturation") >= 3
    level, run, end = found[0]["plan"]["saturation_per_s"]["open"], found[-2], found[-1]
    assert run["cell"]["rate_per_s"] == pytest.approx(0.05 * level, rel=0.005)
    assert end["environment_changes"] == []
    assert end["anchor"]["values"][0]["block"] == 0
    assert json.dumps(end)
