"""The report's page as a document: one file that fetches nothing, in which every table, figure and
reason has its place; and what it says of results that are not whole."""

import copy
import json
import re

import pytest
from rich.console import Console

from matrix_support import call_main
from page_parts import HEADLINE, Page, with_rounds
from skein_scripts.commands import report
from skein_scripts.drawing import style
from skein_scripts.records import results
from skein_scripts.records.groups import group_runs
from skein_scripts.records.runtime_rules import FAMILIES
from skein_scripts.report import all_figures, page, questions, report_pages
from skein_scripts.report.headline_table import Scale
from skein_scripts.report.plots import cpu_above_floor, latency_spectrum, lateness, memory_per_task

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">
<g id="runtime:fiber"><path id="a" d="M 0 0 L 1 1"/></g></svg>
"""
ODD = "a<b>&\"c'[x]"


def page_of(records, folder, figures=(), **more):
    html, _ = report_pages.write(records, folder, list(figures), **more)
    return Page(html.read_text(encoding="utf-8"))


def text_of(records, folder):
    return report_pages.write(records, folder, [])[0].read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(planted, tmp_path_factory):
    """The page of results that have rounds enough."""
    return page_of(with_rounds(planted, 3), tmp_path_factory.mktemp("page"))


@pytest.fixture
def figures(tmp_path):
    """Figures of each kind, as small as can be."""
    folder = tmp_path / "plots"
    folder.mkdir()
    names = ("memory_per_task", "latency_spectrum-c10k-open", "lateness", "something_new")
    for name in names:
        (folder / f"{name}.svg").write_text(SVG)
    return [folder / f"{name}.svg" for name in names]


# --- the document ---


def test_the_page_fetches_nothing(planted, tmp_path, figures):
    made = page_of(planted, tmp_path, figures)
    assert {one for one in made.fetched if not one.startswith("#")} == {"data:,"}
    text = (tmp_path / "report.html").read_text()
    assert not re.search(r"@import|https?://", text)
    assert "fetch(" not in text


def test_every_identifier_stands_once(planted, tmp_path, figures):
    made = page_of(planted, tmp_path, figures)
    assert len(set(made.ids)) == len(made.ids)
    targets = {one.removeprefix("#") for one in made.fetched if one.startswith("#")}
    assert targets <= set(made.ids)


def test_every_table_has_a_caption_and_heads_of_columns_and_rows(whole):
    assert (
        len(whole.tables) == 1 + 7 + 7 + 1 + 1 + 1
    )  # headline, results, spread, drift, style, facts
    for table in whole.tables:
        assert table.caption.strip()
        heads = [cell for row in table.rows for cell in row if cell.tag == "th"]
        assert all(cell.given.get("scope") for cell in heads)
        assert all(cell.text.strip() for cell in heads)
        assert all(row[0].tag == "th" or not row[0].text or row[0].text == "bars"
                   for row in table.rows)  # fmt: skip


def test_a_page_without_a_script_has_no_dead_controls(planted, tmp_path):
    text = text_of(planted, tmp_path)
    before, _, _ = text.partition("<script>")
    assert re.search(r'<div id="controls" hidden>', before)
    controls = re.search(r'(?s)<div id="controls" hidden>.*?</div>', before)[0]
    assert "<button" not in before.replace(controls, "")


def test_the_script_is_short_and_has_no_end_in_it():
    script = (report_pages.TEMPLATES / "report.js").read_text(encoding="utf-8")
    assert len(script.splitlines()) <= 300
    for text in (script, (report_pages.TEMPLATES / "report.css").read_text(encoding="utf-8")):
        assert "</" not in text
        assert max(map(len, text.splitlines())) <= 100


def test_figures_stand_in_the_section_of_their_question(planted, tmp_path, figures):
    made = questions.sections(planted, group_runs(planted), figures)
    found = {one.question.anchor: [path.stem for path in one.figures] for one in made}
    assert found["memory"] == ["memory_per_task"]
    assert found["latency"] == ["latency_spectrum-c10k-open"]
    assert found["lateness"] == ["lateness"]
    assert found["figures"] == ["something_new"]
    shown = page_of(planted, tmp_path, figures)
    labels = [picture["aria-label"] for picture in shown.pictures if "aria-label" in picture]
    assert "Latency at every percentile. (c10k-open)" in labels
    assert len(labels) == len(set(labels)) == 4
    assert shown.marked == ["fiber"] * 4


def test_every_table_of_results_stands_in_one_section(planted):
    groups = group_runs(planted)
    made = questions.sections(planted, groups, [])
    titles = [table.title for one in made[:-3] for table in one.tables]
    assert sorted(titles) == sorted(group.title() for group in groups)
    by_anchor = {one.question.anchor: one.tables for one in made}
    assert [table.title.split(":")[0] for table in by_anchor["memory"]] == ["c10k, idle"]
    assert [table.title.split(":")[0] for table in by_anchor["cpu"]] == ["c10k, fixed"]
    assert len(by_anchor["latency"]) == 3
    assert len(by_anchor["lateness"]) == 2


def test_a_section_says_where_the_tables_of_what_it_draws_stand(planted):
    groups = group_runs(planted)
    made = questions.sections(planted, groups, [])
    home = {table.title: one.question.title for one in made[:-3] for table in one.tables}
    plots = (memory_per_task, cpu_above_floor, latency_spectrum, lateness)
    asked = {name: one.question for one in made for name in one.question.figures}
    for plot in plots:
        question = asked[plot.NAME]
        for group in plot.groups_of(groups):
            title = home[group.title()]
            assert title in (question.title, *re.findall(re.escape(title), question.lead)), (
                plot.NAME, group.title())  # fmt: skip


def test_a_section_that_has_nothing_is_folded_and_says_so(whole):
    opened = dict(whole.opened)
    assert opened["memory"]
    assert not opened["micro"]
    assert "This run has nothing to it." in whole.words


def test_drift_stands_round_by_round(planted):
    (made,) = questions.drift_tables(planted)
    assert made.columns == ["cell", "round 1", "round 2", "round 3"]
    assert made.rows[0][1:] == ["4.51 µs", "4.60 µs", "4.70 µs"]
    assert made.notes == ["drift 2.17 %, at most 10 %: beyond that the session is inconclusive"]


def test_runs_that_met_a_limit_are_counted_by_their_reason(whole):
    assert "c10k/thread/1000/open/rate=30011: limit: RLIMIT_NPROC 9000 &lt; 10016 (9 runs)" in (
        whole.words
    )


def test_the_signs_stand_on_the_first_screen(whole):
    assert "✓ good: complete" in whole.words
    assert "✓ good: machine drifted by 2.17 % (at most 10 %)" in whole.words
    assert "282 runs, 9 interleaved rounds of the matrix “planted”." in whole.words


def test_families_are_explained(whole):
    for name in ("stackless", "stackful", "thread", "callback", "floor"):
        assert f"{name}: {FAMILIES[name]}" in whole.words


# --- the bars ---


def test_bars_have_one_scale_which_is_logarithmic_where_values_lie_far_apart():
    near, far = Scale.over([10.0, 5.0, 0.0]), Scale.over([10.0, 1000.0, -3.0])
    assert not near.is_log
    assert (near.share(10.0), near.share(5.0), near.share(0.0)) == (1.0, 0.5, 0.0)
    assert far.is_log
    assert far.share(1000.0) == 1.0
    assert 0 < far.share(10.0) < far.share(100.0) < 1
    assert far.share(-3.0) == 0.0
    assert Scale.over([300.0, 10.0]).is_log is False
    assert Scale.over([301.0, 10.0]).is_log is True
    assert Scale.over([]).share(0.0) == 0.0


# --- results that are not whole ---


def test_an_empty_file_has_a_page_that_says_so(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("")
    made = report_pages.make(path, tmp_path, Console(quiet=True))
    words = Page(made.read_text(encoding="utf-8")).words
    assert "bad: the file is empty" in words
    assert "This file has no run" in words
    assert "No run has a figure for this table." in words
    assert "was equal" not in words


def test_a_last_line_that_was_cut_short_is_said_and_the_rest_is_shown(planted, tmp_path):
    path = tmp_path / "results.jsonl"
    text = "".join(results.dump(record) for record in planted)
    path.write_text(text[:-40], encoding="utf-8")
    html, _ = report_pages.write(results.load(path), tmp_path, [], results.is_cut_short(path))
    made = Page(html.read_text(encoding="utf-8"))
    assert "the last line of the file was cut short and is left out" in made.words
    assert "the session has no end: it was cut short" in made.words
    assert made.headline()["fiber"]
    path.write_text(text, encoding="utf-8")
    assert not results.is_cut_short(path)


def test_where_no_run_counts_each_cell_has_its_reason(changed, tmp_path):
    for run in results.runs(changed):
        if run["status"] == "ok":
            run["status"], run["reasons"] = "invalid", ["steal of 7 % on CPU 0"]
    made = page_of(changed, tmp_path)
    assert "bad: 0 of 93 runs count" in made.words
    assert "equal conditions" not in made.words
    for _, cell in made.headline()["coroutine"][:1]:
        assert cell.text == "–"
        assert cell.tip == "invalid: steal of 7 % on CPU 0"
    assert "no result: " in made.words


def test_a_runtime_that_is_alone_is_compared_with_nobody(planted, tmp_path):
    alone = [
        record for record in with_rounds(planted, 3)
        if record["kind"] != "run" or record["cell"]["runtime"] == "fiber"
    ]  # fmt: skip
    alone = copy.deepcopy(alone)
    plan = results.sessions(alone)[0]["plan"]
    plan["cells"] = [cell for cell in plan["cells"] if cell["runtime"] == "fiber"]
    made = page_of(alone, tmp_path)
    assert list(made.headline()) == ["fiber"]
    assert "fiber 12,172 B ; with no other to compare it with" in made.words
    assert not any(
        "best" in (cell.given.get("class") or "") for _, cell in made.headline()["fiber"]
    )


def test_runs_without_a_session_have_a_page(planted, tmp_path):
    made = page_of(results.runs(planted), tmp_path)
    assert "no session is recorded, so neither machine nor plan is known" in made.words
    assert "The file does not say how it was made." in made.words
    assert made.headline()


def test_names_with_marks_of_markup_are_text(changed, tmp_path):
    plan = results.sessions(changed)[0]["plan"]
    for cell in plan["cells"]:
        if cell["group"] == "idle":
            cell["runtime"] = ODD if cell["runtime"] == "libuv" else cell["runtime"]
    plan["preset"] = ODD
    gone = ("idle", "libuv")
    changed = [
        run for run in changed
        if run["kind"] != "run" or (run["cell"]["mode"], run["cell"]["runtime"]) != gone
    ]  # fmt: skip
    text = text_of(changed, tmp_path)
    assert "a<b" not in text
    made = Page(text)
    assert made.headline()[ODD][0][1].tip == "not run"
    assert ODD in made.table("c10k, idle").runtimes
    assert made.words.count("a&lt;b&gt;&amp;&#34;c&#39;[x]") >= 3


def test_characters_that_are_not_seen_stand_as_their_escapes(changed, tmp_path):
    hidden = "a\u202eb\x1b[31m\x07"
    plan = results.sessions(changed)[0]["plan"]
    plan["preset"] = hidden
    for run in results.runs(changed):
        if run["cell"]["runtime"] == "libuv":
            run["cell"]["runtime"] = hidden
            run["cell_id"] += hidden
            run["reasons"] = [hidden] if run["status"] != "ok" else []
    for cell in plan["cells"]:
        cell["runtime"] = hidden if cell["runtime"] == "libuv" else cell["runtime"]
    text = text_of(changed, tmp_path)
    assert {one for one in hidden if not one.isprintable()} & set(text) == set()
    made = Page(text)
    assert "a\\u202eb\\x1b[31m\\x07" in made.headline()
    assert "of the matrix “a\\u202eb\\x1b[31m\\x07”" in made.words


def test_a_figure_that_cannot_be_shown_is_said_in_its_place(planted, tmp_path, figures):
    figures[0].write_text("<svg")
    figures[1].unlink()
    made = page_of(planted, tmp_path, figures)
    assert "memory_per_task.svg cannot be shown: not XML" in made.words
    assert "latency_spectrum-c10k-open.svg cannot be shown: No such file" in made.words
    assert len(made.marked) == 2


def test_what_is_no_result_ends_with_2_line_and_reason(planted, tmp_path, capsys):
    path = tmp_path / "results.jsonl"
    path.write_text(results.dump(planted[0]) + "{}\n" + results.dump(planted[1]))
    assert call_main("report.py", report.main, path) == 2
    assert f"{path}:2: it has no schema version" in capsys.readouterr().err
    path.write_text(json.dumps({"schema": 99}) + "\n")
    assert call_main("report.py", report.main, path) == 2
    assert "newer than" in capsys.readouterr().err


# --- a whole run ---


@pytest.mark.slow
def test_the_page_of_a_run_with_its_figures_is_small_and_whole(fixture_v1, tmp_path):
    records = results.load(fixture_v1)
    drawn = all_figures.draw_all(records, tmp_path / "plots")
    made = page_of(records, tmp_path, drawn)
    assert len([one for one in made.pictures if one.get("role") == "img"]) == len(drawn)
    assert "cannot be shown" not in made.words
    assert len(set(made.ids)) == len(made.ids)
    assert {one[:1] for one in made.fetched if one != "data:,"} == {"#"}
    figures = sum(path.stat().st_size for path in drawn)
    assert (tmp_path / "report.html").stat().st_size < figures
    assert style.colour_of("coroutine").lower() in (tmp_path / "report.html").read_text()
    assert made.table(HEADLINE)


def test_limits_and_failures_stand_before_what_was_disturbed(planted):
    statuses = [line.split(": ")[1] for line in page.not_ok(planted)]
    assert set(statuses) == {"limit", "failed", "timeout", "invalid"}
    assert statuses.index("invalid") == len(statuses) - statuses.count("invalid")
