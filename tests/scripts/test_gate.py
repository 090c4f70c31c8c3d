"""The gate: two builds in turns, and a failure for a confirmed regression and nothing else."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gate_support import CONFIRM, GATE, SCREEN, SMALL_GATE, GateRun

from matrix_support import call_main
from skein_scripts.base.errors import ReaderGoneError, run_main
from skein_scripts.commands import export
from skein_scripts.gate import stages
from skein_scripts.matrix import matrix
from skein_scripts.records import purposes, results

MEMORY_PAIRS = stages.SCREEN_FEW[purposes.MEMORY]


@pytest.fixture
def gate(matrix_run, monkeypatch, capsys):
    return GateRun(matrix_run, monkeypatch, capsys)


def test_two_builds_that_behave_alike_pass_and_are_measured_in_turns(gate):
    done = gate(gate.arm("base"), gate.arm("candidate"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no regression confirmed" in done.stdout
    of_cell = [run for run in gate.runs() if run["cell_id"].startswith("c10k/coroutine/100/fixed")]
    order = [run["arm"] for run in of_cell]
    assert order[:4] == ["base", "candidate", "candidate", "base"]
    assert order.count("base") == order.count("candidate") == SCREEN
    seeds = {arm: [run["cell"]["seed"] for run in of_cell if run["arm"] == arm]
             for arm in ("base", "candidate")}  # fmt: skip
    assert seeds["base"] == seeds["candidate"]
    assert len(set(seeds["base"])) == SCREEN


@pytest.mark.parametrize("gone", [False, True])
def test_an_output_that_cannot_be_written_hides_no_verdict(gate, monkeypatch, gone):
    lines = gate.folder / "v.jsonl"
    slow = gate.arm("slow", COST={"coroutine": 1.2})
    words = ("--filter", "group=fixed", "--markdown", "/dev/full", "--json", lines)
    if gone:
        monkeypatch.setattr("skein_scripts.gate.show.render", nobody_reads)
    done = gate(gate.arm("base"), slow, *words)
    assert done.returncode == 1, done.stderr
    assert "cannot write /dev/full" in done.stderr
    assert ("REGRESSION CONFIRMED" in done.stdout) != gone
    assert "REGRESSION CONFIRMED" in json.loads(lines.read_text().splitlines()[0])["notes"][0]


def nobody_reads(*_words):
    raise ReaderGoneError


def test_a_verdict_that_no_output_has_is_no_verdict(gate, monkeypatch):
    monkeypatch.setattr("skein_scripts.gate.show.render", nobody_reads)
    slow = gate.arm("slow", COST={"coroutine": 1.2})
    assert gate(gate.arm("base"), slow, "--filter", "group=fixed").returncode == 141


def test_a_summary_that_cannot_be_written_is_no_pass(gate):
    words = ("--filter", "group=fixed", "--markdown", "/dev/full")
    done = gate(gate.arm("base"), gate.arm("candidate"), *words)
    assert done.returncode == 4, done.stderr
    assert "cannot write /dev/full" in done.stderr
    assert "no regression confirmed" in done.stdout


def test_a_costlier_request_is_confirmed_on_fresh_pairs_and_named(gate):
    lines, markdown = gate.folder / "v.jsonl", gate.folder / "v.md"
    html = gate.folder / "v.html"
    slow = gate.arm("slow", COST={"coroutine": 1.1})
    words = ("--json", lines, "--markdown", markdown, "--html", html)
    done = gate(gate.arm("base"), slow, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "REGRESSION CONFIRMED: fixed/coroutine" in done.stdout
    assert "REGRESSION CONFIRMED" in markdown.read_text()
    page = html.read_text(encoding="utf-8")
    assert '<p class="lead worse">REGRESSION CONFIRMED: fixed/coroutine' in page
    assert page.index("<h2>Confirmed on fresh pairs: ") < page.index("<h2>Screened: ")
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    confirmed = [one for one in found if one["stage"] == "confirm"]
    assert {one["cell"] for one in confirmed} == {"fixed/coroutine"}
    cpu = next(one for one in confirmed if one["metric"] == "cpu_per_op")
    assert (cpu["verdict"], cpu["pairs"]) == ("regressed", CONFIRM)
    assert cpu["ratio"] == pytest.approx(1.1, rel=0.02)
    # What was flagged was measured again, and nothing else.
    pairs = {shape: {run["pair"] for run in gate.runs() if run["cell"]["mode"] == shape}
             for shape in ("fixed", "idle")}  # fmt: skip
    assert len(pairs["fixed"]) == SCREEN + CONFIRM
    assert len(pairs["idle"]) == MEMORY_PAIRS


def test_a_cache_line_more_per_task_fails_and_one_less_does_not(gate):
    more = gate.arm("more", BYTES={"coroutine": 64})
    words = ("--filter", "group=idle,runtime=coroutine")
    done = gate(gate.arm("base"), more, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "user_bytes_per_task" in done.stdout.splitlines()[-1]
    gate.output = gate.folder / "swapped"
    lines = gate.folder / "v.jsonl"
    done = gate(more, gate.arm("base"), *words, "--json", lines)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    user = next(one for one in found if one["metric"] == "user_bytes_per_task")
    assert user["ratio"] < 1
    assert user["verdict"] != "regressed"


def test_swapped_arms_mirror_the_verdicts(gate):
    lines = gate.folder / "v.jsonl"
    slow = gate.arm("slow", COST={"coroutine": 1.1})
    words = ("--filter", "group=fixed", "--pairs", "12,12", "--json", lines)
    found = {}
    for name, arms in (("forth", (gate.arm("base"), slow)), ("back", (slow, gate.arm("base")))):
        gate.output = gate.folder / name
        status = gate(*arms, *words).returncode
        records = [json.loads(line) for line in lines.read_text().splitlines()][1:]
        found[name] = status, next(r for r in records if r["metric"] == "cpu_per_op")
    assert (found["forth"][0], found["forth"][1]["verdict"]) == (1, "regressed")
    assert (found["back"][0], found["back"][1]["verdict"]) == (0, "improved")
    assert found["back"][1]["ratio"] == pytest.approx(1 / found["forth"][1]["ratio"], rel=0.02)


def test_runs_that_fail_are_not_slower_but_unmeasured(gate):
    broken = gate.arm("broken", FAULTS={"c10k/fixed/coroutine": "crash"})
    done = gate(gate.arm("base"), broken, "--filter", "group=fixed")
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"THE CANDIDATE FAILED: fixed/coroutine: {SCREEN} of {SCREEN} runs failed" in done.stdout
    assert len(gate.runs()) == 2 * SCREEN  # a crash is no noise: it is not measured away


def test_a_runtime_that_the_base_does_not_have_is_new_and_no_failure(gate):
    markdown = gate.folder / "v.md"
    older = gate.arm("older", WITHOUT=["libuv"])
    words = ("--filter", "group=idle", "--markdown", markdown)
    done = gate(older, gate.arm("candidate"), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NEW, with nothing to compare with: idle/libuv" in markdown.read_text()
    gate.output = gate.folder / "removed"
    done = gate(gate.arm("base"), older, *words)
    assert done.returncode == 2, done.stdout + done.stderr


def test_a_candidate_that_fails_now_and_then_does_not_pass(gate):
    flaky, counter = gate.arm("flaky"), gate.folder / "counter"
    flaky.write_text(
        f"#!/bin/sh\n[ $1 = run ] && echo >> {counter}\n"
        f"[ $1 = run ] && [ $(wc -l < {counter}) = 3 ] &&"
        ' export FAKE_SKEIN_FAULTS=\'{"*": "failed"}\'\n'
        f'exec "{gate.real}" "$@"\n'
    )
    done = gate(gate.arm("base"), flaky, "--filter", "group=fixed")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "THE CANDIDATE FAILED: fixed/coroutine: 1 of" in done.stdout


def test_a_crash_is_not_lost_where_the_other_arm_was_disturbed(gate):
    noisy = gate.arm("noisy", FAULTS={"c10k/fixed/coroutine": "invalid"})
    broken = gate.arm("broken", FAULTS={"c10k/fixed/coroutine": "crash"})
    done = gate(noisy, broken, "--filter", "group=fixed")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "THE CANDIDATE FAILED" in done.stdout
    assert len(gate.runs()) == 2 * SCREEN


def flaky(gate, name, when, fault, **behaviour):
    """A binary of which some runs end in a fault. `when`: a shell's condition on $n, the number of
    the run, from 1."""
    usual, counter, path = gate.arm(f"{name}-usual", **behaviour), gate.folder / f"{name}-n", None
    path = gate.arm(name)
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = run ]; then\n  echo >> {counter}\n  n=$(wc -l < {counter})\n'
        f"  if {when}; then export FAKE_SKEIN_FAULTS='{json.dumps({'*/*/*': fault})}'; fi\nfi\n"
        f'exec "{usual}" "$@"\n'
    )
    return path


def test_a_pair_lost_to_noise_does_not_hide_a_regression(gate):
    """Nine pairs decide the metrics of the cell, and one of the nine is lost."""
    gate.matrix.write_text(SMALL_GATE.replace("retry_invalid = 1", "retry_invalid = 0"))
    slow = flaky(gate, "slow", "[ $n = 9 ]", "invalid", COST={"coroutine": 9.94})
    lines = gate.folder / "v.jsonl"
    done = gate(gate.arm("base"), slow, "--filter", "group=fixed", "--pairs", "5,7", "--json",
                lines)  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    cpu = next(one for one in found if (one["stage"], one["metric"]) == ("confirm", "cpu_per_op"))
    assert (cpu["verdict"], cpu["invalid_pairs"]) == ("regressed", 1)


def test_what_was_flagged_and_cannot_be_decided_is_no_pass_and_is_named_everywhere(gate):
    gate.matrix.write_text(SMALL_GATE.replace("retry_invalid = 1", "retry_invalid = 0"))
    slow = flaky(gate, "slow", "[ $n -gt 5 ] && [ $((n % 4)) != 0 ]", "invalid",
                 COST={"coroutine": 9.94})  # fmt: skip
    lines, markdown, junit = (gate.folder / name for name in ("v.jsonl", "v.md", "j.xml"))
    done = gate(gate.arm("base"), slow, "--filter", "group=fixed", "--pairs", "5,7", "--json",
                lines, "--markdown", markdown)  # fmt: skip
    assert done.returncode == 4, done.stdout + done.stderr
    word = "fixed/coroutine cpu_per_op: flagged, and"
    assert word in done.stdout
    assert word in markdown.read_text()
    head = json.loads(lines.read_text().splitlines()[0])
    assert any(line.startswith(word) for line in head["undecided"])
    assert call_main("export.py", export.main, lines, "--format", "junit", "--output", junit) == 0
    assert 'name="flagged and undecided"' in junit.read_text()


TIMERS = """
[[cell]]
name = "storm"
workload = "timers"
pattern = "storm"
tasks = 1000
window = "100ms"
"""


def test_timers_that_fire_early_are_named_and_no_pass(gate):
    gate.matrix.write_text(SMALL_GATE + TIMERS)
    lines = gate.folder / "v.jsonl"
    early = gate.arm("early", EARLY={"coroutine": 20})
    words = ("--filter", "group=storm", "--json", lines)
    done = gate(gate.arm("base"), early, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "REGRESSION CONFIRMED: storm/coroutine early_fires (" in done.stdout
    assert "1.98 ms" in done.stdout
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    confirmed = next(one for one in found
                     if (one["stage"], one["metric"]) == ("confirm", "early_fires"))  # fmt: skip
    assert (confirmed["base_total"], confirmed["candidate_total"]) == (0, 20 * confirmed["pairs"])
    gate.output = gate.folder / "alike"
    done = gate(early, gate.arm("candidate", EARLY={"coroutine": 20}), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    gate.output = gate.folder / "better"
    assert gate(early, gate.arm("base"), *words).returncode == 0


def test_timeouts_that_only_the_candidate_has_are_named_and_no_pass(gate):
    errors = dict.fromkeys(("connect", "read", "write", "descriptors"), 0)
    worse = gate.arm("worse", LOAD={"errors": errors | {"timeout": 7}})
    done = gate(gate.arm("base"), worse, "--filter", "group=fixed")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fixed/coroutine timeouts (" in done.stdout


def test_a_few_bytes_more_per_task_fail_where_readings_hardly_spread(gate):
    more = gate.arm("more", BYTES={"coroutine": 24})
    done = gate(gate.arm("base"), more, "--filter", "group=idle,runtime=coroutine")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "user_bytes_per_task +14" in done.stdout  # 24 of 168


def test_the_least_budget_is_accepted_as_it_is_printed(gate):
    words = ("/bin/true", "/bin/true", "--dry-run", "--budget")
    refused = gate(*words, "1s")
    assert refused.returncode == 2
    least = re.search(r"the least is ([0-9]+s);", refused.stderr).group(1)
    done = gate(*words, least)
    assert done.returncode == 0, done.stderr
    assert f"the least budget of these cells is {least}" in done.stdout
    assert gate(*words, f"{int(least[:-1]) - 1}s").returncode == 2
    # Without --dry-run the same is refused in the same words, before anything is made.
    assert gate("/bin/true", "/bin/true", "--budget", "1s").stderr == refused.stderr
    assert not gate.output.exists()


def test_a_gate_whose_pairs_take_longer_than_was_thought_ends_in_time(gate):
    short = SMALL_GATE.replace('"200ms"', '"50ms"').replace('"100ms"', '"10ms"\nmemory = "off"')
    gate.matrix.write_text(short)
    slow = gate.arm("slow", SLEEP=0.7, COST={"coroutine": 3})
    words = ("--filter", "group=fixed", "--pairs", "5,7")
    refused = gate(slow, slow, *words, "--budget", "1s")
    least_s = int(re.search(r"the least is ([0-9]+)s;", refused.stderr).group(1))
    began = time.monotonic()
    done = gate(gate.arm("base", SLEEP=0.7), slow, *words, "--budget", f"{least_s}s")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "there is no time for more" in done.stdout
    assert "flagged, and no fresh pair was measured" in done.stdout
    assert len(gate.runs()) < 2 * (5 + 7)
    assert time.monotonic() - began < 3 * least_s


@pytest.mark.parametrize("fault", ["limit", "invalid"])
def test_a_cell_that_neither_arm_can_measure_is_no_pass(gate, fault):
    held = gate.arm("held", FAULTS={"c10k/idle/libuv": fault})
    done = gate(held, held, "--filter", "group=idle")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "NOT MEASURED: 1 gated comparisons have no pairs, or too few" in done.stdout
    assert f"the last {fault}" in done.stdout


def test_invalid_pairs_are_measured_anew_as_often_as_the_matrix_allows(gate):
    noisy = gate.arm("noisy", FAULTS={"c10k/idle/libuv": "invalid"})
    done = gate(noisy, gate.arm("base"), "--filter", "group=idle,runtime=libuv")
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"{MEMORY_PAIRS} pairs were measured anew" in done.stdout
    assert len(gate.runs()) == 2 * 2 * MEMORY_PAIRS


def test_undecided_comparisons_fail_only_when_strict(gate):
    gate.matrix.write_text(SMALL_GATE.replace('"10%"', '"0.01%"'))
    words = ("--filter", "group=fixed")
    assert gate(gate.arm("base"), gate.arm("candidate"), *words).returncode == 0
    gate.output = gate.folder / "strict"
    done = gate(gate.arm("base"), gate.arm("candidate"), *words, "--strict")
    assert done.returncode == 3, done.stdout + done.stderr


def test_an_interrupt_keeps_and_shows_what_was_measured(gate):
    slow, markdown, lines = (
        gate.arm("slow", SLEEP=0.2),
        gate.folder / "v.md",
        gate.folder / "v.json",
    )
    process = subprocess.Popen(
        gate.command(slow, slow, "--markdown", markdown, "--json", lines), env=gate.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    path = gate.output / results.RESULTS_NAME
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (
        path.exists() and path.read_text().count('"kind":"run"') > 3
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "INCOMPLETE (interrupted); screened until then: " in out
    assert "INCOMPLETE (interrupted)" in markdown.read_text()
    head, *verdicts = [json.loads(line) for line in lines.read_text().splitlines()]
    assert head["incomplete"] == "interrupted"
    assert {one["cell"] for one in verdicts} >= {"fixed/coroutine"}
    assert len(gate.runs()) >= 3


def test_the_plan_says_its_time_and_keeps_to_the_budget(gate):
    done = gate("/bin/true", "/bin/true", "--dry-run", "--budget", "10m")
    assert done.returncode == 0, done.stderr
    assert "up to what is left of 10:00" in done.stdout
    assert not gate.output.exists()
    done = gate("/bin/true", "/bin/true", "--dry-run", "--budget", "5s")
    assert done.returncode == 2
    assert "the least is" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--base-binary", "/nowhere/skein", "--candidate-binary", "/nowhere/skein"),
        ("--base", "no-such-revision", "--candidate", "HEAD"),
        ("--base", "HEAD"),
        ("--base", "HEAD", "--candidate", "HEAD", "--pairs", "3,30"),
        ("--base", "HEAD", "--candidate", "HEAD", "--budget", "soon"),
        ("--base", "HEAD", "--candidate", "HEAD", "--seed", "-1"),
        ("--base-binary", "/bin/true", "--candidate-binary", "/bin/true", "--json", "/dev/null/a"),
        (
            "--base-binary",
            "/bin/true",
            "--candidate-binary",
            "/bin/true",
            "--inject-bytes",
            "64",
            "--filter",
            "group=timers-storm",
        ),
        ("--base", "HEAD", "--candidate", "HEAD", "--matrix", "/nowhere.toml"),
    ],
)
def test_wrong_options_are_usage(words, tmp_path):
    command = [sys.executable, str(GATE), *words, "--output", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "out" / results.RESULTS_NAME).exists()


def test_thresholds_are_percentages_of_known_metrics(gate):
    for wrong in ('latency_p50 = "fast"', 'speed = "3%"', "latency_p50 = 3"):
        gate.matrix.write_text(SMALL_GATE.replace('latency_p50 = "10%"', wrong))
        assert gate("/bin/true", "/bin/true", "--dry-run").returncode == 2


def test_an_injection_reaches_the_candidates_requests_alone_and_is_said(gate):
    library = gate.folder / "libskein_inject.so"
    command = ("--inject-cpu", "10%", "--inject-bytes", "64", "--filter", "group=fixed")
    base, candidate = gate.arm("base"), gate.arm("candidate")
    assert gate(base, candidate, *command).returncode == 4  # the library is not there
    library.write_bytes(b"")
    gate.output = gate.folder / "with-library"
    log = Path(gate.environment["FAKE_SKEIN_LOG"])
    log.unlink(missing_ok=True)
    done = gate(base, candidate, *command)
    assert "MADE WORSE ON PURPOSE: 10 % of CPU time per request, 64 B" in done.stdout
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    of_arm = {"base": [], "candidate": []}
    for one in calls:
        if one["argv"][0] == "run":
            meta = json.loads(one["argv"][one["argv"].index("--run-meta") + 1])
            of_arm[meta["arm"]].append(one["inject"])
    # The base carries the library, too: what is seen is what was asked for.
    for inject in of_arm["base"]:
        assert {value for name, value in inject.items()} == {"0"}
    for inject in of_arm["candidate"]:
        assert inject["SKEIN_INJECT_BYTES"] == "64"
        assert 1000 < int(inject["SKEIN_INJECT_CPU_NS"]) < 1400  # a tenth of the stand-in's 11.5 us


@pytest.mark.parametrize("words", [("--inject-cpu", "fast"), ("--inject-bytes", "-1")])
def test_injections_are_checked_before_anything_is_measured(gate, words):
    assert gate("/bin/true", "/bin/true", "--dry-run", *words).returncode == 2


def test_the_preset_is_a_matrix_that_gates():
    preset = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml")
    assert {cell.workload for cell in preset.cells} == {"c10k", "timers"}
    assert not preset.has_auto_rates
    assert os.access(Path(GATE), os.X_OK)


def test_a_fault_of_a_script_itself_is_no_verdict(capsys):
    assert run_main("gate.py", lambda _: 1 // 0) == 4
    assert "a fault in gate.py itself" in capsys.readouterr().err


def test_without_valgrind_the_summary_says_what_was_left_out(gate, monkeypatch):
    counted = (
        SMALL_GATE
        + """
[[cell]]
name = "counted"
purpose = "instructions"
workload = "c10k"
mode = "fixed"
connections = 1
requests = 400
warmup = "0ms"
warmup_requests = 0
"""
    )
    gate.matrix.write_text(counted)
    monkeypatch.setattr("skein_scripts.gate.paired_session.is_available", lambda: False)
    markdown = gate.folder / "v.md"
    done = gate(gate.arm("base"), gate.arm("candidate"), "--markdown", markdown)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "valgrind is not installed" in markdown.read_text()


def test_quiet_leaves_the_verdict_alone(gate):
    done = gate(gate.arm("base"), gate.arm("candidate"), "--filter", "group=fixed", "--quiet")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith("no regression confirmed; screened: ")


def test_verbose_says_first_what_is_measured(gate):
    done = gate(gate.arm("base"), gate.arm("candidate"), "--filter", "group=fixed", "-v")
    assert "pairs of ~" in done.stdout.partition("Screened: ")[0]
    assert "skein run c10k --runtime" in done.stdout
