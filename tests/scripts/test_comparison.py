"""Verdicts: the statistics of pairs, what follows from them, and scripts/compare.py."""

import copy
import itertools
import json
import math
import random
import re
import sys
from statistics import median

import pytest

from skein_scripts.base.errors import MeasureError, UsageError, run_main
from skein_scripts.base.statistics import sign_test_rank
from skein_scripts.commands import compare
from skein_scripts.gate import judge, pair_statistics
from skein_scripts.gate.judge import Pairs
from skein_scripts.records import metrics, results
from skein_scripts.session import session_end

CPU = metrics.named("cpu_per_op")
THROUGHPUT = metrics.named("throughput")
USER_BYTES = metrics.named("user_bytes_per_task")


def test_the_rank_table_of_the_sign_test_is_exact():
    table = {10: (2, 1), 20: (6, 5), 30: (10, 9), 40: (14, 13)}
    for n, ranks in table.items():
        assert (sign_test_rank(n, 0.025), sign_test_rank(n, 0.01)) == ranks


def test_the_interval_covers_the_median_of_a_skewed_null_as_often_as_it_says():
    source = random.Random(20)
    truth = math.log(2) - 1  # the median of Exp(1), less its mean: skewed, centred elsewhere
    for n in range(10, 41, 5):
        covered = 0
        for _ in range(4000):
            found = pair_statistics.estimate([source.expovariate(1.0) - 1 for _ in range(n)])
            covered += found.low <= truth <= found.high
        assert 0.944 <= covered / 4000 <= 0.99, n


def test_p_is_the_share_of_sign_patterns_that_are_as_one_sided():
    for n in range(1, 9):
        for above in range(n + 1):
            values = [1.0] * above + [-1.0] * (n - above)
            patterns = list(itertools.product((0, 1), repeat=n))
            as_extreme = sum(sum(pattern) >= above for pattern in patterns)
            assert pair_statistics.sign_test_p(values) == pytest.approx(as_extreme / len(patterns))


def test_values_on_the_threshold_count_for_neither_side():
    assert pair_statistics.sign_test_p([0.0, 0.0, 1.0, 1.0]) == 0.25
    assert pair_statistics.sign_test_p([]) == 1.0


def test_holm_steps_down_and_never_orders_anew():
    assert pair_statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert pair_statistics.holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert pair_statistics.holm([]) == []


def noisy_pairs(change, n=20, noise=0.01, seed=1):
    """(base, candidate), the candidate larger by `change` but for noise."""
    source = random.Random(seed)

    def near(value):
        return value * math.exp(source.gauss(0, noise))

    return [(near(100.0), near(100.0 * (1 + change))) for _ in range(n)]


def verdict_of(values, metric=CPU, invalid=0):
    (found,) = judge.judge([Pairs("cell", metric, values, invalid)])
    return found


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(0.06, "regressed"), (-0.06, "improved"), (0.0, "unchanged")],
)
def test_a_clear_change_gets_its_verdict_and_none_is_within_what_does_not_matter(change, verdict):
    found = verdict_of(noisy_pairs(change))
    assert found.verdict == verdict
    assert found.ratio == pytest.approx(1 + change, rel=0.02)
    low, high = found.interval
    assert low < found.ratio < high


def test_more_throughput_is_better_and_less_is_worse():
    assert verdict_of(noisy_pairs(0.1), THROUGHPUT).verdict == "improved"
    worse = verdict_of(noisy_pairs(-0.1), THROUGHPUT)
    assert worse.verdict == "regressed"
    assert worse.ratio < 1
    assert worse.interval[0] < worse.ratio < worse.interval[1]


def test_a_change_that_is_sure_but_does_not_matter_is_no_regression():
    assert verdict_of(noisy_pairs(0.01, noise=0.001)).verdict == "unchanged"


def test_noise_gives_no_verdict_and_says_what_would_have_been_seen():
    found = verdict_of(noisy_pairs(0.0, n=10, noise=0.3))
    assert found.verdict == "inconclusive"
    assert found.detectable_effect > 0.05
    assert found.reasons


def test_more_pairs_that_do_not_count_than_that_do_are_no_measurement():
    values = noisy_pairs(0.2, n=9)
    assert verdict_of(values, invalid=9).verdict == "regressed"
    assert verdict_of(values, invalid=10).verdict == "invalid"


def test_less_than_what_matters_is_not_promised_to_be_seen():
    found = verdict_of(noisy_pairs(0.0, noise=0.001))
    assert found.detectable_effect == pytest.approx(found.min_effect)


def test_too_few_pairs_give_no_verdict_however_large_the_change():
    found = verdict_of(noisy_pairs(1.0, n=4))
    assert found.verdict == "inconclusive"
    assert found.estimate.rank == 0
    assert found.detectable_effect is None


def test_swapped_arms_mirror_every_verdict():
    mirrored = {"regressed": "improved", "improved": "regressed"}
    for seed, change in enumerate((0.2, 0.05, 0.03, 0.01, 0.0, -0.02, -0.05, -0.2)):
        for metric in (CPU, THROUGHPUT, USER_BYTES):
            values = noisy_pairs(change, seed=seed, noise=0.02)
            forth = verdict_of(values, metric)
            back = verdict_of([(b, a) for a, b in values], metric)
            assert back.verdict == mirrored.get(forth.verdict, forth.verdict)
            assert back.ratio == pytest.approx(1 / forth.ratio)


def test_a_cache_line_more_per_task_is_a_regression_also_of_large_tasks_where_readings_repeat():
    for least in (130.0, 8537.0):
        values = [(least + i % 3, least + 64 + i % 3) for i in range(10)]
        assert verdict_of(values, USER_BYTES).verdict == "regressed"
    scattered = [(8537.0 + 60 * (i % 3), 8601.0 + 60 * (i % 3)) for i in range(10)]
    assert verdict_of(scattered, USER_BYTES).verdict == "unchanged"


def test_a_slope_of_nothing_is_a_figure_and_no_change():
    runs = [
        {"status": "ok", "memory": {"per_task": {"kernel_bytes": value}}}
        for value in (-0.6, 0.0, 0.3, 1.0)
    ]
    kernel = metrics.named("kernel_bytes_per_task")
    assert [kernel.of(run) for run in runs] == [1.0] * 4


def test_a_chance_among_many_comparisons_is_no_regression():
    # 16 of 20 signs alone are p = 0.006; not among a hundred.
    values = [(100.0, 104.0)] * 16 + [(100.0, 97.0)] * 4
    assert verdict_of(values).verdict == "regressed"
    many = [Pairs(f"c{i}", CPU, noisy_pairs(0.0, seed=i)) for i in range(99)]
    found = judge.judge([Pairs("cell", CPU, values), *many])
    assert found[0].verdict == "inconclusive"
    assert found[0].p_holm > 0.05


def test_of_many_nulls_no_more_give_an_alarm_than_the_level_says():
    alarms, gates = 0, 600
    for gate in range(gates):
        cells = [
            Pairs(f"c{i}", CPU, noisy_pairs(0.0, noise=0.08, seed=1000 * gate + i))
            for i in range(8)
        ]
        alarms += any(found.verdict == "regressed" for found in judge.judge(cells))
    sampling = 3 * math.sqrt(judge.ALPHA * (1 - judge.ALPHA) / gates)
    assert 0 < alarms / gates <= judge.ALPHA + sampling


# --- scripts/compare.py -------------------------------------------------------------------------


@pytest.fixture
def file_with(fixture_v1, tmp_path):
    """Writes a results file of one closed-loop cell: a session, and a run for each figure."""
    records = results.load(fixture_v1)
    (session, *_) = results.sessions(records)
    run = next(
        one
        for one in results.runs(records)
        if one["status"] == "ok" and one["cell"]["workload"] == "c10k" and one["latency"]
    )
    run["cell"]["mode"] = run["echoed"]["mode"] = run["load"]["model"] = "fixed"

    def write(name, cpu_ns, **changes):
        folder = tmp_path / name
        folder.mkdir()
        lines = [session | changes.get("session", {})]
        for block, figure in enumerate(cpu_ns):
            one = copy.deepcopy(run)
            one |= {"run_id": f"{name}-{block}", "block": block}
            one["cpu"]["per_op_ns"] = figure
            lines.append(one | changes.get("run", {}))
        path = folder / results.RESULTS_NAME
        path.write_text("".join(results.dump(line) for line in lines), encoding="utf-8")
        return folder

    return write


def call(*words):
    return run_main_with([str(word) for word in words])


def run_main_with(words):
    before, sys.argv = sys.argv, ["compare.py", *words]
    try:
        return run_main("compare.py", compare.main)
    finally:
        sys.argv = before


def test_two_files_are_compared_round_by_round_and_written_as_asked(file_with, tmp_path, capsys):
    base = file_with("base", [1000.0 + i % 5 for i in range(12)])
    slow = file_with("slow", [1100.0 + i % 5 for i in range(12)])
    markdown, lines = tmp_path / "out" / "v.md", tmp_path / "out" / "v.jsonl"
    assert call(base, slow, "--markdown", markdown, "--json", lines) == 0
    shown = capsys.readouterr().out
    assert "regressed" in shown
    assert "different sessions" in shown
    assert "| regressed |" in markdown.read_text()
    head, *found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert head["kind"] == "comparison_session"
    cpu = next(one for one in found if one["metric"] == "cpu_per_op")
    assert (cpu["verdict"], cpu["pairs"], cpu["rank"]) == ("regressed", 12, 3)
    assert {one["direction"] for one in found if one["metric"] == "throughput"} == {"higher"}
    assert (cpu["direction"], cpu["unit"], cpu["gated"], cpu["stage"]) == (
        "lower", "ns", True, "single",
    )  # fmt: skip
    assert cpu["ratio"] == pytest.approx(1.1, rel=0.01)
    assert cpu["base_median"] == pytest.approx(median([1000.0 + i % 5 for i in range(12)]))


def test_a_page_has_the_verdicts_and_the_conditions_that_changed(file_with, tmp_path, capsys):
    base = file_with("base", [1000.0 + i % 5 for i in range(12)],
                     run={"conditions": {"inline_budget": 128, "allocator": "glibc"}})  # fmt: skip
    slow = file_with("slow", [1100.0 + i % 5 for i in range(12)],
                     run={"conditions": {"inline_budget": 64, "allocator": "glibc"}})  # fmt: skip
    html, markdown = tmp_path / "out" / "v.html", tmp_path / "out" / "v.md"
    assert call(base, slow, "--html", html, "--markdown", markdown) == 0
    changed = "inline_budget was 128 and is 64"
    assert f"OTHER CONDITIONS IN THE CANDIDATE: {changed}" in capsys.readouterr().out
    assert f"OTHER CONDITIONS IN THE CANDIDATE: {changed}" in markdown.read_text()
    text = html.read_text(encoding="utf-8")
    assert f"<li>{changed}</li>" in text
    assert "allocator" not in text
    assert f"<h1>skein compare: {slow} against {base}</h1>" in text
    rows = re.findall(r'<tr role="row" class="(\w+)', text)
    lines = [line for line in markdown.read_text().splitlines() if line.startswith("| c10k/")]
    assert rows == [re.match(r"\w+", line.split(" | ")[-1])[0] for line in lines]
    assert rows[0] == "regressed"
    assert text.count('role="img"') == len(rows)


def test_a_page_names_what_was_not_compared(file_with, fixture_v1, tmp_path):
    timers = next(
        one for one in results.runs(results.load(fixture_v1))
        if one["status"] == "ok" and one["cell"]["workload"] == "timers"
    )  # fmt: skip
    more, base = file_with("more", [1000.0] * 8), file_with("base", [1000.0] * 8)
    with (more / results.RESULTS_NAME).open("a", encoding="utf-8") as file:
        file.write(results.dump(timers | {"run_id": "more-t", "block": 0}))
    html = tmp_path / "v.html"
    assert call(more, base, "--html", html) == 4
    text = html.read_text(encoding="utf-8")
    assert 'class="lead worse"' in text
    assert f"NOT COMPARED: {timers['cell_id']} cpu_per_op" in text
    assert '<tr role="row" class="missing' in text
    assert '<span class="none">no ratio</span>' in text


def test_an_output_that_cannot_be_written_keeps_no_other_from_being_written(
    file_with, tmp_path, capsys
):
    base, lines = file_with("base", [1000.0] * 12), tmp_path / "v.jsonl"
    assert call(base, base, "--markdown", "/dev/full", "--json", lines) == 4
    shown = capsys.readouterr()
    assert "cannot write /dev/full" in shown.err
    assert "unchanged" in shown.out
    assert len(lines.read_text().splitlines()) > 1


def test_runs_that_do_not_count_are_no_pairs(file_with, tmp_path):
    base = file_with("base", [1000.0] * 8)
    broken = file_with("broken", [1000.0] * 8, run={"status": "invalid", "reasons": ["steal"]})
    assert call(base, broken) == 4
    half = file_with("half", [1000.0 + i for i in range(8)])
    path = half / results.RESULTS_NAME
    records = results.load(path)
    for run in results.runs(records)[:3]:
        run |= {"status": "invalid", "reasons": ["steal"]}
    path.write_text("".join(results.dump(one) for one in records), encoding="utf-8")
    lines = tmp_path / "v.jsonl"
    assert call(base, half, "--json", lines) == 0
    cpu = next(
        one for one in map(json.loads, lines.read_text().splitlines())
        if one.get("metric") == "cpu_per_op"
    )  # fmt: skip
    assert (cpu["pairs"], cpu["invalid_pairs"]) == (5, 3)


def test_a_candidate_that_failed_once_is_named_and_no_success(file_with, tmp_path, capsys):
    good = file_with("good", [1000.0 + i for i in range(8)])
    bad = file_with("bad", [1000.0 + i for i in range(8)])
    path = bad / results.RESULTS_NAME
    records = results.load(path)
    failure = {"process": "worker", "exit_status": 1, "signal": None, "stderr": [],
               "message": "wrong bytes"}  # fmt: skip
    results.runs(records)[3].update(status="failed", reasons=["wrong bytes"], failure=failure)
    path.write_text("".join(results.dump(one) for one in records), encoding="utf-8")
    lines = tmp_path / "v.jsonl"
    assert call(good, bad, "--json", lines) == 4
    said = f"{results.runs(records)[0]['cell_id']}: 1 of 8 runs failed: wrong bytes"
    assert f"THE CANDIDATE FAILED: {said}" in capsys.readouterr().err
    assert json.loads(lines.read_text().splitlines()[0])["failed"] == [said]
    assert call(bad, good) == 0  # the base is what it was


def test_a_session_that_calls_itself_inconclusive_is_named(file_with, fixture_v1, capsys):
    (session, *_) = results.sessions(results.load(fixture_v1))
    ending = session_end.end_record(session, "out of reach", [], {}, 0, 8)
    base, other = file_with("base", [1000.0] * 8), file_with("other", [1000.0] * 8)
    with (other / results.RESULTS_NAME).open("a", encoding="utf-8") as file:
        file.write(results.dump(ending))
    assert call(base, other) == 0
    said = f"{other} HAS AN INCONCLUSIVE SESSION: the machine could not be described again"
    assert said in capsys.readouterr().out.replace("\n", "")


def test_another_machine_is_refused_unless_allowed_and_then_marked(file_with, fixture_v1, capsys):
    (session, *_) = results.sessions(results.load(fixture_v1))
    elsewhere = {"environment": session["environment"] | {"cpu_model": "Another CPU"}}
    base = file_with("base", [1000.0] * 8)
    other = file_with("other", [1000.0] * 8, session=elsewhere)
    assert call(base, other) == 2
    assert "--allow-environment-mismatch" in capsys.readouterr().err
    assert call(base, other, "--allow-environment-mismatch") == 0
    assert "DIFFERENT ENVIRONMENTS" in capsys.readouterr().out


def test_cells_of_one_arm_alone_are_new_or_missing(file_with, tmp_path, fixture_v1):
    records = results.load(fixture_v1)
    timers = next(
        one for one in results.runs(records)
        if one["status"] == "ok" and one["cell"]["workload"] == "timers"
    )  # fmt: skip
    base, more = file_with("base", [1000.0] * 8), file_with("more", [1000.0] * 8)
    with (more / results.RESULTS_NAME).open("a", encoding="utf-8") as file:
        file.write(results.dump(timers | {"run_id": "more-t", "block": 0}))
    lines = tmp_path / "v.jsonl"
    assert call(base, more, "--json", lines) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    assert {one["verdict"] for one in found if one["cell"].startswith("timers/")} == {"new"}
    assert call(more, base, "--json", lines) == 4
    found = [json.loads(line) for line in lines.read_text().splitlines()][1:]
    assert {one["verdict"] for one in found if one["cell"].startswith("timers/")} == {"missing"}


def test_a_cell_that_the_candidate_lost_is_named_and_no_success(file_with, fixture_v1, capsys):
    timers = next(
        one for one in results.runs(results.load(fixture_v1))
        if one["status"] == "ok" and one["cell"]["workload"] == "timers"
    )  # fmt: skip
    more, base = file_with("more", [1000.0] * 8), file_with("base", [1000.0] * 8)
    with (more / results.RESULTS_NAME).open("a", encoding="utf-8") as file:
        file.write(results.dump(timers | {"run_id": "more-t", "block": 0}))
    assert call(more, base) == 4
    shown = capsys.readouterr()
    assert "missing" in shown.out  # the verdicts of the others are there all the same
    assert f"NOT COMPARED: {timers['cell_id']} cpu_per_op" in shown.err
    assert "candidate: not run" in shown.err
    assert "--filter" in shown.err
    assert call(more, base, "--filter", "workload=c10k,shape=fixed") == 0
    assert call(more, base, "--filter", "workload=nothing") == 2
    assert call(more, base, "--filter", "workload") == 2


def test_figures_that_only_the_candidate_has_fail_no_comparison():
    have = Pairs("cell", CPU, noisy_pairs(0.0))
    new = Pairs("new", CPU, [], only=judge.NEW, reasons=["base: not run"])
    compare.check_complete(judge.judge([have, new]))
    for lost in (Pairs("cell", USER_BYTES, [], only=judge.MISSING), Pairs("other", CPU, [])):
        with pytest.raises(MeasureError, match="NOT COMPARED"):
            compare.check_complete(judge.judge([have, lost]))


def both_arms(file_with, name, base_ns, candidate_ns):
    """A file as a gate leaves it: runs of two arms, paired by number."""
    folder = file_with(name, [*base_ns, *candidate_ns])
    path = folder / results.RESULTS_NAME
    records = results.load(path)
    for place, run in enumerate(results.runs(records)):
        first = place < len(base_ns)
        number = place if first else place - len(base_ns)
        run |= {"arm": "base" if first else "candidate", "pair": number, "block": number}
    path.write_text("".join(results.dump(one) for one in records), encoding="utf-8")
    return folder


def test_both_arms_of_a_gates_results_are_compared_as_far_as_it_came(file_with, tmp_path, capsys):
    kept = both_arms(
        file_with, "kept", [1000.0 + i % 5 for i in range(12)], [1100.0 + i % 5 for i in range(11)]
    )
    lines = tmp_path / "v.jsonl"
    assert call(kept, "--json", lines) == 0
    assert "only scripts/gate.py itself" in capsys.readouterr().out
    head, *found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert head["interleaved"]
    assert [head[arm]["label"] for arm in ("base", "candidate")] == [
        f"base of {kept}", f"candidate of {kept}",
    ]  # fmt: skip
    cpu = next(one for one in found if one["metric"] == "cpu_per_op")
    assert (cpu["verdict"], cpu["pairs"]) == ("regressed", 11)


def test_a_file_of_two_arms_is_never_one_arm_of_another_comparison(file_with, capsys):
    kept = both_arms(file_with, "kept", [1000.0] * 8, [2000.0] * 8)
    other = file_with("other", [1000.0] * 8)
    for words in ((kept, other), (other, kept), (kept, "--runtimes", "coroutine,libuv")):
        assert call(*words) == 2
        assert "both arms of one comparison" in capsys.readouterr().err


def test_two_runtimes_of_one_file_are_compared_on_the_same_work(fixture_v1, file_with):
    base = file_with("base", [1000.0] * 8)
    path = base / results.RESULTS_NAME
    records = results.load(path)
    runtime = results.runs(records)[0]["cell"]["runtime"]
    with path.open("a", encoding="utf-8") as file:
        for run in results.runs(records):
            other = copy.deepcopy(run)
            other["run_id"] += "-other"
            other["cell_id"] = other["cell_id"].replace(f"/{runtime}/", "/other/")
            other["cell"]["runtime"] = other["echoed"]["runtime"] = "other"
            file.write(results.dump(other))
    assert call(base, "--runtimes", f"{runtime},other") == 0
    assert call(base, "--runtimes", f"{runtime},nobody") == 2
    assert call(base, "--runtimes", runtime) == 2


def test_wrong_options_end_in_usage(file_with, tmp_path):
    base = file_with("base", [1000.0] * 8)
    assert call(base) == 2  # it has one arm
    assert call(base, base, "--runtimes", "a,b") == 2
    assert call(base, base, "--metrics", "speed") == 2
    assert call(base, tmp_path / "nothing") == 2
    with pytest.raises(MeasureError, match="no pair of runs"):
        compare.check_complete([])
    with pytest.raises(UsageError):
        compare.check_same_environment(
            compare.RecordedArm("a", [{"environment": {"kernel": "x"}, "build": {}}], []),
            compare.RecordedArm("b", [{"environment": {"kernel": "y"}, "build": {}}], []),
            allowed=False,
        )


def test_what_would_have_been_seen_is_the_wider_half_of_the_interval():
    values = [-0.05, -0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.3]
    found = pair_statistics.estimate(values)
    assert (found.low, found.median, found.high, found.rank) == (-0.04, 0.0, 0.2, 2)
    assert found.detectable == pytest.approx(0.2)
    assert pair_statistics.estimate([-value for value in values]).detectable == pytest.approx(0.2)
    assert pair_statistics.estimate(values[:5]).detectable is None


def test_quiet_leaves_the_verdicts_in_numbers(file_with, capsys):
    same, other = file_with("base", [1000.0] * 12), file_with("candidate", [1000.0] * 12)
    assert call(same, other) == 0
    whole = capsys.readouterr().out
    assert call(same, other, "--quiet") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert whole.splitlines()[-1] == line
