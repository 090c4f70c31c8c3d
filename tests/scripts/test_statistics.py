"""Order statistics: the rank table and the interval's coverage."""

import random

import pytest

from skein_scripts.base import statistics


@pytest.mark.parametrize(
    ("n", "rank_025", "rank_01"), [(10, 2, 1), (20, 6, 5), (30, 10, 9), (40, 14, 13)]
)
def test_the_rank_of_the_bound_is_that_of_the_sign_test(n, rank_025, rank_01):
    assert statistics.sign_test_rank(n, 0.025) == rank_025
    assert statistics.sign_test_rank(n, 0.01) == rank_01


def test_five_runs_are_too_few_for_an_interval_and_six_are_enough():
    assert not statistics.summarize([1, 2, 3, 4, 5]).is_interval
    assert statistics.summarize([1, 2, 3, 4, 5, 6]).is_interval


def test_three_runs_give_their_range_and_say_so():
    summary = statistics.summarize([3.0, 1.0, 2.0])
    assert (summary.low, summary.median, summary.high) == (1.0, 2.0, 3.0)
    assert not summary.is_interval
    assert "range of 3 runs" in statistics.spread_meaning(3)


def test_seven_runs_give_a_95_per_cent_interval():
    assert "95 % sign-test interval" in statistics.spread_meaning(7)


def test_nothing_has_no_summary():
    assert statistics.summarize([]) is None


def test_the_median_absolute_deviation_ignores_one_wild_value():
    assert statistics.median_absolute_deviation([1, 2, 3, 4, 1000]) == 1


def test_the_interval_covers_the_median_of_a_skewed_distribution_as_often_as_it_says():
    draw = random.Random(1)
    true_median = 1.0  # of exp(Z)
    hits = 0
    for _ in range(2000):
        sample = [draw.lognormvariate(0, 1) for _ in range(20)]
        summary = statistics.summarize(sample)
        hits += summary.low <= true_median <= summary.high
    assert 0.944 <= hits / 2000 <= 0.99


@pytest.mark.parametrize(
    ("n", "low", "high", "is_interval"),
    [
        # The rank is the largest k with P(fewer than k heads of n) <= 2.5 %.
        (1, 1, 1, False), (2, 1, 2, False), (5, 1, 5, False), (6, 1, 6, True), (8, 1, 8, True),
        (9, 2, 8, True), (11, 2, 10, True), (12, 3, 10, True), (20, 6, 15, True),
    ],
)  # fmt: skip
def test_the_bounds_of_n_runs_are_the_order_statistics_of_the_sign_test(n, low, high, is_interval):
    summary = statistics.summarize(random.Random(n).sample(range(1, n + 1), n))
    assert (summary.n, summary.low, summary.high) == (n, low, high)
    assert summary.median == (n + 1) / 2
    assert summary.is_interval == is_interval


def test_the_meaning_of_a_spread_has_its_number_of_runs():
    assert [statistics.spread_meaning(n) for n in (0, 1, 2, 5, 6, 9)] == [
        "one run, no spread known",
        "one run, no spread known",
        "range of 2 runs (too few for a 95 % interval)",
        "range of 5 runs (too few for a 95 % interval)",
        "95 % sign-test interval of the median over 6 runs",
        "95 % sign-test interval of the median over 9 runs",
    ]
    others = "; where another n stands it is of that many runs, below 6 the range"
    for n in (1, 5, 6):
        assert statistics.spread_meaning(n, mixed=True) == statistics.spread_meaning(n) + others
    assert [statistics.count_text(n, 7) for n in (7, 5)] == ["", ", n = 5"]
