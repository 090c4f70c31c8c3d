"""scripts/compare.py on what is measured now, and on Google Benchmark's JSON."""

import json
import sys

import pytest

from skein_scripts.base.errors import run_main
from skein_scripts.commands import compare
from skein_scripts.gate import judge, measured
from skein_scripts.records import metrics, results

CPU = metrics.named("cpu_per_op")


@pytest.fixture
def compared(matrix_run, monkeypatch, capsys):
    """Calls compare.py on the stand-in, with a matrix of one cell."""
    path = matrix_run.folder / "cells.toml"
    path.write_text(
        'seed = 7\nrepeats = 1\nruntimes = ["coroutine", "libuv"]\n'
        '[[cell]]\nworkload = "c10k"\nmode = "fixed"\nname = "fixed"\nconnections = 100\n'
        'active = 10\npayload_bytes = 64\nbuffer = "lent"\nduration = "200ms"\n'
    )
    lines = matrix_run.folder / "verdicts.jsonl"
    for name, value in {**matrix_run.environment, "FAKE_SKEIN_SAMPLES": "60"}.items():
        monkeypatch.setenv(name, value)

    def call(*words):
        words = ("--matrix", path, "--pairs", 6, "--output", call.output, "--json", lines, *words)
        monkeypatch.setattr(sys, "argv", ["compare.py", *map(str, words)])
        status = run_main("compare.py", compare.main)
        found = [json.loads(line) for line in lines.read_text().splitlines()] if not status else []
        return status, found, capsys.readouterr()

    call.skein = matrix_run.skein
    call.output = matrix_run.folder / "compared"
    return call


def test_two_runtimes_of_a_program_are_measured_in_turns_on_the_same_work(compared):
    status, (head, *found), _ = compared(compared.skein, "--runtimes", "coroutine,libuv")
    assert status == 0
    assert head["interleaved"]
    assert (head["base"]["label"], head["candidate"]["label"]) == ("coroutine", "libuv")
    cpu = next(one for one in found if one["metric"] == "cpu_per_op")
    assert cpu["pairs"] == 6
    assert cpu["ratio"] == pytest.approx(1.07 / 1.03, rel=0.05)
    measured = results.runs(results.load(compared.output / results.RESULTS_NAME))
    order = [(run["arm"], run["cell"]["runtime"]) for run in measured]
    base, candidate = ("base", "coroutine"), ("candidate", "libuv")
    assert order[:4] == [base, candidate, candidate, base]


def test_two_programs_are_measured_in_turns(compared, tmp_path):
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\nexec "{compared.skein}" "$@"\n')
    other.chmod(0o755)
    status, (head, *found), out = compared(compared.skein, other, "--filter", "runtime=libuv")
    assert status == 0, out.err
    assert head["candidate"]["label"] == str(other)
    assert {one["cell"] for one in found} == {"fixed/libuv"}


def disturbed_on_libuv(compared, folder):
    path = folder / "disturbed"
    faults = json.dumps({"c10k/fixed/libuv": "invalid"})
    path.write_text(
        f'#!/bin/sh\nexport FAKE_SKEIN_FAULTS=\'{faults}\'\nexec "{compared.skein}" "$@"\n'
    )
    path.chmod(0o755)
    return path


def test_cells_without_a_pair_are_no_success_however_many_others_have_one(compared, tmp_path):
    disturbed = disturbed_on_libuv(compared, tmp_path)
    status, _, out = compared(compared.skein, disturbed)
    assert status == 4
    assert "NOT COMPARED: fixed/libuv cpu_per_op" in out.err
    assert "fixed/coroutine" not in out.err
    compared.output = tmp_path / "none"
    status, _, out = compared(compared.skein, disturbed, "--filter", "runtime=libuv")
    assert status == 4
    assert "there is no pair of runs to compare" in out.err


def flaky(compared, folder, name, when, fault, **behaviour):
    """A program of which some runs end in a fault. `when`: of $n, the number of the run, from 1."""
    path, counter = folder / name, folder / f"{name}-n"
    exports = "".join(f"export FAKE_SKEIN_{key}='{json.dumps(one)}'\n"
                      for key, one in behaviour.items())  # fmt: skip
    path.write_text(
        f'#!/bin/sh\n{exports}if [ "$1" = run ]; then\n  echo >> {counter}\n'
        f"  n=$(wc -l < {counter})\n  if {when}; then export FAKE_SKEIN_FAULTS="
        f'\'{json.dumps({"*/*/*": fault})}\'; fi\nfi\nexec "{compared.skein}" "$@"\n'
    )
    path.chmod(0o755)
    return path


def test_pairs_that_do_not_count_are_measured_anew(compared, tmp_path):
    slow = flaky(compared, tmp_path, "slow", "[ $n = 3 ]", "invalid", COST={"coroutine": 9.94})
    words = ("--filter", "runtime=coroutine", "--pairs", 7, "--metrics", "cpu_per_op,latency_p50")
    status, (_, *found), _ = compared(compared.skein, slow, *words)
    assert status == 0
    cpu = next(one for one in found if one["metric"] == "cpu_per_op")
    assert (cpu["pairs"], cpu["invalid_pairs"], cpu["verdict"]) == (7, 1, "regressed")


def test_where_too_many_pairs_are_lost_to_tell_it_is_said_and_no_success(compared, tmp_path):
    slow = flaky(compared, tmp_path, "slow", "[ $((n % 2)) = 0 ]", "invalid",
                 COST={"coroutine": 9.94})  # fmt: skip
    words = ("--filter", "runtime=coroutine", "--pairs", 7, "--metrics", "cpu_per_op,latency_p50")
    status, _, out = compared(compared.skein, slow, *words)
    assert status == 0  # 7 of 14 count
    slow = flaky(compared, tmp_path, "slower", "[ $n -gt 1 ] && [ $((n % 3)) != 1 ]", "invalid",
                 COST={"coroutine": 9.94})  # fmt: skip
    compared.output = tmp_path / "again"
    status, _, out = compared(compared.skein, slow, *words)
    assert status == 4
    assert "NOT COMPARED" in out.err  # 5 of 14 count


def test_a_candidate_that_fails_once_is_named_and_no_success(compared, tmp_path):
    bad = flaky(compared, tmp_path, "bad", "[ $n = 3 ]", "failed")
    words = ("--filter", "runtime=coroutine", "--pairs", 7)
    status, _, out = compared(compared.skein, bad, *words)
    assert status == 4
    assert "THE CANDIDATE FAILED: fixed/coroutine: 1 of 8 runs failed" in out.err
    status, _, out = compared(compared.output)  # the same from its results
    assert status == 4
    assert "THE CANDIDATE FAILED" in out.err


def test_too_few_pairs_for_loss_are_named():
    def verdict(pairs, count=1):
        values = [(100.0, 120.0)] * pairs
        found = judge.judge([judge.Pairs(f"c{n}", CPU, values, 7 - pairs) for n in range(count)])
        return measured._undecided(found, {f"c{n}": 7 for n in range(count)})

    assert verdict(5) == []
    assert verdict(4) == ["c0 cpu_per_op (4 of 7 pairs count)"]
    assert verdict(7, count=3) == []  # 7 tell three
    assert verdict(7, count=9) == []  # 7 were never enough for nine
    assert len(verdict(5, count=3)) == 3


def test_counts_that_must_be_0_are_compared_of_programs_and_of_files(compared, tmp_path):
    worse = tmp_path / "worse"
    errors = dict.fromkeys(("connect", "read", "write", "descriptors"), 0) | {"timeout": 7}
    worse.write_text(
        f"#!/bin/sh\nexport FAKE_SKEIN_LOAD='{json.dumps({'errors': errors})}'\n"
        f'exec "{compared.skein}" "$@"\n'
    )
    worse.chmod(0o755)
    words = ("--filter", "runtime=libuv")
    status, (_, *found), out = compared(compared.skein, worse, *words)
    assert status == 0
    (timeouts,) = (one for one in found if one["metric"] == "timeouts")
    assert timeouts["verdict"] == "regressed"
    assert (timeouts["base_total"], timeouts["candidate_total"]) == (0, 42)
    assert timeouts["ratio"] is None
    assert "42 in 6 runs" in out.out
    status, (_, *found), _ = compared(compared.output)  # the same from its results
    assert {one["verdict"] for one in found if one["metric"] == "timeouts"} == {"regressed"}
    for names, expected in (("timeouts", {"timeouts"}), ("cpu_per_op", {"cpu_per_op"})):
        compared.output = tmp_path / names
        _, (_, *found), _ = compared(compared.skein, worse, *words, "--metrics", names)
        assert {one["metric"] for one in found} == expected


def test_cells_that_neither_arm_could_measure_are_named_and_no_success(compared, tmp_path):
    disturbed = disturbed_on_libuv(compared, tmp_path)
    status, _, out = compared(disturbed, disturbed)
    assert status == 4
    assert "NOT COMPARED: fixed/libuv cpu_per_op" in out.err
    status, _, out = compared(compared.output)  # the same from its results
    assert status == 4
    assert "libuv" in out.err


@pytest.mark.parametrize("words", [(), ("--runtimes", "coroutine,libuv")])
def test_what_was_measured_in_turns_is_compared_again_from_its_results(compared, words):
    other = (compared.skein,) if not words else ()
    status, (_, *first), _ = compared(compared.skein, *other, *words)
    assert status == 0
    status, (_, *again), _ = compared(compared.output)
    assert status == 0

    def ratios(found):
        return [(one["metric"], one["pairs"], one["ratio"]) for one in found]

    assert ratios(again) == ratios(first)


def test_what_is_measured_now_is_not_compared_with_what_was_measured_before(compared, tmp_path):
    before = tmp_path / "results.jsonl"
    before.write_text("")
    status, _, out = compared(before, compared.skein)
    assert status == 2
    assert "two of one kind" in out.err


def test_google_benchmarks_json_is_an_arm(tmp_path, capsys, monkeypatch):
    def document(name, factor):
        rows = [
            {"name": "BM", "run_name": "BM", "run_type": "iteration", "time_unit": "us",
             "cpu_time": factor * (1 + i / 1000)} for i in range(12)
        ]  # fmt: skip
        path = tmp_path / name
        context = {"num_cpus": 2, "host_name": "it"}
        path.write_text(json.dumps({"context": context, "benchmarks": rows}))
        return str(path)

    monkeypatch.setattr(
        sys, "argv", ["compare.py", document("a.json", 1.0), document("b.json", 1.2)]
    )
    assert run_main("compare.py", compare.main) == 0
    assert "1 regressed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", [b'{"benchmarks": ["x"]}', b'{"benchmarks": {"a": 1}}', b"\xff\xfe{}", b"[]"]
)
def test_what_is_no_google_benchmark_json_is_usage(content, tmp_path, capsys, monkeypatch):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["compare.py", str(path), str(path)])
    assert run_main("compare.py", compare.main) == 2
    assert str(path) in capsys.readouterr().err


def test_what_is_measured_now_needs_a_folder_and_enough_pairs_to_tell_anything(
    compared, tmp_path, monkeypatch
):
    status, _, out = compared(compared.skein, compared.skein, "--pairs", 4)
    assert (status, "fewer than 5 decide nothing" in out.err) == (2, True)
    assert not compared.output.exists()
    words = ["compare.py", str(compared.skein), str(compared.skein)]
    monkeypatch.setattr(sys, "argv", words)
    assert run_main("compare.py", compare.main) == 2


def test_results_that_are_there_are_not_measured_over(compared):
    assert compared(compared.skein, compared.skein, "--filter", "runtime=libuv")[0] == 0
    before = (compared.output / results.RESULTS_NAME).read_bytes()
    status, _, out = compared(compared.skein, compared.skein, "--filter", "runtime=libuv")
    assert (status, "choose another --output" in out.err) == (2, True)
    assert (compared.output / results.RESULTS_NAME).read_bytes() == before
