"""Counts that must be 0: which runs they are of, and the rule that judges them; and how much more
memory a task must take to matter, by how far the readings spread."""

import json
from dataclasses import replace

import pytest

from matrix_support import SMALL_MATRIX, call_main
from skein_scripts.commands import compare
from skein_scripts.gate import counts, judge, show
from skein_scripts.gate.counts import Counted
from skein_scripts.records import groups, metrics, results
from skein_scripts.records.zero_counts import COUNTS, Total
from skein_scripts.report import results_table

EARLY, TIMEOUTS = (next(one for one in COUNTS if one.metric.name == name)
                   for name in ("early_fires", "timeouts"))  # fmt: skip
USER_BYTES = metrics.named("user_bytes_per_task")


def fired(early, status="ok", by_ns=1_980_000):
    return {"status": status, "lateness": {"early_count": early, "early_max_ns": by_ns}}


def verdict(base, candidate, alpha=0.05, wanted=False, repeated=()):
    """Of early fires in pairs of runs. `repeated`: more tries of the candidate."""
    runs = [fired(count) for count in base], [fired(count) for count in candidate]
    counted = Counted((runs[0], [*runs[1], *repeated]), list(zip(*runs, strict=True)))
    found = counts.pairs_of("cell", counted, lambda metric: wanted and metric is EARLY.metric)
    return next(iter(judge.judge(found, alpha)), None)


@pytest.mark.parametrize(
    ("base", "candidate", "expected"),
    [
        ([0] * 9, [20] * 9, "regressed"),
        ([0] * 9, [0] * 8 + [1], "regressed"),
        ([0], [1], "regressed"),
        ([20] * 9, [0] * 9, "improved"),
        ([0] * 8 + [1], [0] * 9, "improved"),
        ([10] * 9, [12] * 9, "regressed"),
        ([12] * 9, [10] * 9, "improved"),
        ([10] * 9, [11] * 9, "regressed"),
        ([100] * 9, [109] * 9, "unchanged"),  # less than a tenth
        ([100] * 9, [110] * 9, "regressed"),
        ([1] * 9, [2] * 9, "regressed"),
        ([10] * 3, [20] * 3, "inconclusive"),  # too few pairs for a test
        ([0, 0, 1] * 3, [1, 0, 0] * 3, "inconclusive"),
        ([100, 90, 110] * 3, [90, 110, 100] * 3, "inconclusive"),
        ([30, 10, 10] * 3, [10] * 9, "inconclusive"),  # every third fell, and no other rose
        # In fewer than half of the runs, where the base has a single one:
        ([1] + [0] * 39, [0] * 21 + [20] * 19, "regressed"),
        ([1] + [0] * 39, [20] * 19 + [0] * 21, "regressed"),
        ([1] + [0] * 99, [0] * 60 + [1] * 40, "regressed"),
        ([1] + [0] * 14, [0] * 8 + [1000] * 7, "regressed"),
        ([0] * 39 + [1], [0] * 24 + [50] * 16, "regressed"),
        # One run with a great many hides nothing, and is no more than one run.
        ([1000] + [0] * 99, [0] * 60 + [1] * 40, "regressed"),
        ([100] * 20, [101] * 11 + [10_000] * 9, "regressed"),
        ([1] + [0] * 14, [0] * 14 + [7000], "inconclusive"),
        # Adjusted or not, what the pairs that differ agree on is never unchanged.
        ([1] + [0] * 99, [0] * 97 + [1] * 3, "inconclusive"),
        ([1] + [0] * 99, [0] * 99 + [1], "inconclusive"),
        ([100] * 10, [100] * 10, "unchanged"),
    ],
)
def test_the_rule(base, candidate, expected):
    assert verdict(base, candidate).verdict == expected
    mirrored = {"regressed": "improved", "improved": "regressed"}
    assert verdict(candidate, base).verdict == mirrored.get(expected, expected)


def test_the_pairs_that_differ_by_what_matters_are_counted_and_tested():
    found = verdict([1, 0, 100, 0], [0, 5, 109, 0])
    assert (found.worse_pairs, found.better_pairs, found.p) == (1, 1, 0.75)
    assert (found.estimate, found.rise) == (None, 13 / 4 / 1)
    assert found.min_effect == pytest.approx(0.1 * 101 / 4)
    assert found.is_worse()
    assert not verdict([1, 0, 100, 0], [0, 5, 103, 0]).is_worse()


def test_events_in_repeated_tries_alone_are_not_called_unchanged():
    early = [fired(1, "invalid")], [fired(20, "invalid")]
    runs = [fired(0)] * 9
    counted = Counted(([*runs, *early[0]], [*runs, *early[1]]), list(zip(runs, runs, strict=True)))
    (found,) = judge.judge(counts.pairs_of("cell", counted, lambda _: False))
    assert found.verdict == "inconclusive"


def test_nothing_is_said_of_a_count_that_is_0_unless_it_is_asked_for():
    assert verdict([0] * 9, [0] * 9) is None
    found = verdict([0] * 9, [0] * 9, wanted=True)
    assert (found.verdict, found.pairs) == ("unchanged", 9)


def test_both_totals_are_said_with_the_furthest():
    runs = [fired(0, by_ns=None)] * 3, [fired(20, by_ns=9_000), fired(0, by_ns=None), fired(7)]
    counted = Counted(runs, list(zip(*runs, strict=True)))
    (found,) = judge.judge(counts.pairs_of("cell", counted, lambda _: False))
    assert found.totals == (Total(0, 3), Total(27, 3, 1_980_000))
    assert found.reasons[-1].startswith("27 in 3 runs, by up to 1.98 ms; base: 0 in 3 runs")
    assert found.ratio is found.interval is found.detectable_effect is None
    shown = show.table_of([found], "title", [])
    assert shown.rows[0][2:4] == ["0 in 3 runs", "27 in 3 runs"]
    assert "must be 0" in shown.rows[0][-1]


def test_early_timers_of_runs_that_were_repeated_count_and_those_of_failed_ones_do_not():
    assert verdict([0] * 9, [0] * 9, repeated=[fired(5, "invalid")]).verdict == "regressed"
    assert verdict([0] * 9, [0] * 9, repeated=[fired(5, "failed")]) is None
    # What a disturbed machine does to a load is no fault of the candidate's.
    behind = {"status": "invalid", "load": {"errors": {"timeout": 9}}}
    assert TIMEOUTS.of(behind) is None
    assert TIMEOUTS.of(behind | {"status": "ok"}) == 9


def test_a_run_that_does_not_say_is_no_zero():
    assert EARLY.of({"status": "ok", "lateness": None}) is None
    assert EARLY.of({"status": "ok"}) is None
    assert EARLY.total([{"status": "ok"}]) is None
    overflow = COUNTS[-1]
    assert overflow.of({"status": "ok", "latency": {"overflow": 1},
                        "service_time": {"overflow": 2}}) == 3  # fmt: skip


def test_a_base_that_does_not_say_makes_it_new():
    counted = Counted(([{"status": "ok"}], [fired(5)]), [])
    (found,) = judge.judge(counts.pairs_of("cell", counted, lambda _: False))
    assert found.verdict == "new"


def test_counts_are_adjusted_with_the_other_gated_comparisons():
    runs = [fired(10)] * 6, [fired(20)] * 6
    (alone,) = counts.pairs_of(
        "cell", Counted(runs, list(zip(*runs, strict=True))), lambda _: False
    )
    others = [judge.Pairs(f"c{n}", metrics.named("cpu_per_op"), [(1.0, 1.0)] * 6) for n in range(9)]
    assert judge.judge([alone])[0].verdict == "regressed"
    assert judge.judge([alone, *others])[0].verdict == "inconclusive"


def test_a_table_says_which_counts_are_not_0(fixture_v1):
    records = results.load(fixture_v1)
    run = next(run for run in results.runs(records) if run["status"] == "ok" and run["load"])
    run["load"]["errors"] = {"timeout": 12}
    notes = [
        note
        for group in groups.group_runs(records)
        for note in results_table.make_table(group).notes
    ]
    assert f"{run['cell']['runtime']}: timeouts 12 in 1 runs, where 0 was to be" in notes
    assert not any("early_fires" in note for note in notes)  # those have a column


def test_tries_that_were_repeated_count_in_a_file_as_well(matrix_run, tmp_path, capsys):
    matrix_run.matrix.write_text("retry_invalid = 1\n" + SMALL_MATRIX)
    assert matrix_run("--filter", "workload=timers,runtime=coroutine").returncode == 0
    base, candidate = tmp_path / "base.jsonl", tmp_path / "candidate.jsonl"
    records = matrix_run.records()
    base.write_text("".join(map(results.dump, records)))
    (run, *_) = results.runs(records)
    disturbed = json.loads(json.dumps(run)) | {"status": "invalid", "reasons": ["steal"],
                                               "run_id": "before"}  # fmt: skip
    disturbed["lateness"] |= {"early_count": 20, "early_max_ns": 1_980_000}
    records.insert(records.index(run), disturbed)
    candidate.write_text("".join(map(results.dump, records)))
    lines = tmp_path / "v.jsonl"
    for words, expected in (((base, candidate), "regressed"), ((candidate, base), "improved")):
        assert call_main("compare.py", compare.main, *words, "--json", lines) == 0
        found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
        (early,) = (one for one in found if one["metric"] == "early_fires")
        assert (early["verdict"], early["pairs"]) == (expected, 2)
    capsys.readouterr()


def test_two_files_are_compared_by_them(fixture_v1, tmp_path, capsys):
    records = results.load(fixture_v1)
    base, candidate = tmp_path / "base.jsonl", tmp_path / "candidate.jsonl"
    base.write_text("".join(map(results.dump, records)))
    for run in results.runs(records):
        if run["status"] == "ok" and run["cell"]["workload"] == "timers":
            run["lateness"] |= {"early_count": 320, "early_max_ns": 1_980_000}
    candidate.write_text("".join(map(results.dump, records)))
    lines = tmp_path / "v.jsonl"
    assert call_main("compare.py", compare.main, base, candidate, "--json", lines) in (0, 4)
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    (early,) = (one for one in found if one["metric"] == "early_fires")
    assert (early["base_total"], early["candidate_total"]) == (296, 320)
    assert early["verdict"] == "inconclusive"  # libuv has some in both, and this is one pair
    assert "early_fires" in capsys.readouterr().out


# --- memory: how many bytes more matter ---------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "candidate", "step"),
    [
        ([128.0] * 10, [128.0] * 10, 6.0),  # to the byte
        ([128.0] * 6 + [700.0] * 4, [128.0] * 10, 6.0),  # and now and then a page
        ([118.0, 128.0, 138.0] * 3, [128.0] * 9, 2 * 1.4826 * 10),
        ([128.0] * 9, [118.0, 128.0, 138.0] * 3, 2 * 1.4826 * 10),
        ([28.0, 128.0, 228.0] * 3, [128.0] * 9, 56.0),
        # Of large tasks as well; where they spread, 2 % of the smaller arm at most.
        ([8537.0] * 9, [8697.0] * 9, 6.0),
        ([8537.0] * 9, [8507.0, 8537.0, 8567.0] * 3, 2 * 1.4826 * 30),
        ([8537.0] * 9, [8037.0, 8537.0, 9037.0] * 3, 0.02 * 8537),
        ([1e6] * 9, [0.9e6, 1.1e6, 1.2e6] * 3, 0.02 * 1e6),
    ],
)
def test_the_step_that_matters_follows_from_the_spread_of_the_readings(base, candidate, step):
    effect = USER_BYTES.effect_on(base, candidate)
    assert effect == pytest.approx(step / base[1])
    assert USER_BYTES.effect_on(candidate, base) == effect


def test_of_the_kernel_s_memory_a_step_matters_only_from_a_share_on():
    kernel = metrics.named("kernel_bytes_per_task")
    assert kernel.effect_on([8192.0] * 9, [8200.0] * 9) == 0.02
    assert kernel.effect_on([60.0] * 9, [100.0] * 9) == 0.1


def test_a_threshold_of_a_matrix_holds_for_memory_as_it_is_said():
    asked = replace(USER_BYTES, min_effect=0.1)
    assert asked.effect_on([8537.0] * 9, [8697.0] * 9) == 0.1
    assert asked.effect_on([27.0, 30.0, 33.0], [30.0] * 3) == pytest.approx(0.2964, abs=1e-3)
    assert metrics.named("cpu_per_op").effect_on([1.0, 9.0, 5.0], [3.0]) == 0.03


@pytest.mark.parametrize("bytes_", [128.0, 4131.0, 8537.0, 70_000.0])
@pytest.mark.parametrize(("more", "expected"), [(160, "regressed"), (80, "regressed"),
                                                (24, "regressed"), (8, "regressed"),
                                                (5, "unchanged"), (0, "unchanged")])  # fmt: skip
def test_a_few_bytes_more_are_seen_where_readings_repeat_to_the_byte(bytes_, more, expected):
    values = [(bytes_, bytes_ + more)] * 10
    (found,) = judge.judge([judge.Pairs("cell", USER_BYTES, values)])
    assert found.verdict == expected
    (back,) = judge.judge([judge.Pairs("cell", USER_BYTES, [(b, a) for a, b in values])])
    assert back.verdict == {"regressed": "improved"}.get(expected, expected)
