"""Which runs are compared and which are a pair, and which comparisons are adjusted together."""

import pytest

from matrix_support import call_main
from skein_scripts.commands import compare
from skein_scripts.gate import judge, pairing, sources
from skein_scripts.gate.judge import Pairs
from skein_scripts.records import metrics

CPU = metrics.named("cpu_per_op")
THROUGHPUT = metrics.named("throughput")


def test_shown_metrics_are_adjusted_by_name_and_gated_ones_together():
    some = [(100.0, 104.0)] * 8
    gated = [Pairs("one", CPU, some), Pairs("two", THROUGHPUT, some)]
    shown = [Pairs(cell, metrics.named(name), some)
             for cell, name in (("one", "latency_p99"), ("two", "latency_p99"),
                                ("one", "latency_p90"))]  # fmt: skip
    found = judge.judge([*gated, *shown])
    assert [one.p_holm / one.p for one in found] == [2, 2, 2, 2, 1]


def test_runs_of_one_round_twice_are_paired_in_their_order_in_whichever_arm_they_are():
    def runs_of(blocks, first_ns):
        return [
            {"status": "ok", "cell_id": "cell", "block": block, "reasons": [],
             "cpu": {"per_op_ns": first_ns + place}}
            for place, block in enumerate(blocks)
        ]  # fmt: skip

    once, twice = runs_of((0, 1, 2, 3), 100.0), runs_of((0, 0, 1, 1), 200.0)
    in_order = [(100.0 + place, 200.0 + place) for place in range(4)]
    (forth,) = pairing.make_pairs(once, twice, metrics=[CPU])
    assert forth.values == in_order
    (back,) = pairing.make_pairs(twice, once, metrics=[CPU])
    assert back.values == [(candidate, base) for base, candidate in in_order]


def test_a_run_without_a_counterpart_is_no_pair_that_does_not_count():
    runs = [
        {"status": "ok", "cell_id": "cell", "pair": pair, "reasons": [],
         "cpu": {"per_op_ns": 100.0}}
        for pair in range(6)
    ]  # fmt: skip
    for arms in ((runs, runs[:2]), (runs[:2], runs)):
        (found,) = pairing.make_pairs(*arms, metrics=[CPU])
        assert (len(found.values), found.invalid) == (2, 0)


def test_a_filter_leaves_neither_runs_nor_repeated_tries_of_other_cells():
    kept, other = (
        {"cell_id": workload, "cell": {"workload": workload, "runtime": "fiber"}}
        for workload in ("c10k", "timers")
    )
    arms = tuple(
        sources.RecordedArm(name, [], [kept, other], [other, kept, other])
        for name in ("base", "candidate")
    )
    for arm in sources.narrowed(arms, ["workload=c10k"]):
        assert (arm.runs, arm.tries) == ([kept], [kept])


@pytest.mark.usefixtures("with_toy")
def test_a_filter_takes_the_shape_of_any_workload():
    def run(order):
        return {"cell_id": order, "cell": {"workload": "toy", "runtime": "fiber", "order": order}}

    kept, other = run("fair"), run("random")
    arms = tuple(sources.RecordedArm(name, [], [kept, other]) for name in ("base", "candidate"))
    for arm in sources.narrowed(arms, ["shape=fair"]):
        assert arm.runs == [kept]


@pytest.mark.parametrize(("fault", "measured", "status"), [("limit", 0, 0), ("invalid", 4, 4)])
def test_a_limit_that_both_arms_met_is_a_result_and_no_lost_comparison(
    matrix_run, capsys, fault, measured, status
):
    matrix_run.fault(**{"c10k/fixed/libuv": fault})
    assert matrix_run().returncode == measured
    assert call_main("compare.py", compare.main, *[matrix_run.output] * 2) == status
    assert ("NOT COMPARED: c10k/libuv/" in capsys.readouterr().err) == (status == 4)
