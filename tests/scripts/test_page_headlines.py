"""The report's first screen: the questions that are declared, what stands in the headline table and
in the sentence of each question. Who is told apart from whom is in test_ranking.py."""

import copy
import dataclasses

import pytest

from page_parts import Page, series_of, times, with_rounds
from skein_scripts.base.errors import UsageError
from skein_scripts.base.statistics import Summary
from skein_scripts.records import headlines as declared
from skein_scripts.records import results
from skein_scripts.records.groups import Group, group_runs
from skein_scripts.records.metrics import metrics, named
from skein_scripts.report import report_pages
from skein_scripts.report.answers import answer
from skein_scripts.report.headline_columns import Entry, Figure, columns_of
from skein_scripts.report.headline_table import is_resolved, make_table

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


# --- the columns ---


def headline_of(title):
    return next(one for one in declared.headlines() if one.title == title)


def columns(records, title):
    return columns_of(headline_of(title), group_runs(records))


def test_the_middle_rate_is_taken(planted):
    p50, p99 = columns(planted, "latency")
    assert {entry.group.name for entry in p50.entries.values()} == {"open-mid"}
    assert p50.entries["coroutine"].figure.value == 27_100
    assert p99.entries["thread"].figure.value == 911_300


def test_a_figure_has_its_interval_and_what_it_is_times_the_floor(planted):
    total, user, _ = columns(with_rounds(planted, 3), "memory of an idle connection")
    assert total.entries["fiber"].figure.value == 12_172
    entry = user.entries["fiber"]
    assert (entry.figure.value, entry.figure.low, entry.figure.high) == (4127, 4004, 4414)
    assert entry.figure.meaning == "95 % sign-test interval of the median over 9 runs"
    assert entry.times_floor.median == pytest.approx(4127 / 23)
    assert user.floor is user.entries["epoll_floor"]
    assert user.entries["epoll_floor"].times_floor is None


def test_a_runtime_that_did_other_work_is_shown_and_not_placed(planted):
    *_, kernel = columns(with_rounds(planted, 3), "memory of a sleeping task")
    entry = kernel.entries["thread"]
    assert entry.other_work == "threads are dear"
    assert entry.figure.value == 22_717
    assert "thread" not in [one.runtime for one in kernel.ranking.everyone]


def test_other_work_is_not_held_against_the_floor(planted):
    made = table_of(with_rounds(planted, 3))
    cell = cells_of(made, "thread")["user B/timer"]
    assert (cell.text, cell.mark, cell.times, cell.floor) == ("8,513", "‡", "", None)
    assert cells_of(made, "fiber")["user B/timer"].floor is not None


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
    _, user, _ = columns(another_buffer(planted), "memory of an idle connection")
    entry = user.entries["fiber"]
    assert entry.figure.value == 4127
    assert entry.other_work.startswith("c10k, idle: 1,000 connections, own buffers")
    assert entry.times_floor is None
    assert entry.floor is None  # there is one, and it is of the main group
    text = answer([user]).text
    assert "; other work (‡): fiber (own buffers); no result:" in text


def test_counts_are_added_up_and_whoever_has_none_is_best(planted):
    records = with_rounds(planted, 3)
    *_, early = columns(records, "lateness of a timer")
    assert early.entries["libuv"].figure.value == 3 * 148
    assert early.entries["coroutine"].figure.value == 0
    starred = [runtime for runtime in early.entries if early.ranking.is_best(runtime)]
    assert starred == ["coroutine", "fiber"]  # the floor has no place, and thread did other work
    cell = cells_of(table_of(records), "libuv")["early"]
    assert (cell.is_best, cell.is_bad) == (False, True)


def test_a_count_of_one_round_alone_has_no_star(planted):
    records = copy.deepcopy(with_rounds(planted, 3))
    for run in results.runs(records):
        of = (run["cell"].get("pattern"), run["cell"]["runtime"], run["block"])
        if of == ("spread", "fiber", 4):
            run["lateness"] |= {"early_count": 56, "early_max_ns": 1_000}
    made = table_of(records)
    assert not cells_of(made, "fiber")["early"].is_best
    assert cells_of(made, "coroutine")["early"].is_best


def test_where_nobody_has_any_there_is_no_best(planted):
    records = copy.deepcopy(with_rounds(planted, 3))
    for run in results.runs(records):
        if run.get("lateness"):
            run["lateness"] |= {"early_count": 0, "early_max_ns": None}
    assert not any(cells_of(table_of(records), runtime)["early"].is_best
                   for runtime in ("coroutine", "fiber", "libuv"))  # fmt: skip


def test_a_row_with_too_few_common_rounds_says_so_and_has_no_star(planted):
    records = copy.deepcopy(with_rounds(planted, 3))
    for run in results.runs(records):
        is_fiber = (run["cell"]["mode"], run["cell"]["runtime"]) == ("idle", "fiber")
        if is_fiber and run["block"] < 4:
            run["status"], run["reasons"] = "invalid", ["load: late"]
    _, user, _ = columns(records, "memory of an idle connection")
    assert "; too few common rounds to judge fiber 4,127 B; floor" in answer([user]).text
    cell = cells_of(table_of(records), "fiber")["user B/conn."]
    assert not cell.is_best
    assert cell.detail.endswith("too few common rounds to judge it")


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
    at = {"latency": "latency at 20,011/s"}
    assert made.spans == [
        (at.get(one.title, one.title), len(one.metrics)) for one in declared.headlines()
    ]
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
    detail = {name: cells_of(made, name)["user B/conn."].detail for name in best}
    assert detail["fiber"].endswith("best; not told apart from it: coroutine")
    assert detail["coroutine"].endswith("not told apart from the best, fiber")


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


def test_a_sentence_names_the_best_those_behind_it_the_floor_and_the_best_of_the_rest(planted):
    assert text_of(with_rounds(planted, 3), "memory of an idle connection") == (
        "coroutine 8,219 B; behind it, by median: fiber 12,172 B, thread 39,127 B (most); floor:"
        " 8,029 B; user B/conn.: coroutine 197; most: thread 8,539; kernel B/conn.: coroutine"
        " 8,017; most: thread 30,577; no result: libuv (timeout: no answer within 40 s)."
    )


def test_a_sentence_says_who_is_last_who_was_early_and_who_is_better_than_the_floor(planted):
    assert text_of(with_rounds(planted, 3), "lateness of a timer") == (
        "coroutine 35.3 µs; behind it, by median: fiber 50.9 µs, libuv 578 µs (latest); floor: 43.3"
        " µs, better than it: coroutine; late p99: coroutine 280 µs; latest: libuv 1,144 µs; fired"
        " too early: libuv 444 times in 9 runs; other work (‡): thread (5,000 tasks)."
    )


def test_early_timers_of_other_work_are_said_too(planted):
    records = copy.deepcopy(with_rounds(planted, 3))
    for run in results.runs(records):
        if (run["cell"].get("pattern"), run["cell"]["runtime"]) == ("spread", "thread"):
            run["lateness"] |= {"early_count": 1, "early_max_ns": 1_000}
    said = "fired too early: thread ‡ 9 times in 9 runs, libuv 444 times in 9 runs;"
    assert said in text_of(records, "lateness of a timer")


def test_a_tie_is_said_in_the_sentence(planted):
    records = with_rounds(planted, 3)
    tie(records)
    _, user, _ = columns(records, "memory of an idle connection")
    text = answer([user]).text
    assert text.startswith(
        "fiber 184 B; not told apart from it: coroutine 197 B; behind it, by median: thread 8,539 B"
    )


def test_who_is_not_told_apart_from_the_floor_is_named(planted):
    records = copy.deepcopy(with_rounds(planted, 3))
    idle = [run for run in results.runs(records)
            if run["cell"]["mode"] == "idle" and run["status"] == "ok"]  # fmt: skip
    floor = {run["block"]: run for run in idle if run["cell"]["runtime"] == "epoll_floor"}
    for run in idle:
        if run["cell"]["runtime"] == "coroutine":
            run["memory"] = copy.deepcopy(floor[run["block"]]["memory"])
    _, user, _ = columns(records, "memory of an idle connection")
    assert "; floor: 23 B, not told apart from it: coroutine;" in answer([user]).text
    assert cells_of(table_of(records), "coroutine")["user B/conn."].times == "(×1.00)"


def test_of_many_in_a_tie_all_are_named_and_the_ends_have_figures():
    mixed = [1.01, 0.99] * 3
    names = ("coroutine", "fiber", "thread", "libuv", "callback")
    (cpu,) = columns_of(headline_of("CPU of a request"), [])
    entries = {
        name: Entry(Group("g", "c10k", []), series_of(name, times(mixed)), Figure(place, ""), None)
        for place, name in enumerate(names)
    }  # fmt: skip
    text = answer([dataclasses.replace(cpu, entries=entries)]).text
    assert text == (
        "coroutine +0.00 µs; not told apart from it: fiber +0.00 µs, thread, libuv, callback"
        " +0.00 µs."
    )


def test_three_rounds_have_an_order_and_no_verdict(planted):
    assert text_of(planted, "memory of an idle connection").startswith(
        "by median coroutine 8,219 B, fiber, thread 39,127 B: not judged, for too few common"
        " rounds; floor: 8,029 B;"
    )


def test_a_question_says_its_work_and_which_of_the_rates_it_is_about(planted):
    asked = answer(columns(planted, "latency"))
    assert asked.question == ("Shortest p50 latency at 20,011/s, the middle of three rates")
    assert asked.work == "c10k, open: 1,000 connections, 50 active, 20,011/s, 64 B, lent buffers"
    assert (
        answer(columns(planted, "a task's start")).work == "timers, spread: 20,000 tasks, over 5 s"
    )


@pytest.mark.parametrize(("left_out", "said"), [
    ([20_011, 30_011], "at 10,007/s, the only rate"),
    ([30_011], "at 10,007/s, the lower of two rates"),
    ([], "at 20,011/s, the middle of three rates"),
])  # fmt: skip
def test_which_rate_is_the_middle_one_is_said(changed, left_out, said):
    kept = [run for run in changed if run.get("cell", {}).get("rate_per_s") not in left_out]
    plan = results.sessions(kept)[0]["plan"]
    plan["cells"] = [cell for cell in plan["cells"] if cell["settings"].get("rate") not in left_out]
    assert answer(columns(kept, "latency")).question.endswith(said)


def test_who_did_not_keep_up_with_the_rate_is_not_ranked(planted):
    records = with_rounds(planted, 3)
    p50, _ = columns(records, "latency")
    assert p50.entries["thread"].is_saturated
    assert "thread" not in [one.runtime for one in p50.ranking.everyone]
    assert answer([p50]).text == (
        "coroutine 27.1 µs; behind it, by median: fiber 28.9 µs (longest); floor: 23.9 µs; did not"
        " keep up (§): thread."
    )
    cell = cells_of(table_of(records), "thread")["p50 µs"]
    assert (cell.text, cell.mark, cell.times) == ("71.9", "§", "")
    assert table_of(records).has_saturated


@pytest.mark.parametrize(("low", "high", "is_interval", "is_told"), [
    (1.1, 1.3, True, True),
    (0.9, 1.3, True, False),
    (2.0, 30.0, True, False),  # decades
    (1.1, 1.3, False, False),  # a range
])  # fmt: skip
def test_a_ratio_is_resolved_by_its_interval(low, high, is_interval, is_told):
    ratio = Summary(n=7, median=1.2, low=low, high=high, mad=0.1, is_interval=is_interval)
    assert is_resolved(ratio) is is_told


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
    rows = "coroutine, fiber, thread, libuv, epoll_floor"
    assert text == f"no result: {rows} (limit: RLIMIT_NPROC 9000 < 10016)."


def test_the_first_screen_has_sentences_and_table(planted, tmp_path):
    records = with_rounds(planted, 3)
    html, _ = report_pages.write(records, tmp_path, [])
    made = Page(html.read_text(encoding="utf-8"))
    for one in declared.headlines():
        assert one.question in made.words
        said = text_of(records, one.title).removesuffix(".")
        assert all(part in made.words for part in said.split("; "))
    title, cell = made.headline()["coroutine"][1]
    assert (title, cell.text, cell.given["data-value"]) == ("user B/conn.", "★197×8.57", "197.0")
    assert cell.given["tabindex"] == "0"
    assert cell.tip.startswith("coroutine, user B/conn.: 197 [194, 204]")
    assert "★ is the best of its column, the floor aside, and who is not told apart" in made.words
    assert "without a correction for many rows" in made.words
    assert "that of both its ends" in made.words
    assert "median of rounds' ratios, in brackets if unresolved" in made.words
    assert "The tick │ in a bar marks the floor." in made.words
    assert "§ Did not keep up with the rate, and is not compared" in made.words
    assert "timers, spread: 20,000 tasks, over 5 s" in made.words


def test_without_any_group_there_is_no_table():
    assert make_table(columns_of(headline_of("CPU of a request"), [])) is None
