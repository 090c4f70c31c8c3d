"""Every number of a table of verdicts: medians, change, interval, pairs, and what could have been
seen. The comparisons are made by hand; what follows from pairs is for test_comparison.py."""

import math
from dataclasses import replace

import pytest
from rich.console import Console

from skein_scripts.gate import judge, show
from skein_scripts.gate.judge import Comparison
from skein_scripts.gate.pair_statistics import Estimate
from skein_scripts.records.metrics import named


def comparison(metric, verdict, base, candidate, change, pairs=20, rank=6, **more):
    """Change: (median, low, high) of the ratio; as the judge keeps it, above 0 is worse."""
    of = named(metric)
    ends = sorted(of.worse * math.log(ratio) for ratio in change[1:])
    estimate = Estimate(pairs, of.worse * math.log(change[0]), *ends, rank)
    return Comparison("c10k/a", of, pairs, more.pop("invalid", 0), verdict, base, candidate,
                      estimate, min_effect=0.03, **more)  # fmt: skip


SLOWER = comparison("cpu_per_op", judge.REGRESSED, 5_209, 5_577, (1.071, 1.052, 1.093))
SMALLER = comparison("user_bytes_per_task", judge.IMPROVED, 8_543, 4_133, (0.484, 0.471, 0.497),
                     pairs=5, rank=0)  # fmt: skip
FEWER = comparison("throughput", judge.REGRESSED, 199_100, 173_300, (0.871, 0.853, 0.892),
                   pairs=17, invalid=3)  # fmt: skip
SAME = comparison("latency_p50", judge.UNCHANGED, 43_100, 43_400, (1.007, 0.989, 1.023))
UNSURE = comparison("spawn_per_task", judge.INCONCLUSIVE, 211, 223, (1.057, 0.981, 1.139))
WILD = comparison("lateness_p99", judge.INCONCLUSIVE, 91_100, 109_700, (1.204, 0.377, 3.907))
LOST = Comparison("c10k/a", named("kernel_bytes_per_task"), 0, 2, judge.INVALID,
                  reasons=["base: 2 of 2 runs are not ok", "candidate: not run"])  # fmt: skip
ALL = [UNSURE, WILD, SAME, LOST, SMALLER, SLOWER, FEWER]


@pytest.fixture(scope="module")
def made():
    return show.table_of(ALL, "A title", ["a note"])


def test_what_matters_most_comes_first_and_what_is_only_shown_last(made):
    assert [row[1] for row in made.rows] == [
        "cpu_per_op", "throughput", "user_bytes_per_task", "latency_p50", "spawn_per_task",
        "kernel_bytes_per_task", "lateness_p99 (shown)",
    ]  # fmt: skip


def test_each_row_has_medians_change_interval_and_pairs(made):
    assert made.columns == [
        "cell", "metric", "base", "candidate", "change", "95 % interval", "pairs", "verdict",
    ]  # fmt: skip
    assert [row[2:7] for row in made.rows] == [
        ["5.21 µs", "5.58 µs", "+7.1 %", "+5.2 % to +9.3 %", "20"],
        # Less throughput is worse, and shown as less.
        ["199,100/s", "173,300/s", "-12.9 %", "-14.7 % to -10.8 %", "17 (3 invalid)"],
        ["8.34 KiB", "4.04 KiB", "-51.6 %", "-52.9 % to -50.3 %", "5"],
        ["43.1 µs", "43.4 µs", "+0.7 %", "-1.1 % to +2.3 %", "20"],
        ["211 ns", "223 ns", "+5.7 %", "-1.9 % to +13.9 %", "20"],
        ["–", "–", "–", "–", "0 (2 invalid)"],
        ["91.1 µs", "110 µs", "+20.4 %", "-62.3 % to +290.7 %", "20"],
    ]


def test_what_is_not_decided_says_how_large_a_change_would_have_been_seen(made):
    assert [row[7] for row in made.rows] == [
        "regressed", "regressed", "improved", "unchanged within 3 %",
        # 1.057 / 0.981 and 1.139 / 1.057: the wider half of the interval is 7.8 %.
        "inconclusive: a change of 7.8 % would have been seen every other time",
        "invalid: candidate: not run",
        # 3.907 / 1.204 and 1.204 / 0.377: 225 %.
        "inconclusive: a change of 225 % would have been seen every other time",
    ]  # fmt: skip


@pytest.mark.parametrize(("effect", "said"), [(0.042, "4.2 %"), (0.996, "100 %"), (6.0, "600 %")])
def test_unchanged_says_within_what_however_much_that_is(effect, said):
    found = replace(SAME, min_effect=effect)
    assert show.verdict_text(found) == f"unchanged within {said}"


def test_the_notes_say_what_a_change_is_and_where_the_interval_is_the_range(made):
    assert made.notes[0] == "a note"
    assert "change: candidate against base, the median over pairs" in made.notes
    assert "with fewer than 6 pairs the interval is the range" in made.notes
    assert any(note.startswith("(shown)") for note in made.notes)
    usual = show.table_of([SLOWER, SAME], "A title", [])
    assert usual.notes == ["change: candidate against base, the median over pairs"]


def test_the_line_of_counts_is_of_what_is_gated():
    assert show.counts(ALL) == "2 regressed, 1 improved, 1 unchanged, 1 inconclusive, 1 invalid"
    assert show.counts([WILD]) == "nothing"


def test_the_terminal_has_a_table_for_each_cell_with_each_row(made):
    console = Console(width=200)
    with console.capture() as captured:
        show.render(made, console)
    lines = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in captured.get().splitlines()
        if line.startswith("│")
    ]
    assert lines == [row[1:] for row in made.rows]


def test_a_ratio_is_a_change_with_its_sign():
    assert [show.percent(ratio) for ratio in (1.0, 1.0421, 0.5, 3.0)] == [
        "+0.0 %", "+4.2 %", "-50.0 %", "+200.0 %",
    ]  # fmt: skip
