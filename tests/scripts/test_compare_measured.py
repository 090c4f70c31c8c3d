"""scripts/compare.py on what is measured now, and on Google Benchmark's JSON."""

import json
import sys

import pytest

from skein_scripts import compare, results
from skein_scripts.errors import run_main


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
        words += ("--matrix", path, "--pairs", 6, "--output", call.output, "--json", lines)
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
