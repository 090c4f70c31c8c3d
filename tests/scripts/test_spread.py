"""The spread tables and the figure of latency against load."""

import copy
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from skein_scripts.commands import report
from skein_scripts.records import metrics, results
from skein_scripts.records.groups import group_runs
from skein_scripts.report import all_figures, report_pages, spread
from skein_scripts.report.plots import latency_vs_load
from skein_scripts.report.plots.sweeps import name_of


@pytest.fixture
def open_run(fixture_v1):
    """A coroutine's run under an open load."""
    return next(
        run
        for run in results.runs(results.load(fixture_v1))
        if run["cell_id"].startswith("c10k/coroutine/10000/open")
    )


def test_range_and_deviation_are_shares_of_the_median():
    found = spread.spread_of([100.0, 110.0, 90.0, 100.0, 130.0])
    assert (found.median, found.low, found.high, found.n) == (100, 90, 130, 5)
    assert found.range == pytest.approx(0.4)
    assert found.mad == pytest.approx(0.1)
    assert spread.spread_of([0.0, 0.0]).range is None
    assert spread.spread_of([]) is None


def rounds_of(run, figures):
    """A run for each figure of CPU time, in rounds of their own."""
    copies = []
    for block, figure in enumerate(figures):
        one = copy.deepcopy(run)
        one |= {"run_id": f"r{block}", "session_id": "none", "block": block}
        one["cpu"]["per_op_ns"] = figure
        copies.append(one)
    return copies


def test_the_table_has_valid_runs_repeats_and_the_spread_of_each_figure(open_run):
    runs = rounds_of(open_run, [10_000.0, 11_000.0, 9_000.0])
    runs[2]["status"], runs[2]["reasons"] = "invalid", ["steal"]
    (group,) = group_runs(runs)
    group.series[0].retried = 2
    made = spread.make_table(group)
    row = dict(zip(made.columns, made.rows[0], strict=True))
    assert row["valid"] == "2 of 3"
    assert row["repeated"] == "2"
    assert row["CPU/op µs"] == "10.5, 9.52 % [10.0..11.0, MAD 4.76 %]"
    assert "late p99 µs" not in made.columns


def test_the_report_and_the_option_spread_show_it(matrix_run, capsys, monkeypatch):
    matrix_run.environment["FAKE_SKEIN_DRIFT"] = "[0, 0.3]"
    matrix_run()
    records = matrix_run.records()
    console = Console(width=160, record=True, quiet=False)
    with console.capture() as captured:
        report_pages.make(matrix_run.results, matrix_run.folder / "report", console)
    assert "is inconclusive: the anchor drifted by 30 %" in captured.get()
    for name in ("report.md", "report.html"):
        text = (matrix_run.folder / "report" / name).read_text(encoding="utf-8")
        assert "Spread · c10k, fixed" in text
        assert "Inconclusive" in text
    monkeypatch.setattr(sys, "argv", ["report.py"])
    report.main([str(matrix_run.results), "--spread"])
    out = capsys.readouterr().out
    assert "Spread" in out
    assert not (matrix_run.output / "report.html").exists()
    assert records


def test_a_figure_of_an_inconclusive_session_says_so(matrix_run):
    matrix_run.environment["FAKE_SKEIN_DRIFT"] = "[0, 0.3]"
    matrix_run()
    from skein_scripts.drawing import style

    style._SETTINGS["svg.fonttype"], before = "none", style._SETTINGS.get("svg.fonttype", "path")
    try:
        drawn = all_figures.draw_all(matrix_run.records(), matrix_run.folder / "plots")
    finally:
        style._SETTINGS["svg.fonttype"] = before
    for path in drawn:
        assert "session inconclusive" in path.read_text(encoding="utf-8")


def at_rates(run, rates, achieved=1.0):
    """The run as it would have been at each offered rate."""
    copies = []
    for number, rate in enumerate(rates):
        one = copy.deepcopy(run)
        one |= {"run_id": f"{one['cell']['active']}-{number}", "session_id": "none"}
        one["cell"]["rate_per_s"] = one["echoed"]["rate_per_s"] = rate
        one["load"] |= {"offered_per_s": rate, "achieved_per_s": rate * achieved}
        copies.append(one)
    return copies


def test_three_rates_of_the_same_work_are_a_sweep_and_two_are_none(open_run, tmp_path):
    two, three = (group_runs(at_rates(open_run, rates)) for rates in ([1, 2], [3000, 1000, 2000]))
    assert latency_vs_load.sweeps(two) == []
    (sweep,) = latency_vs_load.sweeps(three)
    assert [group.cell["rate_per_s"] for group in sweep] == [1000, 2000, 3000]
    names = [path.stem for path in all_figures.draw_all(at_rates(open_run, [1, 2, 3]), tmp_path)]
    assert "latency_vs_load" in names


def test_the_figure_of_one_sweep_of_several_is_named_after_what_its_rates_have_in_common(planted):
    def sweep_of(*names):
        groups = [group for group in group_runs(planted) if group.shape == "open"][: len(names)]
        return [replace(group, name=name) for group, name in zip(groups, names, strict=True)]

    assert name_of(sweep_of("c10k-open-10%", "c10k-open-30%", "c10k-open-50%")) == "c10k-open"
    assert name_of(sweep_of("c10k-open-10%-own", "c10k-open-30%-own")) == "c10k-open-own"
    assert name_of(sweep_of("low", "mid", "high")) == "low-mid-high"


def test_two_sweeps_have_two_figures_none_of_them_named_after_a_rate(open_run, tmp_path):
    other = copy.deepcopy(open_run)
    other["cell"]["active"] = other["echoed"]["active"] = 7
    runs = at_rates(open_run, [1001, 2001, 3001]) + at_rates(other, [1001, 2001, 3001])
    names = [path.stem for path in all_figures.draw_all(runs, tmp_path)]
    found = [name for name in names if name.startswith(latency_vs_load.NAME)]
    assert len(found) == len(set(found)) == 2
    assert not any("1001" in name for name in found), found


def test_other_work_is_another_sweep(open_run):
    other = copy.deepcopy(open_run)
    other["cell"]["active"] = other["echoed"]["active"] = 7
    runs = at_rates(open_run, [1, 2, 3]) + at_rates(other, [1, 2, 3])
    assert len(latency_vs_load.sweeps(group_runs(runs))) == 2


@pytest.mark.parametrize(("achieved", "is_saturated"), [(0.99, False), (0.97, True)])
def test_a_runtime_that_does_not_keep_up_is_marked_and_kept(open_run, achieved, is_saturated):
    (group,) = group_runs(at_rates(open_run, [1000], achieved))
    point = latency_vs_load.point_of(group.of("coroutine"), metrics.named("latency_p50"))
    assert point.is_saturated == is_saturated
    assert point.achieved_per_s == pytest.approx(1000 * achieved)


def test_a_run_without_stacks_stands_beside_those_that_have_one(open_run):
    fiber, thread = copy.deepcopy(open_run), copy.deepcopy(open_run)
    for run, runtime, size in ((fiber, "fiber", 65536), (thread, "thread", 65536)):
        run["run_id"] = runtime
        run["cell"] |= {"runtime": runtime, "stack_bytes": size}
        run["echoed"] |= {"runtime": runtime, "stack_bytes": size}
    assert len(group_runs([open_run, fiber, thread])) == 1
    thread["cell"]["stack_bytes"] = 262144
    assert len(group_runs([fiber, thread])) == 2
