"""Groups, tables, figures and the report, from full, partial and empty results."""

import copy
import re

import pytest
from rich.console import Console

from matrix_support import HERE, ROOT, matrix_run_in
from skein_scripts.base import table
from skein_scripts.base.errors import UsageError
from skein_scripts.commands import plot, report
from skein_scripts.drawing import frame, style
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.records.metrics import named
from skein_scripts.records.runtimes import runtimes
from skein_scripts.report import all_figures, report_pages, results_table
from skein_scripts.report.floor import above_floor
from skein_scripts.report.plots import lateness as lateness_plot

FIXTURE = HERE / "fixtures" / "v1.jsonl"


@pytest.fixture
def records():
    return results.load(FIXTURE)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Results of the quick preset, with all five runtimes, made up by the stand-in."""
    run = matrix_run_in(tmp_path_factory.mktemp("full"))
    run.matrix = ROOT / "scripts" / "presets" / "quick.toml"
    done = run("--repeats", "2", "--set", "c10k.duration=100ms")
    assert done.returncode == 0, done.stderr
    return run.records()


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """The figures of partial results, drawn once: by name the bytes of both forms."""
    return bytes_of(all_figures.draw_all(results.load(FIXTURE), tmp_path_factory.mktemp("figures")))


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """The same with their words as words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(style._SETTINGS, "svg.fonttype", "none")
        drawn = all_figures.draw_all(results.load(FIXTURE), tmp_path_factory.mktemp("words"))
    return {path.stem: path.read_text(encoding="utf-8") for path in drawn}


def bytes_of(svgs):
    return {one.name: one.read_bytes() for svg in svgs for one in (svg, svg.with_suffix(".png"))}


@pytest.mark.slow
def test_every_figure_is_drawn_from_full_results_as_svg_and_png(full, tmp_path):
    drawn = all_figures.draw_all(full, tmp_path / "plots")
    assert [path.stem for path in drawn] == [
        "memory_per_task",
        "memory_vs_n-c10k-idle",
        "memory_vs_n-timers-spread",
        "cpu_above_floor",
        "latency_spectrum-c10k-open",
        "latency_spectrum-c10k-fixed",
        "lateness",
    ]
    for path in drawn:
        assert path.read_text(encoding="utf-8").startswith("<?xml")
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_timer_floor_stands_in_the_report_and_beside_lateness(full):
    facts = dict(report_pages.machine_facts(results.sessions(full)[-1]))
    assert facts["machine floor: timer"] == "p50 43.0 µs, p99 160 µs late"
    assert lateness_notes(full) == [True]
    older = copy.deepcopy(full)
    for session in results.sessions(older):
        del session["machine_floor"]["timer_p50_ns"]
    assert lateness_notes(older) == [False]


def lateness_notes(records):
    """For each figure of lateness, whether its foot speaks of the timer floor."""
    context = frame.Context.of(results.sessions(records)[-1])
    figures = [lateness_plot.draw(group, context) for group in group_runs(records)]
    return [
        any("timer floor" in text.get_text() for text in figure.texts)
        for figure in figures
        if figure is not None
    ]


def test_what_was_exchanged_on_idle_connections_has_columns_where_it_was(full):
    (idle,) = [group for group in group_runs(full) if group.shape == "idle"]
    assert "message p99 µs" not in results_table.make_table(idle).columns
    for run in idle.series[0].ok:
        run["exchange"] = {"cpu_per_op_ns": 8_900, "latency": {"p50": 700_000, "p99": 1_100_000}}
        run["memory"]["mappings"] = 86
    made = results_table.make_table(idle)
    row = dict(zip(made.columns, made.rows[0], strict=True))
    assert row["message p99 µs"].startswith("1")
    assert row["CPU/message µs"] == "8.90"
    assert row["mappings"] == "86"


@pytest.mark.slow
def test_the_same_results_give_the_same_figure(records, tmp_path, figures):
    assert bytes_of(all_figures.draw_all(records, tmp_path)) == figures


def test_partial_results_are_drawn_with_their_reasons(words):
    assert "no result (limit: RLIMIT_NPROC 9000 &lt; 10016)" in words["cpu_above_floor"]
    assert "No result: fiber in timers-spread (failed: the worker" in words["lateness"]
    assert "No result: thread in c10k-open (limit" in words["latency_spectrum-c10k-open"]


def test_a_group_without_any_number_is_still_drawn(records, tmp_path):
    for run in results.runs(records):
        if run["status"] == "ok":
            run["status"], run["reasons"] = "invalid", ["steal of 3 % on CPU 0"]
    assert all_figures.draw_all(records, tmp_path)


def test_figures_say_how_many_runs_on_which_machine(words):
    for name, text in words.items():
        assert re.search("n = [01]", text), name
        assert "Imaginary CPU @ 3.00GHz, 2 CPUs, Linux 6.18.0-fake" in text, name
        assert "commit 0123456789ab" in text, name


def test_every_runtime_has_a_colour_of_its_own():
    colours = [runtime.colour for runtime in runtimes().values()]
    assert len(set(colours)) == len(colours)
    assert style.colour_of("unheard_of") not in colours


def test_runtimes_stand_in_one_order_everywhere(full):
    for group in group_runs(full):
        found = [series.runtime for series in group.series]
        assert found == [name for name in runtimes() if name in found]
        assert len(found) == 5


def test_a_table_has_a_row_for_each_runtime_and_a_reason_where_there_is_no_number(records):
    tables = {group.name: results_table.make_table(group) for group in group_runs(records)}
    rows = {row[0]: row for row in tables["c10k-open"].rows}
    assert rows["thread"][1:] == ["1 limit", "limit: RLIMIT_NPROC 9000 < 10016"]
    assert rows["libuv"][1:] == ["not run", "not run"]
    assert "CPU/request µs" in tables["c10k-open"].columns
    assert "early" in tables["timers-spread"].columns


def test_an_override_is_explained_under_its_table(records):
    tables = {group.name: results_table.make_table(group) for group in group_runs(records)}
    assert any("thread: 100,000 threads" in note for note in tables["timers-spread"].notes)


def test_a_narrow_terminal_gets_medians_and_a_wide_one_intervals(full):
    group = next(group for group in group_runs(full) if group.name == "c10k-fixed")
    for width, has_intervals in ((80, False), (140, True)):
        console = Console(width=width, record=True, quiet=True)
        console.quiet = False
        with console.capture() as captured:
            table.render(results_table.make_table(group), console)
        text = captured.get()
        assert ("[" in text) == has_intervals
        assert max(map(len, text.splitlines())) <= width


def test_cost_above_the_floor_is_paired_by_round(full):
    group = next(group for group in group_runs(full) if group.name == "c10k-fixed")
    thread = group.of("thread")
    above = above_floor(group, thread, named("cpu_per_op"))
    assert above.ratio.n == 2
    assert above.ratio.median == pytest.approx(1.7, abs=0.15)
    assert above_floor(group, group.of("epoll_floor"), named("cpu_per_op")) is None


def test_runs_outside_any_plan_are_grouped_by_their_work(records):
    runs = [copy.deepcopy(run) for run in results.runs(records)]
    groups = group_runs(runs)
    # thread met a limit and says less of its cell, and its timers stand beside the others'
    assert len(groups) == 3
    assert sum(len(series.runs) for group in groups for series in group.series) == len(runs)


def test_two_machines_in_one_file_are_refused(records):
    other = copy.deepcopy(records[0])
    other["environment"]["cpu_model"] = "Another CPU"
    with pytest.raises(UsageError, match="mixes machines"):
        group_runs([*records, other])


def test_the_report_has_tables_figures_machine_and_reasons(records, tmp_path):
    console = Console(width=120, record=True)
    page = report_of(records, tmp_path, console)
    html = page.read_text(encoding="utf-8")
    for text in ("c10k, open:", "How late timers fire", "Imaginary CPU",
                 "RLIMIT_NPROC 9000 &lt; 10016", "What the numbers do not say"):  # fmt: skip
        assert text in html
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", markdown)
    assert "plots/lateness.svg" in pictures
    for name in pictures:
        assert (tmp_path / name).is_file()
    assert html.count('<svg class="plot"') == len(pictures)
    assert "| coroutine |" in markdown
    assert f"report: {page}" in console.export_text()


def report_of(records, folder, console):
    path = folder / "results.jsonl"
    path.write_text("".join(results.dump(record) for record in records), encoding="utf-8")
    return report_pages.make(path, folder, console)


def test_text_from_records_cannot_become_markup(records, tmp_path):
    for run in results.runs(records):
        if run["status"] == "failed":
            run["reasons"] = ["<script>alert(1)</script>"]
    page, _ = report_pages.write(records, tmp_path, [])
    html = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_a_file_without_runs_cannot_be_plotted(tmp_path, records):
    path = tmp_path / "empty.jsonl"
    path.write_text(results.dump(records[0].copy() | {"plan": None}), encoding="utf-8")
    with pytest.raises(UsageError, match="no runs to draw"):
        plot.main([str(path)])


def test_a_table_of_churned_timers_has_the_cost_of_arming_and_cancelling(tmp_path):
    run = matrix_run_in(tmp_path)
    run.matrix.write_text(run.matrix.read_text().replace('pattern = "spread"', 'pattern = "churn"'))
    done = run("--repeats", "1", "--filter", "workload=timers", "--set", "timers.grid=100us")
    assert done.returncode == 0, done.stdout
    (group,) = group_runs(run.records())
    made = results_table.make_table(group)
    assert "CPU/arm+cancel µs" in made.columns
    assert "CPU/timer µs" not in made.columns
    assert "spawn/task µs" in made.columns
    assert any("left to fire" in note for note in made.notes)
    assert made.title.endswith("on a grid of 100 µs")
    assert [path.stem for path in all_figures.draw_all(run.records(), tmp_path / "plots")][
        -1
    ] == "lateness"


def test_quiet_says_only_what_to_open_and_verbose_every_file(records, tmp_path, capsys):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(results.dump(record) for record in records), encoding="utf-8")
    assert report.main([str(path), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == f"report: {tmp_path / 'report.html'}"
    assert "p99" not in said
    assert report.main([str(path), "--verbose"]) == 0
    said = capsys.readouterr().out
    for figure in (tmp_path / "plots").glob("*.svg"):
        assert f"wrote {figure}" in said
