"""Verdicts on pairs of several hosts: what each says stays its own, and hosts that disagree are
named."""

import random

import pytest

from matrix_support import HERE, call_main
from skein_scripts.commands import rates as rates_command
from skein_scripts.gate import judge, over_hosts, rates, rates_over_hosts
from skein_scripts.gate.judge import Pairs
from skein_scripts.gate.pairing import make_pairs
from skein_scripts.gate.show import table_of
from skein_scripts.records import metrics

CPU = metrics.named("cpu_per_op")
THROUGHPUT = metrics.named("throughput")


def pairs_of(changes, pairs=10, noise=0.01, metric=CPU, seed=1, levels=None):
    """Of each host, by its name: the change that it shows. Hosts are of very different speed."""
    source, values, hosts = random.Random(seed), [], []
    for place, (name, change) in enumerate(changes.items()):
        level = 1000.0 * (levels or [3**place] * len(changes))[place]
        for _ in range(pairs if isinstance(pairs, int) else pairs[place]):
            base = level * source.lognormvariate(0, 0.2)
            values.append((base, base * (1 + change) * source.lognormvariate(0, noise)))
            hosts.append(name)
    return Pairs("cell", metric, values, hosts=hosts)


def verdict_of(*arguments, **more):
    return judge.judge([pairs_of(*arguments, **more)])[0]


def test_the_estimate_is_the_median_of_the_hosts_medians_and_no_level_is_pooled():
    found = verdict_of({"a": 0.10, "b": 0.12, "c": 0.14}, noise=0.001)
    assert found.ratio == pytest.approx(1.12, abs=0.002)
    assert found.verdict == judge.REGRESSED
    assert found.base_median is None
    assert found.candidate_median is None


def test_a_host_with_many_pairs_does_not_outvote_the_others():
    found = verdict_of({"a": 0.0, "b": 0.0, "c": 0.12}, pairs=[6, 6, 100])
    assert found.ratio == pytest.approx(1.0, abs=0.01)
    assert found.verdict == judge.INCONCLUSIVE
    ratios = [0.1, 0.1, -0.1, -0.1] + [0.1] * 20
    p = over_hosts.over_hosts(ratios, ["a"] * 2 + ["b"] * 2 + ["c"] * 20).p
    assert p == (15 + 6 + 1) / 2**6  # 4 of 6 pairs


def test_hosts_that_disagree_are_named_with_what_each_says():
    found = verdict_of({"left": 0.10, "right": 0.0, "third": 0.0})
    assert found.verdict == judge.INCONCLUSIVE
    assert found.reasons[0].startswith("hosts disagree: left +10.")
    assert ", right " in found.reasons[0]
    assert "n = 10" in found.reasons[0]


def test_hosts_that_show_it_all_but_not_as_much_do_not_disagree():
    found = verdict_of({"left": 0.10, "right": 0.20, "third": 0.15})
    assert found.verdict == judge.REGRESSED
    assert found.over_hosts.p_alike <= 0.05


def test_hosts_that_are_alike_are_told_apart_by_chance_as_often_as_it_says():
    source, found = random.Random(3), 0
    hosts = [name for name in "abcd" for _ in range(8)]
    for _ in range(300):
        ratios = [source.gauss(0, 0.02) for _ in hosts]
        found += over_hosts.over_hosts(ratios, hosts).p_alike <= 0.05
    assert 0.01 <= found / 300 <= 0.09


def test_fewer_than_six_hosts_span_their_own_intervals():
    found = verdict_of({"left": 0.0, "right": 0.0})
    lows = [one.low for one in found.over_hosts.by_host.values()]
    assert found.estimate.low == min(lows)
    assert found.verdict == judge.UNCHANGED


def test_from_six_hosts_on_the_interval_is_over_hosts():
    changes = {str(number): 0.01 * number for number in range(2, 9)}
    found = verdict_of(changes, noise=0.0001)
    low, high = found.interval
    assert low == pytest.approx(1.02, abs=0.001)
    assert high == pytest.approx(1.08, abs=0.001)
    assert found.verdict == judge.REGRESSED  # though some show less than what matters
    changes = {"low": -0.06, **changes}
    assert verdict_of(changes, noise=0.0001).reasons[0].startswith("hosts disagree")


def test_two_hosts_need_intervals_beyond_what_matters():
    found = verdict_of({"left": 0.05, "right": 0.05}, noise=0.05, seed=2)
    assert found.verdict == judge.INCONCLUSIVE
    assert found.p_holm <= over_hosts.ALPHA
    assert found.reasons == ["not every host by itself shows a change that matters"]
    assert verdict_of({"left": 0.10, "right": 0.10}).verdict == judge.REGRESSED


@pytest.mark.parametrize("change", [0.1, 0.0, 0.03])
def test_swapped_arms_have_the_mirrored_verdict(change):
    mirrored = {judge.REGRESSED: judge.IMPROVED}
    pairs = pairs_of({"a": change, "b": change, "c": change})
    swapped = Pairs("cell", CPU, [(b, a) for a, b in pairs.values], hosts=pairs.hosts)
    (one,), (other,) = judge.judge([pairs]), judge.judge([swapped])
    assert other.verdict == mirrored.get(one.verdict, one.verdict)
    assert other.ratio == pytest.approx(1 / one.ratio)


def test_more_is_better_of_throughput_and_said_so():
    found = verdict_of({"a": 0.2, "b": 0.2, "c": 0.2}, metric=THROUGHPUT)
    assert found.verdict == judge.IMPROVED
    assert found.ratio == pytest.approx(1.2, abs=0.02)
    note = table_of([found], "t", []).notes[-1]
    assert note.startswith("cell throughput by host: a +")


def test_one_host_is_judged_as_ever():
    pairs = pairs_of({"left": 0.1})
    (one,) = judge.judge([pairs])
    (without,) = judge.judge([Pairs("cell", CPU, pairs.values)])
    assert one == without
    assert one.over_hosts is None


def run_of(session, block, cpu_ns):
    return {
        "run_id": f"{session}/{block}", "cell_id": "cell", "cell": {}, "arm": "single",
        "session_id": session, "block": block, "status": "ok" if cpu_ns else "invalid",
        "reasons": [], "cpu": {"per_op_ns": cpu_ns},
    }  # fmt: skip


def test_a_host_of_which_no_pair_counts_does_not_vanish_from_the_verdict():
    base = [run_of(host, block, 100.0) for block, host in enumerate("lllllllrrrr")]
    candidate = [
        run_of(host, block, None if host == "r" else 150.0)
        for block, host in enumerate("lllllllrrrr")
    ]
    hosts = {"l": "left", "r": "right"}
    (pairs,) = make_pairs(base, candidate, metrics=[CPU], host_of=hosts)
    (found,) = judge.judge([pairs])
    assert found.verdict == judge.INVALID
    assert "no pair of right counts" in found.reasons
    (of_left,) = make_pairs(base[:7], candidate[:7], metrics=[CPU], host_of=hosts)
    assert judge.judge([of_left])[0].verdict == judge.REGRESSED


@pytest.mark.slow
@pytest.mark.parametrize("hosts", [2, 4, 6])
@pytest.mark.parametrize("apart", rates_over_hosts.APART)
def test_hosts_that_differ_raise_false_alarms_in_at_most_one_of_a_hundred(hosts, apart):
    recorded = rates.read(HERE / "fixtures" / "aa_pairs.csv")
    known = rates.metrics_in(recorded)
    share = rates_over_hosts.false_alarms(recorded, hosts, 10, apart, 100, 1, known)
    assert share <= 0.01


@pytest.mark.slow
def test_the_rates_of_comparisons_over_hosts_are_printed(capsys):
    recorded = HERE / "fixtures" / "aa_pairs.csv"
    assert call_main("rates.py", rates_command.main, recorded, "--gates", "4", "--hosts", "3") == 0
    said = capsys.readouterr().out
    for apart in ("0", "1", "3"):
        assert f"over 3 hosts that are {apart} % apart, 15 pairs each: 0.00 %" in said
    assert call_main("rates.py", rates_command.main, recorded, "--hosts", "1") == 2
    assert "at least 2" in capsys.readouterr().err
