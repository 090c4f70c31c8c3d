"""Who is told apart from whom, round by round, and the order of many."""

import pytest

from page_parts import BASE, series_of, times
from skein_scripts.records.metrics import named
from skein_scripts.report.paired import Verdict, judge, pairs_of
from skein_scripts.report.ranking import Placed, rank

CPU = named("cpu_per_op")


@pytest.mark.parametrize(("factors", "verdict"), [
    ([1.02] * 6, Verdict.MORE),  # however the rounds differ
    ([0.98] * 6, Verdict.LESS),
    # Of six, one the other way is enough.
    ([1.02, 1.02, 1.02, 1.02, 1.02, 0.999], Verdict.NOT_APART),
    ([1.0] * 6, Verdict.NOT_APART),
    ([9.0] * 5, Verdict.NOT_JUDGED),  # five rounds have no interval
    ([9.0] * 5 + [None], Verdict.NOT_JUDGED),
])  # fmt: skip
def test_two_are_told_apart_by_the_ratios_of_their_rounds(factors, verdict):
    values = [None if f is None else b * f for b, f in zip(BASE, factors, strict=False)]
    one, other = series_of("fiber", values), series_of("thread", BASE)
    turned = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}
    assert judge(one, other, CPU) is verdict
    assert judge(other, one, CPU) is turned.get(verdict, verdict)


def test_runs_of_no_round_are_not_judged():
    one = series_of("fiber", times([9.0] * 6), planned=False)
    assert judge(one, series_of("thread", BASE, planned=False), CPU) is Verdict.NOT_JUDGED
    assert judge(one, series_of("thread", BASE), CPU) is Verdict.NOT_JUDGED


def test_two_that_share_too_few_rounds_are_not_judged_however_many_each_has():
    one = series_of("fiber", [9.0] * 7 + [None] * 3)
    other = series_of("thread", [None] * 3 + [1.0] * 7)
    assert judge(one, other, CPU) is Verdict.NOT_JUDGED


def test_a_round_is_one_of_a_session():
    one, other = series_of("fiber", [1.0, 2.0]), series_of("thread", [1.0, 2.0])
    for series, sessions in ((one, "ab"), (other, "bb")):
        for run, session in zip(series.runs, sessions, strict=True):
            run["session_id"], run["block"] = session, 0
    assert pairs_of(one, other, CPU.of) == [(2.0, 1.0)]


def test_a_slope_of_nothing_counts_as_one_byte():
    kernel = named("kernel_bytes_per_task")
    none, some = series_of("fiber", BASE), series_of("thread", BASE)
    for series, value in ((none, -0.3), (some, 40.0)):
        for run in series.runs:
            run["memory"] = {"per_task": {"kernel_bytes": value}}
    assert judge(none, some, kernel) is Verdict.LESS
    for run in some.runs:
        run["memory"]["per_task"]["kernel_bytes"] = 0.4
    assert judge(none, some, kernel) is Verdict.NOT_APART


def placed(series):
    summary = series.summary(CPU)
    return Placed(series, summary.median)


ERRORS, EARLY = named("connect_errors"), named("early_fires")


def counted(runtime, counts):
    """A runtime with so many of what must not happen in each round, by their sum."""
    series = series_of(runtime, [1.0] * len(counts))
    for run, count in zip(series.runs, counts, strict=True):
        run["load"] = {"errors": {"connect": count}}
        run["lateness"] = {"early_count": count}
    return Placed(series, sum(counts))


@pytest.mark.parametrize("metric", [ERRORS, EARLY])
def test_a_count_of_nothing_is_less_than_any(metric):
    none, some = counted("fiber", [0] * 6).series, counted("libuv", [9, 1, 12, 3, 3, 28]).series
    assert judge(none, some, metric) is Verdict.LESS
    assert judge(some, none, metric) is Verdict.MORE
    assert judge(none, counted("thread", [0] * 6).series, metric) is Verdict.NOT_APART


@pytest.mark.parametrize("metric", [ERRORS, EARLY])
@pytest.mark.parametrize("some", [[9, 1, 12, 3, 3, 28], [0, 0, 56, 0, 0, 0]])
def test_who_has_any_of_what_must_not_happen_is_behind_whoever_has_none(metric, some):
    ranked = rank([counted("libuv", some), counted("go", [9] * 6), counted("fiber", [0] * 6),
                   counted("thread", [0] * 6)], metric)  # fmt: skip
    assert names(ranked.best) == ["fiber", "thread"]
    assert names(ranked.behind) == (["go", "libuv"] if sum(some) > 54 else ["libuv", "go"])
    assert ranked.is_best("fiber")
    assert not ranked.is_best("libuv")


def names(placed):
    return [one.runtime for one in placed]


MIXED = [1.01, 0.99] * 3


def test_who_is_not_told_apart_from_the_best_is_among_the_best():
    ranked = rank([
        placed(series_of("thread", times([3.0] * 6))),
        placed(series_of("libuv", times(MIXED))),
        placed(series_of("callback", times([1.5] * 6))),
        placed(series_of("fiber", BASE)),
        placed(series_of("coroutine", times([0.5] * 3))),
    ], CPU)  # fmt: skip
    assert set(names(ranked.best)) == {"fiber", "libuv"}
    assert names(ranked.behind) == ["callback", "thread"]
    assert names(ranked.unjudged) == ["coroutine"]
    assert ranked.is_best("libuv")
    assert not ranked.is_best("callback")
    assert not ranked.is_best("coroutine")


def test_who_shares_too_few_rounds_with_the_best_is_not_judged_and_no_best():
    ranked = rank([
        placed(series_of("fiber", [100.0] * 7 + [None] * 3)),
        placed(series_of("thread", [None] * 3 + [300.0] * 7)),
        placed(series_of("libuv", [200.0] * 10)),
    ], CPU)  # fmt: skip
    assert (names(ranked.best), names(ranked.behind)) == (["fiber"], ["libuv"])
    assert names(ranked.unjudged) == ["thread"]
    assert not ranked.is_best("thread")


def test_those_behind_stand_by_median_whoever_is_told_apart_from_whom():
    wild = [0.5, 1.4, 1.6, 1.8, 2.0, 1.6]  # not told apart from the best, for one round
    ranked = rank([
        placed(series_of("fiber", BASE)),
        placed(series_of("smol", times(wild))),
        placed(series_of("libuv", times([1.2] * 6))),
        placed(series_of("go", times([1.9, 1.1] * 3))),
    ], CPU)  # fmt: skip
    assert names(ranked.best) == ["fiber", "smol"]
    assert names(ranked.behind) == ["libuv", "go"]
    assert ranked.behind[0].value < ranked.best[1].value


def test_who_is_better_in_the_rounds_that_both_have_is_not_behind():
    ranked = rank([
        placed(series_of("fiber", [100.0] * 7 + [10.0] * 8)),
        placed(series_of("libuv", [90.0] * 7)),
    ], CPU)  # fmt: skip
    assert names(ranked.best) == ["fiber", "libuv"]


def test_where_all_are_among_the_best_nobody_is():
    ranked = rank([placed(series_of("a", BASE)), placed(series_of("b", times(MIXED)))], CPU)
    assert len(ranked.best) == 2
    assert not ranked.is_best("a")


def test_more_is_better_where_the_metric_says_so():
    throughput = named("throughput")
    slow, quick = series_of("slow", BASE), series_of("quick", BASE)
    for series, rate in ((slow, 10.0), (quick, 20.0)):
        for run in series.runs:
            run["load"] = {"achieved_per_s": rate}
    ranked = rank([Placed(slow, 10.0), Placed(quick, 20.0)], throughput)
    assert (names(ranked.best), names(ranked.behind)) == (["quick"], ["slow"])
