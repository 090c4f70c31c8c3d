"""What a person sees while a matrix runs: how many runs are done, how long they took and how long
the others will. And what a run is thought to take before any has run."""

import io

import pytest
from rich.console import Console

from skein_scripts.base.terminal import Terminal
from skein_scripts.commands import matrix_options
from skein_scripts.matrix import plan
from skein_scripts.matrix.matrix import Cell, Matrix
from skein_scripts.matrix.plan import Slot
from skein_scripts.records.metrics import named
from skein_scripts.session import progress

TIMERS = {"pattern": "spread", "tasks": 100_000, "window": "2s"}
LOAD = {"mode": "fixed", "connections": 10_000, "warmup": "1s", "duration": "3s"}
A, B, C = (
    Cell("timers", "timers", "fiber", TIMERS), Cell("load", "c10k", "fiber", LOAD),
    Cell("load", "c10k", "libuv", LOAD),
)  # fmt: skip


@pytest.mark.parametrize(
    ("workload", "settings", "seconds"),
    [
        # Processes 0.2 s, readings of memory 1.5 s, the end 0.1 s; then spawning and the window.
        ("timers", TIMERS, 1.8 + 0.5 + 2),
        ("timers", TIMERS | {"tasks": 50_000}, 1.8 + 0.25 + 2),
        ("timers", TIMERS | {"tasks": 300_000}, 1.8 + 1.5 + 2),
        ("timers", TIMERS | {"memory": "off"}, 0.15 + 0.5 + 2),
        ("timers", TIMERS | {"memory": "off", "tasks": 1_000}, 0.15 + 0.2 + 2),
        # ... or connecting, warm-up, window and hold.
        ("c10k", LOAD, 1.8 + 0.2 + 4),
        ("c10k", LOAD | {"connections": 50_000}, 1.8 + 1.0 + 4),
        ("c10k", LOAD | {"memory": "off"}, 0.15 + 0.2 + 4),
        ("c10k", {"mode": "idle", "connections": 20_000, "hold": "500ms"}, 1.8 + 0.4 + 0.5),
    ],
)
def test_a_run_is_thought_to_take_what_its_parts_do(workload, settings, seconds):
    assert plan.estimate_s(Cell("x", workload, "fiber", settings)) == pytest.approx(seconds)


def test_the_time_left_is_that_of_what_is_left_scaled_by_what_was_seen():
    slots = [Slot(A, 0, 0), Slot(B, 0, 1), Slot(C, 0, 2), Slot(A, 1, 0), Slot(B, 1, 1)]
    left = progress.RemainingTime(slots)
    assert left.seconds() == pytest.approx(4.3 + 6 + 6 + 4.3 + 6)
    left.ended(slots[0], 8.6)  # twice as long as was thought
    # Timers as long again; the others twice their estimate.
    assert left.seconds() == pytest.approx(12 + 12 + 8.6 + 12)
    left.ended(slots[1], 3.0)
    # 11.6 s for what was thought to take 10.3 s.
    assert left.seconds() == pytest.approx(6 * 11.6 / 10.3 + 8.6 + 3.0)
    left.ended(slots[2], 7.0)
    left.ended(slots[3], 4.0)
    assert left.seconds() == pytest.approx(3.0)
    left.ended(slots[4], 5.0)
    assert left.seconds() == 0


def test_a_cell_is_taken_to_need_as_long_as_it_did_last():
    slots = [Slot(A, block, 0) for block in range(3)]
    left = progress.RemainingTime(slots)
    left.ended(slots[0], 9.0)
    left.ended(slots[1], 7.0)
    assert left.seconds() == 7.0


def test_a_line_has_place_name_outcome_time_taken_and_time_left():
    slots = [Slot(A, 0, 0), Slot(B, 0, 1), *(Slot(C, block, 2) for block in range(9))]
    console = Console(width=200)
    with console.capture() as captured, progress.LineProgress(slots, console) as lines:
        for slot, record, wall_s in (
            (slots[0], {"status": "ok", "reasons": [], "cell": {}}, 4.3),
            (slots[1], {"status": "limit", "reasons": ["too low", "more"], "cell": {}}, 6.0),
            (slots[2], {"status": "ok", "reasons": ["not steady"], "cell": {}}, 66.6),
        ):
            lines.begin(slot)
            lines.end(slot, record, wall_s)
    assert captured.get().splitlines() == [
        "[ 1/11] timers · fiber · round 1: ok (4.3 s, 1:00 left)",  # ten of 6 s
        "[ 2/11] load · fiber · round 1: limit: too low (6.0 s, 0:54 left)",
        "[ 3/11] load · libuv · round 1: ok: not steady (66.6 s, 8:53 left)",  # eight of 66.6 s
    ]


def failed(*stderr):
    why = "the worker exited with status 2 before the run was over"
    return {"status": "failed", "reasons": [why], "failure": {"stderr": list(stderr)}}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (failed("note", "Can't open perl script", " "), " (Can't open perl script)"),
        (failed(), ""),
        (failed("exited with status 2 before the run was over"), ""),  # said already
        (failed("word " * 100), "word word word …)"),
    ],
)
def test_a_process_that_failed_has_its_last_words_beside_its_status(record, said):
    said_of_it = progress.outcome(record)
    first = "failed: the worker exited with status 2 before the run was over"
    assert said_of_it.startswith(first)
    assert said_of_it.endswith(said)
    assert len(said_of_it) <= len(first) + 163
    assert said or said_of_it == first


def test_rounds_are_counted_from_1_and_probes_have_none():
    assert progress.describe(Slot(B, 4, 0)) == "load · fiber · round 5"
    assert progress.describe(Slot(B, None, None)) == "load · fiber"


def test_a_bar_moves_and_says_what_is_left():
    slots = [Slot(A, 0, 0), Slot(B, 0, 1)]
    bar = progress.BarProgress(slots, Console(width=120, force_terminal=True, quiet=True))
    (task,) = bar._progress.tasks
    assert (task.total, task.completed, task.fields["left"]) == (2, 0, "0:10")  # 10.3 s
    bar.begin(slots[0])
    assert task.description == "timers · fiber · round 1"
    bar.end(slots[0], {"status": "ok", "reasons": [], "cell": {}}, 43.0)
    assert (task.completed, task.fields["left"]) == (1, "1:00")  # ten times 6 s


def test_a_plan_has_the_time_of_each_run_and_of_all_with_probes():
    matrix = Matrix("m", 7, 2, 0, (A, B))
    console = Console(width=200)
    with console.capture() as captured:
        matrix_options.print_plan(matrix, plan.make_plan(matrix), console)
    lines = captured.get().splitlines()
    times = {line.split("  ~")[0].split(maxsplit=1)[1]: line.split("  ~")[1]
             for line in lines if "  ~" in line}  # fmt: skip
    assert times == {
        "timers · fiber · round 1": "4.3 s", "timers · fiber · round 2": "4.3 s",
        "load · fiber · round 1": "6.0 s", "load · fiber · round 2": "6.0 s",
    }  # fmt: skip
    # Twice 10.3 s, and two anchors: 1.8 s, 0.02 s to connect, 0.2 s and 1 s.
    assert lines[-1] == "4 runs of 2 cells in 2 rounds, about 0:27 in all (seed 7)"


def test_a_plan_with_rates_as_shares_counts_three_probes():
    rate = LOAD | {"mode": "open", "rate": "auto:60%"}
    matrix = Matrix("m", 7, 1, 0, (Cell("open", "c10k", "fiber", rate),))
    # Three of 1.8 + 0.2 + 1 + 2 s, and an anchor of 3.02 s.
    assert matrix_options.probes_s(matrix, matrix.repeats) == pytest.approx(3 * 5.0 + 3.02)


def measured(planted, workload, mode):
    """A run of the planted results that counts."""
    return next(
        run
        for run in planted
        if run["kind"] == "run"
        and run["status"] == "ok"
        and run["cell"]["workload"] == workload
        and mode in (run["cell"].get("mode"), run["cell"].get("pattern"))
    )


def test_a_line_has_the_first_figures_that_the_run_has(planted):
    run = measured(planted, "c10k", "open")
    figures = progress.figures_of(run)
    p99 = run["latency"]["p99"]
    assert f"p99 {named('latency_p99').show(p99)}" in figures
    assert f"CPU/request {named('cpu_per_op').show(run['cpu']['per_op_ns'])}" in figures
    assert 2 <= len(figures.split(", ")) <= 6
    console = Console(width=400)
    with console.capture() as captured:
        progress.LineProgress([Slot(B, 0, 0)], console).end(Slot(B, 0, 0), run, 6.0)
    assert f": ok; {figures} (6.0 s, 0:00 left)" in captured.get()


def test_a_run_that_does_not_count_has_no_figures(planted):
    run = dict(measured(planted, "timers", "spread"))
    assert "late p99" in progress.figures_of(run)
    assert progress.figures_of(run | {"status": "invalid"}) == ""
    assert progress.figures_of(run | {"cell": {"workload": "another"}}) == ""


def test_a_bar_shows_what_was_measured_last_and_draws_only_when_that_changes(planted):
    run = measured(planted, "timers", "spread")
    slots = [Slot(A, 0, 0), Slot(B, 0, 1)]
    console = Terminal(file=io.StringIO(), width=200, force_terminal=True)
    with progress.BarProgress(slots, console) as bar:
        bar.begin(slots[0])
        bar.end(slots[0], run, 4.3)
        assert progress.figures_of(run) in console.file.getvalue()
        assert bar._progress.live._refresh_thread is None


def test_quiet_prints_only_the_runs_that_were_not_measured():
    slots = [Slot(A, block, 0) for block in range(4)]
    console = Terminal(file=io.StringIO(), quiet=True, force_terminal=True, color="never")
    with progress.make_progress(slots, console) as lines:
        for slot, status in zip(slots, ("ok", "limit", "invalid", "failed"), strict=True):
            lines.begin(slot)
            lines.end(slot, {"status": status, "reasons": ["why"], "cell": {}}, 1.0)
    printed = console.file.getvalue().splitlines()
    assert [line.split(": ")[1] for line in printed] == ["invalid", "failed"]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_verbose_prints_the_call_of_each_run(is_terminal):
    slots = [Slot(A, 0, 0)]
    console = Terminal(
        file=io.StringIO(), width=200, verbose=True, force_terminal=is_terminal, color="never"
    )
    with progress.make_progress(slots, console) as shown:
        shown.begin(slots[0])
    assert "skein run timers --runtime fiber --" in console.file.getvalue()
