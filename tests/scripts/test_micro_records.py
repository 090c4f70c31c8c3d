"""scripts/micro.py: planted JSON of Google Benchmark becomes records that are valid and drawn,
limits and failures among them. And a short real run, where skein_micro is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.commands import instructions, micro
from skein_scripts.drawing import frame, style
from skein_scripts.micro import counted_rows, timed_rows
from skein_scripts.records import results
from skein_scripts.report import all_figures
from skein_scripts.report.plots import micro_costs

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release") / "skein_micro"
NO_CONTEXT = frame.Context.of(None)


def row(name, ns_per_item, **more):
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "iterations": 1000,
        "ns_per_item": ns_per_item,
    } | more


def refused(name, message):
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "error_occurred": True,
        "error_message": message,
    }


def planted(factor=1.0):
    return {
        "context": {"pinned_cpu": "0"},
        "benchmarks": [
            row("control/syscall", 120.0 * factor),
            row("yield/coroutine/1", 5.0 * factor),
            row("yield/coroutine/1000", 6.0 * factor),
            row("yield/fiber/1", 40.0 * factor),
            row("timer_cancel/timer_wheel/10000", 1.2 * factor),
            refused("yield/thread/100000", "limit: kernel.pid_max is 32768, needed 100002"),
            row("yield/coroutine/1", 5.0, run_type="aggregate", aggregate_name="median"),
        ],
    }


def records():
    return [
        record
        for repetition, factor in enumerate((1.0, 2.0, 3.0))
        for record in timed_rows.records_of(planted(factor), "session", repetition)
    ]


def test_a_row_becomes_a_valid_run_of_its_runtime() -> None:
    made = next(timed_rows.records_of(planted(), "session", 2))
    results.validate(made)
    assert made["cell"] == {"workload": "micro", "runtime": "control", "row": "syscall"}
    assert made["block"] == 2
    assert made["micro"] == {"wall_ns_per_op": 120.0, "pinned_cpu": 0}
    assert made["cpu"]["per_op_ns"] is None


def test_a_name_is_taken_apart_into_runtime_and_row() -> None:
    assert timed_rows.place_of("yield/fiber/1000") == ("fiber", "yield/1000")
    assert timed_rows.place_of("spawn_finish/libuv") == ("libuv", "spawn_finish")
    assert timed_rows.place_of("control/wake_same_core") == ("control", "wake_same_core")


def test_aggregates_are_no_runs() -> None:
    assert len(list(timed_rows.records_of(planted(), "session", 0))) == 6


@pytest.mark.parametrize(
    ("message", "value", "needed"),
    [
        ("limit: kernel.pid_max is 32768, needed 100002", 32768, 100002),
        ("limit: locked memory is too low, needed 12", None, 12),
    ],
)
def test_a_limit_keeps_its_name_and_both_values(message, value, needed) -> None:
    made = timed_rows.run_record(refused("yield/thread/100000", message), "session", 0, None)
    results.validate(made)
    assert made["status"] == "limit"
    assert made["limit"]["value"] == value
    assert made["limit"]["needed"] == needed
    assert made["limit"]["name"] in message


def test_wrong_work_is_a_failure_and_never_a_time() -> None:
    message = "failed: resumes: 3 instead of 4"
    made = timed_rows.run_record(refused("switch/coroutine", message), "session", 0, None)
    results.validate(made)
    assert made["status"] == "failed"
    assert made["failure"]["message"] == message
    assert "micro" not in made


def test_a_time_of_nothing_is_refused() -> None:
    made = timed_rows.run_record(row("yield/fiber/1", 0.0), "session", 0, None)
    with pytest.raises(results.RecordError, match="wall_ns_per_op"):
        results.validate(made)


def test_repetitions_of_a_row_come_together_and_a_limit_stays_with_its_reason() -> None:
    rows = {(r.runtime, r.label): r for r in micro_costs.rows_of(records())}
    assert rows["coroutine", "yield, 1"].values_ns == [5.0, 10.0, 15.0]
    limited = rows["thread", "yield, 100,000"]
    assert limited.values_ns == []
    assert "kernel.pid_max" in limited.reason


def test_the_figure_shows_medians_names_limits_and_draws_controls_as_lines() -> None:
    with style.looks():
        figure = micro_costs.draw(records(), NO_CONTEXT)
    [axes] = figure.axes
    medians = {line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "None"}
    assert {10.0, 12.0, 80.0} <= medians
    assert any("system call" in text.get_text() for text in axes.texts)
    assert any("kernel.pid_max" in text.get_text() for text in axes.texts)
    assert axes.get_xscale() == "log"


def test_switches_are_drawn_against_the_number_of_tasks() -> None:
    with style.looks():
        figure = micro_costs.draw_switches(records(), NO_CONTEXT)
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["1", "1,000"]


def test_records_of_workloads_alone_have_no_such_figure(fixture_v1) -> None:
    loaded = results.load(fixture_v1)
    assert micro_costs.draw(loaded, NO_CONTEXT) is None
    assert micro_costs.draw_switches(loaded, NO_CONTEXT) is None


def test_single_steps_are_no_group_of_work(tmp_path) -> None:
    drawn = all_figures.draw_all(records(), tmp_path)
    assert [path.stem for path in drawn] == ["micro_costs", "micro_switch"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--repetitions", "0"], "from 1 to 100"),
        (["--filter", "("], "no regular expression"),
        (["--min-time", "0"], "from 0.01 to 60"),
    ],
)
def test_what_makes_no_sense_is_refused(words, said) -> None:
    with pytest.raises(UsageError, match=said):
        micro.main(words)


@pytest.mark.parametrize("command", [micro, instructions])
def test_a_program_that_is_not_built_is_said_with_how_to_build_it(
    command, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(counted_rows, "find_valgrind", lambda: "valgrind")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MeasureError, match=r"there is no .*/none: .* --target skein_micro"):
        command.main(["--micro", "none"])


@pytest.mark.skipif(not PROGRAM.is_file(), reason="skein_micro is not built")
def test_a_short_real_run_ends_in_records_and_a_figure(tmp_path) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "scripts" / "micro.py"), "--output", str(out),
            "--filter", "^(control/syscall|yield/coroutine/(1|1000))$", "--repetitions", "2",
            "--min-time", "0.01",
        ],
        capture_output=True, text=True, timeout=110, check=False,
        env={**os.environ, "SKEIN_LOCK_FILE": str(tmp_path / "lock")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    session, *runs = results.load(out / "results.jsonl")
    assert session["plan"]["rounds"] == 2
    assert sorted(run["block"] for run in runs) == [0, 0, 0, 1, 1, 1]
    assert {run["status"] for run in runs} == {"ok"}
    assert (out / "plots" / "micro_costs.svg").is_file()
    assert "n = 2" in done.stdout
    assert json.loads((out / "results.jsonl").read_text().splitlines()[1])["micro"]


@pytest.mark.skipif(not PROGRAM.is_file(), reason="skein_micro is not built")
def test_a_filter_that_matches_nothing_is_named() -> None:
    with pytest.raises(UsageError, match="no row matches"):
        timed_rows.list_rows(PROGRAM, "^no/such/row$")
