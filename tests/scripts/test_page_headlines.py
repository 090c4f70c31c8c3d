"""The report's first screen: the questions that are declared, who is told apart from whom, what
stands in the headline table and in the sentence of each question."""

import copy
import dataclasses

import pytest

from page_parts import Page, with_rounds
from skein_scripts.base.errors import UsageError
from skein_scripts.records import headlines as declared
from skein_scripts.records import results
from skein_scripts.records.groups import Group, Series, group_runs
from skein_scripts.records.metrics import metrics, named
from skein_scripts.report import report_pages
from skein_scripts.report.answers import answer
from skein_scripts.report.headline_columns import Entry, Figure, columns_of
from skein_scripts.report.headline_table import make_table
from skein_scripts.report.paired import told_apart
from skein_scripts.report.ranking import Placed, rank

# --- the declarations ---

GOOD = """
[metric.cost]
path = "cpu.cost_ns"
unit = "ns"
heading = "cost"
[metric.bare]
path = "cpu.bare_ns"
unit = "ns"

[[headline]]
title = "cost of it"
question = "Least cost"
last = "most"
workload = "c10k"
shapes = ["open", "idle_heavy"]
middle = "rate_per_s"
metrics = ["cost"]
"""


@pytest.fixture
def planted_file(tmp_path):
    def with_text(text):
        path = tmp_path / "metrics.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return with_text


def test_a_question_is_read_with_its_columns(planted_file):
    path = planted_file(GOOD)
    (found,) = declared.headlines(path)
    assert (found.title, found.question, found.last) == ("cost of it", "Least cost", "most")
    assert (found.workload, found.shapes) == ("c10k", ("open", "idle_heavy"))
    assert found.middle == "rate_per_s"
    assert found.metrics == (metrics(path)["cost"],)


def test_a_file_without_questions_has_none(planted_file):
    assert declared.headlines(planted_file(GOOD.partition("[[headline]]")[0])) == ()


def test_our_questions_are_of_what_the_first_screen_is_for():
    found = declared.headlines()
    assert len({one.title for one in found}) == len(found) > 4
    shown = {metric for one in found for metric in one.metrics}
    assert {named("user_bytes_per_task"), named("kernel_bytes_per_task")} <= shown


@pytest.mark.parametrize(("change", "said"), [
    (('title = "cost of it"\n', ""), "headline None: title is a text, not left out"),
    (('question = "Least cost"', 'question = " "'), "'cost of it': question is a text, not ' '"),
    (('last = "most"\n', ""), "last is a text, not left out"),
    (('workload = "c10k"', 'workload = "c10m"'), "unknown workload 'c10m' .*did you mean 'c10k'"),
    (('"idle_heavy"', '"idle_heavi"'), "unknown mode or pattern 'idle_heavi'"),
    (('shapes = ["open", "idle_heavy"]', "shapes = []"), r"shapes is a list of names, not \[\]"),
    (('metrics = ["cost"]', 'metrics = "cost"'), "metrics is a list of names, not 'cost'"),
    (('metrics = ["cost"]', "metrics = [3]"), "each of metrics is a text, not 3"),
    (('metrics = ["cost"]', 'metrics = ["coast"]'), "unknown metric 'coast' .*mean 'cost'"),
    (('metrics = ["cost"]', 'metrics = ["bare"]'), "metric bare is a column and has no heading"),
    (('middle = "rate_per_s"', 'middle = "rate"'), "unknown field in middle 'rate'"),
    (('last = "most"', 'last = "most"\ntile = "x"'), "unknown key 'tile' .*did you mean 'title'"),
    (("[[headline]]", "[headline]"), r"it is \[\[headline\]\], in two brackets"),
])  # fmt: skip
def test_a_question_that_cannot_be_is_refused_with_file_and_reason(planted_file, change, said):
    assert change[0] in GOOD
    path = planted_file(GOOD.replace(*change))
    with pytest.raises(UsageError, match=said) as refused:
        declared.headlines(path)
    assert str(path) in str(refused.value)


def test_two_questions_of_one_title_are_refused(planted_file):
    twice = GOOD + GOOD[GOOD.index("[[headline]]") :]
    with pytest.raises(UsageError, match="'cost of it': another has this title"):
        declared.headlines(planted_file(twice))


# --- ties ---

CPU = named("cpu_per_op")


def series_of(runtime, values, planned=True):
    """A series whose rounds have these CPU times; None: no such figure in that round."""
    return Series(runtime, [
        {"kind": "run", "status": "ok", "block": block if planned else None,
         "cell": {"workload": "c10k", "runtime": runtime, "mode": "fixed"},
         "cpu": {"per_op_ns": value}}
        for block, value in enumerate(values)
    ])  # fmt: skip


BASE = [100.0, 110.0, 90.0, 105.0, 95.0, 100.0]


def times(factors):
    return [value * factor for value, factor in zip(BASE, factors, strict=False)]


@pytest.mark.parametrize(("factors", "is_apart"), [
    ([1.02] * 6, True),  # however the rounds differ
    ([0.98] * 6, True),
    ([1.02, 1.02, 1.02, 1.02, 1.02, 0.999], False),  # of six, one the other way is enough
    ([1.0] * 6, False),
    ([9.0] * 5, False),  # five rounds have no interval
    ([9.0] * 5 + [None], False),
])  # fmt: skip
def test_two_are_told_apart_by_the_ratios_of_their_rounds(factors, is_apart):
    values = [None if f is None else b * f for b, f in zip(BASE, factors, strict=False)]
    one, other = series_of("fiber", values), series_of("thread", BASE)
    assert told_apart(one, other, CPU) is is_apart
    assert told_apart(other, one, CPU) is is_apart


def test_runs_of_no_round_are_not_told_apart():
    one = series_of("fiber", times([9.0] * 6), planned=False)
    assert not told_apart(one, series_of("thread", BASE, planned=False), CPU)
    assert not told_apart(one, series_of("thread", BASE), CPU)


def test_a_slope_of_nothing_counts_as_one_byte():
    kernel = named("kernel_bytes_per_task")
    none, some = series_of("fiber", BASE), series_of("thread", BASE)
    for series, value in ((none, -0.3), (some, 40.0)):
        for run in series.runs:
            run["memory"] = {"per_task": {"kernel_bytes": value}}
    assert told_apart(none, some, kernel)
    for run in some.runs:
        run["memory"]["per_task"]["kernel_bytes"] = 0.4
    assert not told_apart(none, some, kernel)


def placed(series):
    summary = series.summary(CPU)
    return Placed(series, summary.median)


def names(groups):
    return [[one.runtime for one in group] for group in groups]


def test_who_is_not_told_apart_shares_a_place():
    mixed = [1.01, 0.99] * 3
    ranked = rank([
        placed(series_of("thread", times([3.0] * 6))),
        placed(series_of("libuv", times(mixed))),
        placed(series_of("callback", times([1.5] * 6))),
        placed(series_of("fiber", BASE)),
        placed(series_of("coroutine", times([0.5] * 3))),
    ], CPU)  # fmt: skip
    assert [set(group) for group in names(ranked.groups)] == [
        {"fiber", "libuv"}, {"callback"}, {"thread"}
    ]  # fmt: skip
    assert [one.runtime for one in ranked.unjudged] == ["coroutine"]
    assert ranked.is_best("libuv")
    assert not ranked.is_best("callback")
    assert not ranked.is_best("coroutine")


def test_where_all_share_a_place_nobody_is_best():
    ranked = rank([placed(series_of("a", BASE)), placed(series_of("b", times([1.01, 0.99] * 3)))],
                  CPU)  # fmt: skip
    assert len(ranked.groups) == 1
    assert not ranked.is_best("a")


def test_more_is_better_where_the_metric_says_so():
    throughput = named("throughput")
    slow, quick = series_of("slow", BASE), series_of("quick", BASE)
    for series, rate in ((slow, 10.0), (quick, 20.0)):
        for run in series.runs:
            run["load"] = {"achieved_per_s": rate}
    ranked = rank([Placed(slow, 10.0), Placed(quick, 20.0)], throughput)
    assert names(ranked.groups) == [["quick"], ["slow"]]


# --- the columns ---


def headline_of(title):
    return next(one for one in declared.headlines() if one.title == title)


def columns(records, title):
    return columns_of(headline_of(title), group_runs(records))


def test_the_middle_rate_is_taken(planted):
    p50, p99 = columns(planted, "latency at the middle rate")
    assert {entry.group.name for entry in p50.entries.values()} == {"open-mid"}
    assert p50.entries["coroutine"].figure.value == 27_100
    assert p99.entries["thread"].figure.value == 911_300


def test_a_figure_has_its_interval_and_what_it_is_times_the_floor(planted):
    user, _ = columns(with_rounds(planted, 3), "memory of an idle connection")
    entry = user.entries["fiber"]
    assert (entry.figure.value, entry.figure.low, entry.figure.high) == (4127, 4004, 4414)
    assert entry.figure.meaning == "95 % sign-test interval of the median over 9 runs"
    assert entry.times_floor.median == pytest.approx(4127 / 23)
    assert user.floor is user.entries["epoll_floor"]
    assert user.entries["epoll_floor"].times_floor is None


def test_a_runtime_that_did_other_work_is_shown_and_not_placed(planted):
    _, kernel = columns(with_rounds(planted, 3), "memory of a sleeping task")
    entry = kernel.entries["thread"]
    assert entry.other_work == "threads are dear"
    assert entry.figure.value == 22_717
    assert "thread" not in [one.runtime for one in kernel.ranking.in_order]


def another_buffer(planted):
    """The idle runs of libuv on buffers of its own, beside those of the others."""
    records = copy.deepcopy(with_rounds(planted, 3))
    for run in results.runs(records):
        if (run["cell"]["mode"], run["cell"]["runtime"]) == ("idle", "fiber"):
            run["cell"]["buffer"] = run["echoed"]["buffer"] = "own"
    plan = results.sessions(records)[0]["plan"]
    for cell in plan["cells"]:
        if cell["key"] == "idle/fiber":
            cell["key"], cell["group"] = "own/fiber", "own"
    plan["order"] = [["own/fiber" if key == "idle/fiber" else key for key in keys]
                     for keys in plan["order"]]  # fmt: skip
    return records


def test_a_runtime_that_is_not_in_the_main_group_is_taken_from_its_own(planted):
    user, _ = columns(another_buffer(planted), "memory of an idle connection")
    entry = user.entries["fiber"]
    assert entry.figure.value == 4127
    assert entry.other_work.startswith("c10k, idle: 1,000 connections, own buffers")
    assert entry.times_floor is None
    text = answer([user]).text
    assert text.endswith("; not compared, for other work (‡): fiber.")


def test_counts_are_added_up_and_have_no_best(planted):
    *_, early = columns(with_rounds(planted, 3), "lateness of a timer")
    assert early.entries["libuv"].figure.value == 3 * 148
    assert early.entries["coroutine"].figure.value == 0
    assert not any(early.ranking.is_best(runtime) for runtime in early.entries)


# --- the table ---


def table_of(records):
    groups = group_runs(records)
    every = [columns_of(one, groups) for one in declared.headlines()]
    return make_table([column for of_one in every for column in of_one])


def cells_of(table, runtime):
    row = next(row for row in table.rows if row.runtime == runtime)
    return dict(zip([head.title for head in table.heads], row.cells, strict=True))


def test_rows_stand_by_family_and_language_the_floor_first(planted):
    made = table_of(planted)
    assert [(group.title, [row.runtime for row in group.rows]) for group in made.groups] == [
        ("floor · C++", ["epoll_floor"]),
        ("stackless · C++", ["coroutine", "coroutine_uring"]),
        ("stackful · C++", ["fiber", "fiber_uring"]),
        ("thread · C++", ["thread"]),
        ("callback · C++", ["libuv"]),
    ]


def test_columns_stand_below_their_questions(planted):
    made = table_of(planted)
    assert made.spans == [(one.title, len(one.metrics)) for one in declared.headlines()]
    assert len(made.heads) == sum(span for _, span in made.spans)


def test_a_cell_has_its_figure_its_bar_and_all_that_is_said_of_it(planted):
    made = table_of(with_rounds(planted, 3))
    cell = cells_of(made, "coroutine")["user B/conn."]
    assert (cell.text, cell.times, cell.copied) == ("197", "×8.57", "197 [194, 204]")
    assert cell.is_best
    assert cell.detail == (
        "coroutine, user B/conn.: 197 [194, 204]; 95 % sign-test interval of the median over 9"
        " runs. 8.57 [6.80, 9.70] times the floor. best"
    )
    assert 0 < cell.floor < cell.bar < cells_of(made, "fiber")["user B/conn."].bar < 100
    assert cells_of(made, "thread")["user B/conn."].bar == 100
    assert cells_of(made, "libuv")["user B/conn."].detail == "timeout: no answer within 40 s"
    assert cells_of(made, "fiber_uring")["user B/conn."].detail == "not part of this run"


def test_the_floor_is_what_others_are_held_against(planted):
    made = table_of(with_rounds(planted, 3))
    floor = cells_of(made, "epoll_floor")
    assert floor["above floor µs"].text == "the floor"
    assert not any(cell.is_best for cell in floor.values())
    assert cells_of(made, "coroutine")["above floor µs"].text == "+1.00"


def test_early_timers_are_marked_as_bad(planted):
    made = table_of(planted)
    assert cells_of(made, "libuv")["early"].is_bad
    assert not cells_of(made, "fiber")["early"].is_bad


def test_with_few_rounds_nobody_is_best(planted):
    made = table_of(planted)
    assert not made.has_best
    assert made.has_other_work
    assert table_of(with_rounds(planted, 3)).has_best


def test_a_tie_is_said_in_the_cell(planted):
    records = with_rounds(planted, 3)
    tie(records)
    made = table_of(records)
    best = [name for name in ("coroutine", "fiber", "thread")
            if cells_of(made, name)["user B/conn."].is_best]  # fmt: skip
    assert best == ["coroutine", "fiber"]
    assert "best, not told apart from fiber" in cells_of(made, "coroutine")["user B/conn."].detail


def tie(records):
    """Idle connections of fibers take what those of coroutines take, a tenth more or less."""
    idle = [run for run in results.runs(records)
            if run["cell"]["mode"] == "idle" and run["status"] == "ok"]  # fmt: skip
    mine = {run["block"]: run for run in idle if run["cell"]["runtime"] == "coroutine"}
    for run in idle:
        if run["cell"]["runtime"] == "fiber":
            user = mine[run["block"]]["memory"]["per_task"]["user_bytes"]
            factor = 1.1 if run["block"] % 2 else 0.9
            run["memory"]["per_task"]["user_bytes"] = user * factor


# --- the sentences ---


def text_of(records, title):
    return answer(columns(records, title)).text


def test_a_sentence_names_the_floor_the_order_and_the_range_of_the_rest(planted):
    assert text_of(with_rounds(planted, 3), "memory of an idle connection") == (
        "epoll_floor 23 B (the floor), then coroutine 197 B, then fiber 4,127 B, then thread"
        " 8,539 B; kernel B/conn.: 7,993 B (epoll_floor) to 30,577 B (thread)."
    )


def test_a_sentence_says_who_is_last_and_who_was_early(planted):
    text = text_of(with_rounds(planted, 3), "lateness of a timer")
    assert text.startswith("epoll_floor 43.3 µs (the floor), then coroutine 35.3 µs, then fiber")
    assert "libuv 578 µs" in text
    assert "early: libuv 444" in text
    assert text.endswith("not compared, for other work (‡): thread.")


def test_a_tie_is_said_in_the_sentence(planted):
    records = with_rounds(planted, 3)
    tie(records)
    text = text_of(records, "memory of an idle connection")
    assert "coroutine 197 B (not told apart), then thread 8,539 B" in text


def test_of_many_that_share_a_place_the_first_and_the_last_are_named():
    mixed = [1.01, 0.99] * 3
    names = ("coroutine", "fiber", "thread", "libuv", "callback")
    (cpu,) = columns_of(headline_of("CPU of a request"), [])
    entries = {
        name: Entry(Group("g", "c10k", []), series_of(name, times(mixed)), Figure(place, ""),
                    None, None)
        for place, name in enumerate(names)
    }  # fmt: skip
    text = answer([dataclasses.replace(cpu, entries=entries)]).text
    assert text == (
        "coroutine +0.00 µs, fiber +0.00 µs, thread +0.00 µs, ... callback +0.00 µs"
        " (5 rows, not told apart)."
    )


def test_three_rounds_have_an_order_and_no_verdict(planted):
    assert text_of(planted, "memory of an idle connection").startswith(
        "epoll_floor 23 B (the floor), coroutine 197 B, fiber 4,127 B, thread 8,539 B:"
        " not told apart, for there are too few rounds;"
    )


def test_what_was_not_measured_is_said(planted):
    only_timers = [
        record for record in planted
        if record["kind"] != "run" or record["cell"]["workload"] == "timers"
    ]  # fmt: skip
    assert text_of(only_timers, "CPU of a request") == "not measured in this run."


def test_a_group_of_which_no_run_counts_has_its_reasons(changed):
    for run in results.runs(changed):
        run["status"], run["reasons"] = "limit", ["RLIMIT_NPROC 9000 < 10016"]
    text = text_of(changed, "memory of an idle connection")
    assert text == "no run has a figure: limit: RLIMIT_NPROC 9000 < 10016."


def test_the_first_screen_has_sentences_and_table(planted, tmp_path):
    records = with_rounds(planted, 3)
    html, _ = report_pages.write(records, tmp_path, [])
    made = Page(html.read_text(encoding="utf-8"))
    for one in declared.headlines():
        assert one.question in made.words
        assert text_of(records, one.title).split(";")[0] in made.words
    title, cell = made.headline()["coroutine"][0]
    assert (title, cell.text, cell.given["data-value"]) == ("user B/conn.", "★197×8.57", "197.0")
    assert cell.given["tabindex"] == "0"
    assert cell.tip.startswith("coroutine, user B/conn.: 197 [194, 204]")
    assert "several ★ are not told apart" in made.words


def test_without_any_group_there_is_no_table():
    assert make_table(columns_of(headline_of("CPU of a request"), [])) is None
