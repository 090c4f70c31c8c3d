"""What the gate's error rates are, on recorded pairs of a program against itself."""

import math
import random
import re
import subprocess
import sys

import pytest

from matrix_support import HERE
from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.commands import gate
from skein_scripts.commands import rates as rates_command
from skein_scripts.gate import rates
from skein_scripts.gate.compared import REGRESSED, Comparison
from skein_scripts.gate.stages import Result
from skein_scripts.matrix import matrix
from skein_scripts.records.metrics import named
from skein_scripts.session.cell_record import cell_id_of

PRESET = matrix.load_matrix(matrix.PRESET_FOLDER / "gate.toml")
# Of one program against itself: all cells of the preset, on the 2-vCPU machine of the published
# run.
RECORDED = rates.read(HERE / "fixtures" / "aa_pairs.csv")
PAIRS = (15, 100)  # as the usual budget has room for, with up to three cells to confirm

# Thousands of simulated gates: how long they take is the machine's business.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def gated():
    known = {metric.name for metric in rates.metrics_in(RECORDED)}
    return [metric for metric in gate.metrics_of(PRESET) if metric.name in known]


@pytest.mark.slow
def test_no_more_than_a_gate_in_a_hundred_is_a_false_alarm(gated):
    assert len(RECORDED) == len(PRESET.cells)
    assert rates.alike(RECORDED, PAIRS, 2000, 1, gated).false_alarms <= 0.01


@pytest.mark.slow
def test_a_program_against_itself_is_decided_as_often_as_its_page_says(gated):
    text = (HERE.parents[1] / "scripts/GATE_RATES.md").read_text()
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) % \| ([\d.]+) % \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == ["25", "100"]
    for pairs, *shares in rows:
        for times, share in enumerate(shares, 1):
            found = rates.alike(RECORDED, (15, int(pairs)), 1000, 1, gated, times)
            assert f"{100 * found.undecided:.1f}" == share
            assert found.false_alarms <= 0.01
    assert float(rows[-1][1]) <= 3
    assert float(rows[-1][2]) <= 1


@pytest.mark.slow
def test_false_alarms_are_as_rare_where_pairs_spread_four_times_as_far(gated):
    wild = {
        cell: [{name: 4 * value for name, value in row.items()} for row in rows]
        for cell, rows in RECORDED.items()
        if "instructions_per_op" not in rows[0]  # exact: a spread is no noise there
    }
    assert rates.alike(wild, PAIRS, 2000, 2, gated).false_alarms <= 0.01


def test_five_percent_more_cpu_per_request_is_confirmed_in_nine_of_ten_gates(gated):
    for cell, rows in RECORDED.items():
        if cell.startswith("c10k/") and "cpu_per_op" in rows[0]:
            change = rates.Change(cell, "cpu_per_op", 0.05)
            assert rates.power({cell: rows}, PAIRS, 300, 3, gated, change) >= 0.9, cell


def test_few_pairs_are_drawn_of_memory_and_of_instructions_as_in_the_gate():
    for name, matters in (("user_bytes_per_task", 0.01), ("instructions_per_op", 0.01)):
        recorded = {"cell": [{name: 0.0} for _ in range(10)]}
        known = rates.metrics_in(recorded)
        for relative, share in ((matters, 1.0), (matters / 10, 0.0)):
            change = rates.Change("cell", name, relative)
            assert rates.power(recorded, PAIRS, 20, 1, known, change) == share


def test_a_gate_that_raised_an_alarm_is_not_undecided_as_well(monkeypatch):
    alarm = Comparison("cell", named("cpu_per_op"), 7, 0, REGRESSED)
    ended = [Result([], [alarm], left_open=["another"]), Result([], [alarm]),
             *[Result([], [], left_open=["one"])] * 3, *[Result([], [])] * 5]  # fmt: skip
    one_by_one = iter(ended)
    monkeypatch.setattr(rates, "gate", lambda *_words, **_options: next(one_by_one))
    assert rates.alike({}, PAIRS, len(ended), 1, []) == rates.Alike(0.2, 0.3)


def test_recorded_pairs_are_written_and_read_back(tmp_path):
    some = {
        "a": [{"cpu_per_op": 0.01, "throughput": -0.02}, {"cpu_per_op": 0.0, "throughput": 0.1}],
        "b": [{"spawn_per_task": 0.5}],
    }
    rates.write(some, tmp_path / "aa.csv")
    assert rates.read(tmp_path / "aa.csv") == some
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no file of recorded pairs"):
        rates.read(tmp_path / "other.csv")


@pytest.mark.parametrize(
    "lines",
    [
        ["a,cpu_per_op,0,0.1", "a,cpu_per_op,2,0.1"],
        ["a,cpu_per_op,0,0.1", "a,cpu_per_op,-1,0.1"],
        ["a,cpu_per_op,1000000000000,0.1"],
        ["a,cpu_per_op,0,0.1", "a,throughput,0,0.1", "a,cpu_per_op,1,0.1"],
        ["a,cpu_per_op,0,nan"],
        ["a,cpu_per_op,0"],
        ["a,cpu_per_op,0.5,0.1"],
    ],
)
def test_recorded_pairs_with_gaps_are_refused(tmp_path, lines):
    path = tmp_path / "aa.csv"
    path.write_text("\n".join(["cell,metric,pair,log_ratio", *lines, ""]))
    with pytest.raises(UsageError, match="no file of recorded pairs"):
        rates.read(path)


def test_pairs_that_cannot_be_kept_say_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MeasureError, match="cannot write"):
        rates.write({"a": [{"cpu_per_op": 0.0}]}, tmp_path / "file" / "aa.csv")


def test_blocks_are_drawn_whole_and_either_arm_is_first_as_often():
    rows = [{"x": float(i + 1)} for i in range(10)]
    drawn = [row["x"] for row in rates.draw(rows, 4000, random.Random(1))]
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        assert abs(other) - abs(one) == 1
        assert one * other > 0
    assert 0.45 < sum(value > 0 for value in drawn) / len(drawn) < 0.55


def test_rates_are_printed_from_what_was_recorded():
    command = [sys.executable, "scripts/rates.py", str(HERE / "fixtures" / "aa_pairs.csv"),
               "--gates", "4", "--pairs", "5,7"]  # fmt: skip
    done = subprocess.run(
        command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "false alarms:" in done.stdout
    assert "undecided:" in done.stdout


@pytest.mark.slow
def test_the_table_of_the_page_is_what_rates_prints(gated):
    shown = [
        [text.strip() for text in line.strip("| \n").split("|")]
        for line in (HERE.parents[1] / "scripts/GATE_RATES.md").read_text().splitlines()
        if line.startswith("| ") and line.count("|") == 8 and line.rstrip().endswith("% |")
    ]
    assert len(shown) == 26
    options = rates_command.build_parser().parse_args([str(HERE / "fixtures" / "aa_pairs.csv")])
    keys = {cell_id_of(cell): cell.key.replace("/", " ") for cell in PRESET.cells}
    wanted = {name for name, *_ in shown}
    some = {cell: rows for cell, rows in RECORDED.items() if keys[cell] in wanted}
    made = rates_command.table_of(some, options, gated).rows
    printed = {(keys[cell], metric): [keys[cell], metric, *rest] for cell, metric, *rest in made}
    for row in shown:
        assert row == printed[row[0], row[1]]


def test_false_alarms_are_as_rare_where_tasks_are_small_and_a_step_matters(gated, monkeypatch):
    def of_128_bytes(metric, ratios, added):
        """Both arms' readings spread, as they do."""
        half = [metric.worse * (value + added) / 2 for value in ratios]
        return [(128.0 * math.exp(-one), 128.0 * math.exp(one)) for one in half]

    monkeypatch.setattr(rates, "values_of", of_128_bytes)
    memory = {cell: rows for cell, rows in RECORDED.items() if "user_bytes_per_task" in rows[0]}
    assert rates.alike(memory, PAIRS, 2000, 3, gated).false_alarms <= 0.01
    change = rates.Change(next(iter(memory)), "user_bytes_per_task", 24 / 128)
    assert rates.power(memory, PAIRS, 200, 4, gated, change) >= 0.9
