"""Every number of the report around its tables: on the terminal, in Markdown and in HTML; what a
session says of itself; and the facts of the machine. From results that were made by hand."""

import copy
import re
from pathlib import Path

import pytest
from rich.console import Console

from page_parts import Page
from skein_scripts.base import table
from skein_scripts.commands import run_matrix
from skein_scripts.drawing import frame
from skein_scripts.records import conditions, results, session_verdict
from skein_scripts.records.groups import group_runs
from skein_scripts.report import factorial, report_pages, results_table, spread
from skein_scripts.session import session_end
from skein_scripts.session.runner import Tally

RUNTIMES = ["coroutine", "coroutine_uring", "fiber", "fiber_uring", "thread", "libuv",
            "epoll_floor"]  # fmt: skip
# As in every figure; by hand, so that two that are swapped do not go unseen.
COLOURS = {"coroutine": "#0072B2", "coroutine_uring": "#7FC4EC", "fiber": "#E69F00",
           "fiber_uring": "#F5D17A", "thread": "#CC79A7", "libuv": "#009E73",
           "epoll_floor": "#555555"}  # fmt: skip
# One column of each kind of fixed work, runtimes in order.
FIXED_LINES = {
    "requests": ["199,100/s", "217,100/s", "187,300/s", "208,700/s", "134,300/s", "166,974/s",
                 "241,300/s"],
    "CPU/request µs": ["5.21", "4.60", "5.50", "4.80", "7.41", "6.16", "4.10"],
    "user µs": ["0.613", "0.503", "0.641", "0.547", "1.11", "0.825", "0.401"],
    "kernel B/conn.": ["8,101", "9,103", "8,211", "9,211", "30,603", "8,169", "7,901"],
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    figures = [folder / "plots" / f"{name}.svg" for name in ("memory_vs_n", "lateness-spread")]
    return [
        path.read_text(encoding="utf-8") for path in report_pages.write(planted, folder, figures)
    ]


@pytest.fixture
def changed(planted):
    return copy.deepcopy(planted)


@pytest.fixture
def by_hand(planted):
    """Two runs as `skein run` writes them, one of each workload: each alone in a session whose plan
    is its one cell."""
    lines = []
    for group in ("fixed", "spread"):
        session = copy.deepcopy(planted[0]) | {"session_id": f"by-hand-{group}"}
        found = next(one for one in planted if one.get("run_id") == f"{group}-fiber-0-1")
        run = copy.deepcopy(found)
        session["plan"] = {"design": "single", "rounds": 1, "order": [[run["cell_id"]]]}
        run |= {"session_id": session["session_id"], "position": None, "block": None}
        lines += [session, run]
    return lines


# --- the pages ---


@pytest.mark.parametrize("kept", [slice(0, 2), slice(2, 4), slice(0, 4)])
def test_runs_by_hand_have_a_report(by_hand, kept, tmp_path):
    for path in report_pages.write(by_hand[kept], tmp_path, []):
        text = path.read_text(encoding="utf-8")
        assert "interleaved" not in text
        assert "of the matrix" not in text
        assert f"{len(by_hand[kept]) // 2} runs. One run is" in " ".join(text.split())


def test_the_html_page_has_every_table_cell_for_cell(pages, planted):
    page = Page(pages[0])
    for group in group_runs(planted):
        for made in (results_table.make_table(group), spread.make_table(group)):
            assert page.table(made.title).texts() == [made.columns, *made.rows]
    (made,) = factorial.make_tables(group_runs(planted))
    style_by_loop = page.table(made.title).texts()
    assert style_by_loop[1] == ["coroutine", "CPU/request µs", "5.21", "4.60", "–"]
    assert style_by_loop[1:] == made.rows
    assert page.table("Spread · c10k, fixed").texts()[7] == [
        "epoll_floor", "3 of 3", "0",
        "241,300/s, 10 % [234,061/s..258,191/s, MAD 3 %]",
        "4.10, 19.5 % [4.00..4.80, MAD 2.39 %]",
        "29, 34.5 % [26..36, MAD 10.3 %]",
        "7,901, 10 % [7,664..8,454, MAD 3 %]",
        "7,933, 9.96 % [7,696..8,486, MAD 2.99 %]",
        "34.1, 10 % [33.1..36.5, MAD 3 %]",
        "109, 10 % [106..117, MAD 3 %]",
    ]  # fmt: skip


def test_a_runtime_has_its_own_colour_in_the_page(pages, planted):
    page = Page(pages[0])
    rows = [name for table in page.tables for name in table.runtimes if name is not None]
    assert set(rows) == set(COLOURS)
    assert page.swatches == [COLOURS[runtime] for runtime in rows]


def test_the_markdown_page_has_every_row(pages, planted):
    lines = pages[1].splitlines()
    assert (
        "| runtime | runs | requests | p50 µs | p99 µs | service p99 µs | CPU/request µs |"
        in (pages[1])
    )
    assert (
        "| libuv | 2 ok, 1 failed | 166,974/s | 52.7 | 185 | 151 | 6.16 [6.10, 6.23], n = 2 | 0.825"
        " | 0.0330 | +2.11 [+2.10, +2.13], n = 2 | 1.522 [1.519, 1.525], n = 2"
        " | 343 [328, 358], n = 2 | 8,169 |"
    ) in lines
    # A reason stands in the first column, the others are empty.
    assert f"| thread | 3 limit | limit: RLIMIT_NPROC 9000 \\< 10016 |{'  |' * 9}" in lines
    for group in group_runs(planted):
        for row in results_table.make_table(group).rows:
            words = " | ".join(row).replace("<", "\\<")
            assert any(line.startswith(f"| {words} |") for line in lines), row


def test_both_pages_say_how_many_runs_and_what_became_of_the_session(pages):
    for page in pages:
        text = re.sub(r"\s+", " ", page)
        # 31 runs of cells a round, and one that was repeated; anchors are not among them.
        assert "94 runs, 3 interleaved rounds of the matrix" in text
        assert (
            "session 20261105T101112Z-planted is complete (93 of 93 runs, 1 repeated, anchor drift"
            " 2.17 %, machine unchanged)"
        ) in text
        assert "c10k/thread/1000/fixed: invalid: steal of 3 % on CPU 0" in text
        assert "c10k/libuv/1000/fixed: failed: the worker was ended by SIGSEGV" in text
        assert "Memory against the number of waiting tasks." in text
        assert "How late timers fire, and how many fire early." in text
    html, markdown = (re.sub(r"\s+", " ", page) for page in pages)
    for reason in ("c10k/libuv/1000/idle: timeout: no answer within 40 s",
                   "c10k/thread/1000/open/rate=30011: limit: RLIMIT_NPROC 9000"):  # fmt: skip
        assert markdown.count(reason) == 3
        assert html.count(reason) == 1
    assert html.count("(3 runs)") == 2
    assert "![Memory against the number of waiting tasks.](plots/memory_vs_n.svg)" in pages[1]


def test_the_facts_of_the_machine_have_their_units(planted):
    facts = report_pages.machine_facts(results.sessions(planted)[0])
    assert facts == [
        ("CPU", "Planted CPU @ 2.71GHz, 6 online"),
        ("kernel", "Linux 6.19.3-planted"),
        ("virtualization", "kvm"),
        ("governor", "performance"),
        ("thp", "madvise"),
        ("libc", "2.37"),
        ("memory", "23.0 GiB"),
        ("machine floor: stall p99", "61.3 µs"),
        ("machine floor: wake-up", "4.31 µs"),
        ("machine floor: timer", "p50 43.7 µs, p99 163 µs late"),
        ("build", "g++ 12.2.0, Release, -O2"),
        ("skein", "0.3.7, 89abcdef0123456789abcdef0123456789abcdef"),
        ("session", "20261105T101112Z-planted, 2026-11-05T10:11:12.131Z"),
        ("configuration", "c" * 64),
    ]


def test_the_facts_of_a_resumed_file_are_those_of_its_last_session(changed, tmp_path):
    later = copy.deepcopy(results.sessions(changed)[0]) | {"session_id": "resumed"}
    later["machine_floor"] |= {"wake_ns": 5_570, "timer_p50_ns": 44_900}
    for page in report_pages.write([*changed, later], tmp_path, []):
        _, _, text = page.read_text(encoding="utf-8").rpartition("Machine")
        assert "5.57 µs" in text
        assert "p50 44.9 µs, p99 163 µs late" in text
        assert "4.31 µs" not in text


def test_facts_that_are_not_there_are_not_made_up(changed):
    session = results.sessions(changed)[0]
    session |= {"machine_floor": None, "build": None, "config_sha256": None}
    session["tool"] |= {"dirty": True}
    session["environment"]["mem_total_bytes"] = "absent"
    facts = dict(report_pages.machine_facts(session))
    assert facts["machine floor: stall p99"] == facts["machine floor: wake-up"] == "–"
    assert facts["build"] == facts["configuration"] == "not recorded"
    assert facts["skein"].endswith(", with changes")
    assert not {"memory", "machine floor: timer"} & set(facts)


def test_the_foot_of_a_figure_says_where_it_comes_from(planted):
    context = frame.Context.of(results.sessions(planted)[0], "a remark")
    assert context.foot("What is shown.", ["A note."]) == [
        "A note.",
        "What is shown.",
        "Planted CPU @ 2.71GHz, 6 CPUs, Linux 6.19.3-planted, wakes a thread in 4.31 µs · skein"
        " 0.3.7, commit 89abcdef0123, 2026-11-05, a remark",
    ]


# --- the terminal ---


def printed(made, width):
    console = Console(width=width)
    with console.capture() as captured:
        table.render(made, console)
    return captured.get()


def lines_by_name(text):
    """The rows of a table that was printed turned: by their first cell, without its bars."""
    rows = [re.split(r"[│┃]", line)[1:-1] for line in text.splitlines() if re.match("[│┃]", line)]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows if row[0].strip()}


def test_a_terminal_shows_each_figure_under_its_runtime(planted):
    group = next(group for group in group_runs(planted) if group.name == "fixed")
    made = results_table.make_table(group)
    text = printed(made, 200)
    lines = lines_by_name(text)
    for name, figures in FIXED_LINES.items():
        assert lines[name] == figures
    heading = next(line for line in text.splitlines() if "coroutine_uring" in line)
    assert heading.replace("┃", " ").split() == RUNTIMES
    below = text.splitlines()[
        text.splitlines().index(
            next(line for line in text.splitlines() if line.startswith("│ CPU/request µs"))
        )
        + 1
    ]
    assert re.split("│", below)[2:8] == [
        cell for cell in re.split("│", below)[2:8] if cell.strip()[0] == "["
    ]
    assert "[6.10, 6.23], n = 2" in below
    assert f"  {made.notes[0]}" in text.splitlines()


def test_a_narrow_terminal_has_the_medians_alone_and_reasons_below(planted):
    group = next(group for group in group_runs(planted) if group.name == "open-high")
    text = printed(results_table.make_table(group), 80)
    lines = lines_by_name(text)
    assert lines["CPU/request µs"] == ["9.10", "9.51", "–", "8.21"]
    assert lines["above floor µs"] == ["+0.99", "+1.30", "–", "the floor"]
    assert lines["runs"] == ["3 ok", "3 ok", "3 limit", "3 ok"]
    assert "[" not in text
    assert "  thread: limit: RLIMIT_NPROC 9000 < 10016" in text.splitlines()


# --- what a session says of itself ---


def test_the_closing_line_counts_runs_anchors_and_drift(planted):
    session = results.sessions(planted)[0]
    counts = {"ok": 86, "limit": 3, "failed": 1, "timeout": 3}
    ending = session_end.end_record(session, copy.deepcopy(session), planted, counts, 1, 93)
    results.validate(ending)
    assert ending["anchor"]["values"] == [
        {"block": 0, "per_op_ns": 4507}, {"block": 1, "per_op_ns": 4603},
        {"block": 2, "per_op_ns": 4703},
    ]  # fmt: skip
    # Running medians: 4,555, 4,603 and 4,653.
    assert ending["anchor"]["drift"] == 0.0215
    assert (ending["planned"], ending["retried"], ending["counts"]["ok"]) == (93, 1, 86)
    assert ending["machine_floor"]["wake_ns"] == 4_310
    assert ending["inconclusive"] == []


def verdict_of(planted, **facts):
    session, ending = results.sessions(planted)[0], results.endings(planted)[0]
    return session_verdict.verdict(session, ending | facts)


def test_a_session_says_how_it_ended_with_its_figures(planted):
    name = "session 20261105T101112Z-planted"
    figures = "93 of 93 runs, 1 repeated, anchor drift 2.17 %"
    assert verdict_of(planted) == f"{name} is complete ({figures}, machine unchanged)"
    assert verdict_of(planted, interrupted=True, counts={"ok": 41, "limit": 2}) == (
        f"{name} was interrupted (43 of 93 runs, 1 repeated, anchor drift 2.17 %)"
    )
    drifted = results.endings(planted)[0]["anchor"] | {"drift": 0.1234}
    assert verdict_of(planted, anchor=drifted, inconclusive=["one", "two"], retried=5) == (
        f"{name} is inconclusive: one; two (93 of 93 runs, 5 repeated, anchor drift 12.3 %)"
    )
    unknown = drifted | {"drift": None}
    assert "anchor drift not known" in verdict_of(planted, anchor=unknown)


def test_drift_beyond_a_tenth_is_said_with_its_figure(changed):
    for run in results.probes(changed, "anchor"):
        if run["block"] == 2:
            run["cpu"]["per_op_ns"] = 5_903.0
    session = results.sessions(changed)[0]
    ending = session_end.end_record(session, copy.deepcopy(session), changed, {"ok": 1}, 0, 1)
    # 4,555, 4,603 and 5,253.
    assert ending["anchor"]["drift"] == 0.1532
    assert ending["inconclusive"] == ["the anchor drifted by 15.3 % over 3 rounds (at most 10 %)"]


def test_an_inequality_names_its_round_as_all_else_does_from_1(changed):
    wanted = {"fixed-coroutine-1-1": 63, "fixed-coroutine-0-1": 64}
    for run in results.runs(changed):
        if run["run_id"] in wanted:
            run["work"]["bytes"] = run["work"]["units"] * wanted[run["run_id"]]
    (found,) = conditions.inequalities(changed)
    assert found == (
        "fixed, round 2: work.bytes_per_unit is 63.0 in coroutine, 64.0 in coroutine_uring and"
        " fiber and fiber_uring and thread and epoll_floor"
    )


def test_an_inequality_of_runs_outside_any_plan_names_no_round(changed):
    outside = [
        run | {"block": None, "position": None, "session_id": "none"}
        for run in results.runs(changed)
        if run["run_id"] in ("fixed-coroutine-1-1", "fixed-fiber-1-1")
    ]
    outside[0]["work"]["bytes"] = 7 * outside[0]["work"]["units"]
    (found,) = conditions.inequalities(outside)
    assert found == (
        "c10k, fixed: 1,000 connections, 50 active, 64 B, lent buffers: work.bytes_per_unit is 64.0"
        " in coroutine, 7.0 in fiber"
    )


def test_a_run_that_did_not_count_is_replaced_by_the_next_of_its_slot(changed):
    """A resumed session has another id and the same plan; its runs come later and stand."""
    again = copy.deepcopy(results.sessions(changed)[0]) | {"session_id": "resumed"}
    first = next(run for run in results.runs(changed) if run["run_id"] == "fixed-fiber-1-1")
    later = copy.deepcopy(first) | {"session_id": "resumed", "run_id": "later"}
    later["cpu"]["per_op_ns"] = 5_507

    def fiber():
        group = next(g for g in group_runs([*changed, again, later]) if g.name == "fixed")
        return group.of("fiber")

    # The first was ok: what was measured beside it is one more.
    assert [run["cpu"]["per_op_ns"] for run in fiber().ok] == [5303, 5923, 5501, 5507]
    first |= {"status": "failed", "reasons": ["it crashed"]}
    assert [run["cpu"]["per_op_ns"] for run in fiber().ok] == [5303, 5923, 5507]
    assert fiber().status_counts() == "3 ok"
    first["status"] = "invalid"
    assert fiber().status_counts() == "3 ok, 1 repeated"
    later |= {"status": "failed", "reasons": ["it crashed"]}
    assert fiber().status_counts() == "2 ok, 1 failed, 1 repeated"


def test_templates_have_no_words_of_a_planned_session_where_there_is_none(planted, tmp_path):
    runs = [run for run in results.runs(planted) if run["run_id"].startswith("spread-")]
    for page in report_pages.write(runs, Path(tmp_path), []):
        text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
        assert "15 runs. One run is one fresh pair of processes." in text


def test_style_by_loop_is_printed_as_it_stands(planted):
    (made,) = factorial.make_tables(group_runs(planted))
    console = Console(width=120)
    with console.capture() as captured:
        table.render_upright(made, console)
    lines = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in captured.get().splitlines()
        if line.startswith("│")
    ]
    # A style's name stands in the first of its seven lines.
    assert lines == [
        [row[0] if place % 7 == 0 else "", *row[1:]] for place, row in enumerate(made.rows)
    ]
    assert "  direct on io_uring: fiber_uring" in captured.get().splitlines()


def test_the_tally_of_a_matrix_has_its_counts(tmp_path):
    console = Console(width=200)
    with console.capture() as captured:
        tally = Tally({"ok": 86, "limit": 3, "failed": 1}, retried=7)
        run_matrix.print_tally(tally, tmp_path, console)
        run_matrix.print_tally(Tally(), tmp_path, console)
    path = tmp_path / "results.jsonl"
    assert captured.get().splitlines() == [
        f"1 failed, 3 limit, 86 ok; 7 invalid runs were repeated; results: {path}",
        f"no runs; results: {path}",
    ]
    assert tally.not_measured == 1
