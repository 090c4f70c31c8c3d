"""Which runs are of one cell, and what the cell is called: nothing that was measured is merged with
something else, and nothing is lost unseen. Which tries of a slot count is in test_slots.py."""

import copy
import itertools
import json
import subprocess
import sys

import pytest

from matrix_support import ROOT, SMALL_MATRIX, call_main
from skein_scripts.commands import compare
from skein_scripts.gate import rates
from skein_scripts.records import groups, results
from skein_scripts.records.cells import CellNames, id_without_runtime
from skein_scripts.records.figures import cells_of, names_in
from skein_scripts.records.metrics import METRICS
from skein_scripts.report import report_pages, results_table
from skein_scripts.trend import history

CPU = "cpu_per_op"


@pytest.fixture
def parts(fixture_v1):
    """A session made by hand, and a run of closed-loop load."""
    records = results.load(fixture_v1)
    (session,) = results.sessions(records)
    run = next(one for one in results.runs(records) if one["status"] == "ok" and one["latency"])
    session["plan"] = {"design": "single", "rounds": 1, "order": [[run["cell_id"]]]}
    session["config_sha256"] = None
    return session, run | {"block": 0, "position": 0, "pair": None, "arm": "single"}


@pytest.fixture
def by_hand(parts, tmp_path):
    """Writes what `skein run -o FILE` leaves, called once for each figure: sessions that all say
    round 0."""

    calls = itertools.count()

    def write(name, cpu_ns, options=(), **cell):
        lines = []
        for figure in cpu_ns:
            number = next(calls)
            session, run = copy.deepcopy(parts)
            session |= {"session_id": f"{name}-{number}", "argv": ["skein", "run", *options]}
            run |= {"session_id": f"{name}-{number}", "run_id": f"{name}-{number}"}
            run["cpu"]["per_op_ns"] = figure
            for part in (run["cell"], run["echoed"]):
                part |= cell
            lines += [session, run]
        path = tmp_path / f"{name}.jsonl"
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(map(results.dump, lines)))
        return path

    return write


def compared(tmp_path, *words):
    lines = tmp_path / "v.jsonl"
    status = call_main("compare.py", compare.main, *words, "--json", lines)
    if not lines.exists():
        return status, {}, []
    head, *found = [json.loads(line) for line in lines.read_text().splitlines()]
    return status, head, [one for one in found if one["metric"] == CPU]


def test_repeats_made_by_hand_all_count(by_hand, tmp_path):
    a, b = by_hand("a", [100.0, 101, 102, 103]), by_hand("b", [200.0, 202, 204, 206])
    status, _, (cpu,) = compared(tmp_path, a, b)
    assert (status, cpu["pairs"], cpu["invalid_pairs"]) == (0, 4, 0)
    assert cpu["ratio"] == pytest.approx(2.0)
    records = results.load(a)
    (cell,) = cells_of(records)
    assert cell.values(METRICS[0]) == [100.0, 101, 102, 103]
    (group,) = groups.group_runs(records)
    (series,) = group.series
    assert len(series.ok) == 4


def test_one_that_does_not_count_is_an_invalid_pair_and_not_replaced_by_the_next(by_hand, tmp_path):
    a, b = by_hand("a", [100.0] * 4), by_hand("b", [100.0] * 4)
    records = results.load(b)
    results.runs(records)[1] |= {"status": "invalid", "reasons": ["steal"]}
    b.write_text("".join(map(results.dump, records)))
    _, _, (cpu,) = compared(tmp_path, a, b)
    assert (cpu["pairs"], cpu["invalid_pairs"]) == (3, 1)


def test_runs_without_a_counterpart_are_counted_and_named(by_hand, tmp_path, capsys):
    a, b = by_hand("a", [100.0] * 6), by_hand("b", [100.0] * 4)
    _, head, (cpu,) = compared(tmp_path, a, b)
    assert (cpu["pairs"], cpu["invalid_pairs"]) == (4, 0)
    note = "2 of 6 runs of the base have no counterpart and are left out"
    assert any(note in line for line in head["notes"])
    assert note in capsys.readouterr().out


def test_a_cell_that_only_one_arm_has_is_new_or_missing_and_no_run_without_a_counterpart(
    by_hand, tmp_path
):
    a = by_hand("a", [100.0] * 6)
    by_hand("b", [100.0] * 6)
    b = by_hand("b", [100.0] * 6, duration_ns=123 * 10**9)
    for words in ((a, b), (b, a)):
        _, head, found = compared(tmp_path, *words)
        assert len({one["verdict"] for one in found}) >= 2
        assert not any("counterpart" in line for line in head["notes"])


# Of a host that a load came from, what nobody has read.
UNSEEN = dict.fromkeys((
    "interface", "mtu", "congestion_control", "retransmitted", "dropped", "link_changes",
    "environment", "cpus", "round_trip_ns",
))  # fmt: skip


def over(network, path, hosts=("a" * 64,)):
    """Makes a file's runs those of a load over a network, from hosts of these environments."""
    records = results.load(path)
    for run in results.runs(records):
        seen = {"offloads": [], "host": run["host"]}
        generators = [UNSEEN | seen | {"environment_hash": each} for each in hosts]
        run["network"] = {"name": network, "generators": generators}
    path.write_text("".join(map(results.dump, records)))
    return path


@pytest.mark.parametrize("base", [None, "switch"])
def test_runs_over_two_networks_or_over_one_and_loopback_are_never_compared(
    base, by_hand, tmp_path
):
    a, b = by_hand("a", [100.0] * 6), over("lab", by_hand("b", [100.0] * 6))
    if base:
        over(base, a)
    status, _, found = compared(tmp_path, a, b)
    assert status == 4
    assert {one["verdict"] for one in found} == {"new", "missing"}
    assert any("network=lab" in one["cell"] for one in found)
    records = [*results.load(a), *results.load(b)]
    titles = [group.title() for group in groups.group_runs(records)]
    assert len(titles) == len(set(titles)) == 2


def test_runs_over_one_network_are_compared(by_hand, tmp_path):
    a, b = (over("lab", by_hand(name, [100.0] * 6)) for name in ("a", "b"))
    status, _, (cpu,) = compared(tmp_path, a, b)
    assert (status, cpu["pairs"]) == (0, 6)


@pytest.mark.parametrize("others", [("b" * 64,), ("a" * 64, "a" * 64)])
def test_runs_over_one_network_from_other_hosts_or_from_more_are_not_compared(
    others, by_hand, tmp_path
):
    a = over("lab", by_hand("a", [100.0] * 6))
    b = over("lab", by_hand("b", [100.0] * 6), others)
    status, _, found = compared(tmp_path, a, b)
    assert status == 4
    assert {one["verdict"] for one in found} == {"new", "missing"}


def test_counted_runs_that_are_left_out_are_counted_and_named(by_hand, tmp_path, capsys):
    a, b = by_hand("a", [100.0] * 6), by_hand("b", [100.0] * 6)
    records = results.load(b)
    for run in results.runs(records)[:2]:
        run["counted"] = True
    b.write_text("".join(map(results.dump, records)))
    _, head, _ = compared(tmp_path, a, b)
    assert any("2 counted runs are left out" in line for line in head["notes"])
    for run in results.runs(records):
        run["counted"] = True
    b.write_text("".join(map(results.dump, records)))
    assert compared(tmp_path, a, b)[0] == 4
    assert "6 counted runs are left out" in capsys.readouterr().err


# Every field of a run's cell that its id does not always show, and what is asked elsewhere.
DIFFERENCES = [
    ({"duration_ns": 10**9}, {"duration_ns": 2 * 10**8}, "duration=1s", "duration=200ms"),
    ({"warmup_ns": 10**9}, {"warmup_ns": 10**8}, "warmup=1s", "warmup=100ms"),
    ({"arrival": "poisson"}, {"arrival": "uniform"}, "arrival=poisson", "arrival=uniform"),
    ({"requests": 10}, {"requests": 20}, "requests=10", "requests=20"),
    ({"buffer_bytes": 64}, {"buffer_bytes": 128}, "buffer_bytes=64", "buffer_bytes=128"),
    ({"workers": 1}, {"workers": 2}, "workers=1", "workers=2"),
]


@pytest.mark.parametrize(("one", "other", "of_one", "of_other"), DIFFERENCES)
def test_cells_of_one_id_that_differ_are_never_merged(
    by_hand, tmp_path, one, other, of_one, of_other
):
    path = by_hand("a", [100.0] * 3, **one)
    records = results.load(by_hand("a", [300.0] * 2, **other)) and results.load(path)
    by_name = {cell.name: cell.values(METRICS[0]) for cell in cells_of(records)}
    cell_id = results.runs(records)[0]["cell_id"]
    assert by_name == {f"{cell_id} ({of_one})": [100.0] * 3, f"{cell_id} ({of_other})": [300.0] * 2}
    found = groups.group_runs(records)
    assert [len(series.ok) for group in found for series in group.series] == [3, 2]
    titles = {results_table.make_table(group).title for group in found}
    assert len(titles) == 2, titles


@pytest.mark.parametrize(
    ("options", "name"),
    [(("--hold", "2s"), "hold=2s"), (("--hold=2s",), "hold=2s"),
     (("--memory", "off"), "memory=off"), (("--exchange", "5"), "exchange=5"),
     (("--warmup-requests", "7"), "warmup_requests=7"),
     (("--worker-command", "x y"), "worker_command=x y")],
)  # fmt: skip
def test_what_only_the_command_line_says_tells_cells_apart(by_hand, options, name):
    by_hand("a", [100.0] * 2)
    records = results.load(by_hand("a", [300.0], options))
    plain, apart = cells_of(records)
    assert apart.name == f"{plain.name} ({name})"
    assert len(plain.runs) == 2
    first, second = groups.group_runs(records)
    assert second.title() == f"{first.title()} ({name})"


def pinned(path, place, **pins):
    """Says in a file made by hand where its session at a place was pinned."""
    records = results.load(path)
    results.sessions(records)[place]["environment"] |= pins
    path.write_text("".join(map(results.dump, records)))


@pytest.mark.parametrize("name", ["worker_cpus", "generator_cpus"])
def test_cells_pinned_to_other_cpus_are_never_merged(by_hand, name):
    path = by_hand("a", [100.0, 300.0])
    pinned(path, 0, **{name: [0]})
    pinned(path, 1, **{name: [0, 2]})
    records = results.load(path)
    first, second = cells_of(records)
    assert (first.name.partition(" ")[2], second.name.partition(" ")[2]) == (
        f"({name}=0)", f"({name}=0,2)",
    )  # fmt: skip
    assert [group.title().rpartition(" (")[2] for group in groups.group_runs(records)] == [
        f"{name}=0)", f"{name}=0,2)",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["worker_cpus", "generator_cpus"])
def test_files_pinned_to_other_cpus_are_refused_and_compared_if_asked(
    by_hand, tmp_path, capsys, name
):
    a, b = by_hand("a", [100.0]), by_hand("b", [100.0])
    pinned(a, 0, **{name: [0]})
    assert compared(tmp_path, a, b)[0] == 0  # an older file does not say
    pinned(b, 0, **{name: "not pinned"})
    (tmp_path / "v.jsonl").unlink()
    assert compared(tmp_path, a, b)[0] == 2
    assert f"{name}: 0 and not pinned" in capsys.readouterr().err
    status, head, (cpu,) = compared(tmp_path, a, b, "--allow-environment-mismatch")
    assert (status, cpu["pairs"]) == (0, 1)
    assert head["environment_mismatches"] == [f"{name}: 0 and not pinned"]
    pinned(b, 0, **{name: [0]})
    assert compared(tmp_path, a, b)[0] == 0


def test_sessions_of_one_plan_pinned_to_other_cpus_are_no_repeats_of_each_other(matrix_run):
    assert matrix_run("--repeats", "1").returncode == 0
    first = matrix_run.results.read_text()
    matrix_run.results.unlink()
    assert matrix_run("--repeats", "1", "--worker-cpus", "1").returncode == 0
    matrix_run.results.write_text(first + matrix_run.results.read_text())
    records = matrix_run.records()
    assert {len(series.runs) for group in groups.group_runs(records)
            for series in group.series} == {1}  # fmt: skip
    assert {len(cell.runs) for cell in cells_of(records)} == {1}


def test_two_plans_of_the_same_cells_are_one_group_as_they_are_one_cell(matrix_run):
    assert matrix_run("--repeats", "1").returncode == 0
    first = matrix_run.results.read_text()
    matrix_run.results.unlink()
    assert matrix_run("--repeats", "2").returncode == 0
    matrix_run.results.write_text(first + matrix_run.results.read_text())
    records = matrix_run.records()
    found = groups.group_runs(records)
    titles = [group.title() for group in found]
    assert len(titles) == len(set(titles))
    assert {len(series.runs) for group in found for series in group.series} == {3}
    assert {len(cell.runs) for cell in cells_of(records)} == {3}


def test_runs_that_two_plans_repeated_are_counted_together(matrix_run):
    matrix_run.matrix.write_text("retry_invalid = 1\n" + SMALL_MATRIX)
    matrix_run.fault(**{"c10k/fixed/libuv": "invalid"})
    matrix_run("--repeats", "1")
    first = matrix_run.results.read_text()
    matrix_run.results.unlink()
    matrix_run("--repeats", "2")
    matrix_run.results.write_text(first + matrix_run.results.read_text())
    series = [group.of("libuv") for group in groups.group_runs(matrix_run.records())]
    assert [one.retried for one in series] == [3, 0]


def test_another_seed_is_another_round_of_the_same_cell(by_hand):
    by_hand("a", [100.0], seed=1)
    (cell,) = cells_of(results.load(by_hand("a", [100.0], seed=2)))
    assert len(cell.runs) == 2


def test_what_a_record_does_not_say_differs_from_nothing(by_hand):
    by_hand("a", [100.0], duration_ns=10**9, pipeline=1)
    (cell,) = cells_of(results.load(by_hand("a", [100.0], duration_ns=None, pipeline=None)))
    assert len(cell.runs) == 2


def test_cells_that_differ_are_not_compared_with_each_other(by_hand, tmp_path, capsys):
    a, b = by_hand("a", [1.0] * 6, duration_ns=10**9), by_hand("b", [2.0] * 6, duration_ns=10**8)
    status, _, found = compared(tmp_path, a, b)
    assert status == 4
    assert {(one["cell"].partition(" ")[2], one["verdict"]) for one in found} == {
        ("(duration=1s)", "missing"), ("(duration=100ms)", "new"),
    }  # fmt: skip
    assert "there is no pair of runs" in capsys.readouterr().err


TWO_HOLDS = """
[[cell]]
name = "fixed-{n}"
runtimes = ["coroutine"]
workload = "c10k"
mode = "fixed"
connections = 100
active = 10
payload_bytes = 64
buffer = "lent"
duration = "200ms"
warmup = "100ms"
warmup_requests = {n}
"""


@pytest.fixture
def two_of_one_id(matrix_run):
    """A matrix whose cells differ in what no record of a run has."""
    cells = "".join(TWO_HOLDS.format(n=n) for n in (5, 7))
    matrix_run.matrix.write_text(f'seed = 7\nrepeats = 2\nruntimes = ["coroutine"]\n{cells}')
    assert matrix_run().returncode == 0
    return matrix_run


def test_what_only_the_plan_says_tells_cells_apart(two_of_one_id):
    records = two_of_one_id.records()
    cells = {cell.name.partition(" ")[2]: len(cell.runs) for cell in cells_of(records)}
    assert cells == {"(warmup_requests=5)": 2, "(warmup_requests=7)": 2}
    assert {run["key"] for run in results.runs(records)} == {
        "fixed-5/coroutine", "fixed-7/coroutine",
    }  # fmt: skip
    titles = [group.title().partition(" (")[2] for group in groups.group_runs(records)]
    assert sorted(titles) == ["warmup_requests=5)", "warmup_requests=7)"]
    # A file from before runs said their key: the plan has their slots.
    for run in results.runs(records):
        del run["key"]
    assert {cell.name.partition(" ")[2] for cell in cells_of(records)} == set(cells)


def test_probes_are_of_no_plan(two_of_one_id):
    anchors = results.probes(two_of_one_id.records(), "anchor")
    assert anchors
    assert not any("key" in run for run in anchors)


def test_a_history_keeps_them_apart_over_all_its_commits(two_of_one_id, tmp_path):
    point = history.point_of(two_of_one_id.results)
    assert len({cell for cell, _ in point.values}) == 2
    folder = tmp_path / "history"
    history.save(point, folder)
    # A later commit has one of the two, which needs no more than its id in a file of its own.
    records = [one for one in two_of_one_id.records()
               if not (one["kind"] == "run" and one.get("key") == "fixed-7/coroutine")]  # fmt: skip
    for session in results.sessions(records):
        session["tool"]["commit"] = "f" * 40
        session["created_utc"] = "2027-01-01T00:00:00.000Z"
    later = tmp_path / "later.jsonl"
    later.write_text("".join(map(results.dump, records)))
    history.save(history.point_of(later), folder)
    lines = [line for line in history.lines_of(history.read(folder)) if line.metric.name == CPU]
    assert {line.cell.partition(" ")[2]: len(line.points) for line in lines} == {
        "(warmup_requests=5)": 2, "(warmup_requests=7)": 1,
    }  # fmt: skip


def test_an_older_history_says_nothing_of_what_was_asked_and_is_read(two_of_one_id, tmp_path):
    folder = tmp_path / "history"
    path = history.save(history.point_of(two_of_one_id.results), folder)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    one_cell = [line for line in lines if line["asked"]["warmup_requests"] == "5"]
    for line in one_cell:
        del line["asked"]
    path.write_text("".join(map(results.dump, one_cell)))
    assert {cell for cell, _ in history.read(folder)[0].values} == {one_cell[0]["cell"]}
    path.write_text("".join(map(results.dump, one_cell * 2)))
    with pytest.raises(results.UsageError, match="is there twice"):
        history.read(folder)


def test_names_are_the_same_in_all_files_of_an_export(by_hand):
    first = results.load(by_hand("a", [100.0], duration_ns=10**9))
    second = results.load(by_hand("b", [100.0], duration_ns=10**8))
    names = names_in([first, second])
    (one,), (other,) = cells_of(first, names), cells_of(second, names)
    assert one.name.endswith("(duration=1s)")
    assert other.name.endswith("(duration=100ms)")


def test_both_arms_of_a_gate_are_no_repeats_of_each_other(by_hand):
    path = by_hand("a", [100.0] * 4)
    records = results.load(path)
    for number, run in enumerate(results.runs(records)):
        run |= {"arm": ("base", "candidate")[number % 2], "pair": number // 2}
    assert [cell.name.partition("/")[0] for cell in cells_of(records)] == ["base", "candidate"]
    base, candidate = groups.group_runs(records)
    assert base.title().endswith("(arm=base)")
    assert len(base.series[0].ok) == len(candidate.series[0].ok) == 2
    records = results.load(path)
    for number, run in enumerate(results.runs(records)):
        run |= {"arm": ("base", "candidate")[number % 2], "pair": 0, "status": "invalid",
                "reasons": ["steal"]}  # fmt: skip
    assert rates.from_recordings([records], METRICS) == {}


def test_two_runtimes_are_named_by_their_work():
    run = {"cell_id": "c10k/fiber/100/fixed", "cell": {"runtime": "fiber", "stack_bytes": 16384}}
    other = {"cell_id": "c10k/libuv/100/fixed", "cell": {"runtime": "libuv", "stack_bytes": None}}
    names = CellNames([run, other], (), id_without_runtime)
    assert names(run) == names(other) == "c10k/100/fixed"


def test_a_matrix_that_is_resumed_has_each_slot_once_in_every_reader(matrix_run):
    matrix_run.matrix.write_text("retry_invalid = 1\n" + SMALL_MATRIX)
    matrix_run.fault(**{"timers/spread/libuv": "crash", "c10k/fixed/libuv": "invalid"})
    assert matrix_run().returncode == 4
    matrix_run.fault()
    assert matrix_run("--resume").returncode == 0
    records = matrix_run.records()
    assert {len(cell.runs) for cell in cells_of(records)} == {2}
    for group in groups.group_runs(records):
        for series in group.series:
            assert series.status_counts().startswith("2 ok")
    fixed = next(group for group in groups.group_runs(records) if group.name == "fixed")
    assert fixed.of("libuv").retried == 4  # twice in each of two rounds
    status, _, found = compared(matrix_run.folder, matrix_run.output, matrix_run.output)
    assert status == 0
    assert {(one["pairs"], one["invalid_pairs"]) for one in found} == {(2, 0)}


def test_two_cells_of_one_matrix_get_a_report_with_two_tables(two_of_one_id):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "report.py", two_of_one_id.output, "--output",
         two_of_one_id.folder / "report"], capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (two_of_one_id.folder / "report" / report_pages.PAGES[1]).read_text()
    for n in (5, 7):
        assert f"(warmup_requests={n})" in text
